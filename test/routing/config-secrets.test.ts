/** What is shown of a configuration holds no secret, however it was written. */
import { describe, expect, it } from "vitest";
import { parse } from "yaml";
import { SECRET_CHARS_MIN } from "../../src/model/limits.ts";
import { withoutSecrets } from "../../src/routing/config-secrets.ts";

describe("a configuration that is shown", () => {
	it.each([
		["in a line", "global:\n  slack_api_url: https://h/s3cret\n"],
		["in braces", "receivers: [{name: a, webhook_configs: [{url: 'https://h/s3cret'}]}]\n"],
		["in JSON", '{"global": {"smtp_auth_password": "s3cret"}}\n'],
		["over lines", "global:\n  smtp_auth_password: >-\n    s3cret\n    s3cret\n"],
		["below a key in quotes", 'global:\n  "opsgenie_api_key":\n    s3cret\n'],
		["behind an alias", "slack_api_url: &a s3cret\nreceivers: [{name: a, b: {url: *a}}]\n"],
		["in a comment", "# old: https://h/s3cret\nroute: {receiver: a}\n"],
		["in a map below the key", "http_config:\n  http_headers: {Authorization: {values: [s3cret]}}\n"],
		["in two spellings", "receivers: [{name: a, pagerduty_configs: [{Routing_Key: s3cret}]}]\n"],
		["at the anchor of an alias", "x-notes: &a s3cret\nglobal: {slack_api_url: *a}\n"],
		["under an alias beside it", "global: {smtp_auth_password: &a s3cret}\nx-note: *a\nlist: [*a]\n"],
		["as a key", "global: {smtp_auth_password: &a s3cret}\nx: {*a : 1}\n"],
		["in a map that is shared", "x: &a {v: [s3cret]}\nreceivers: [{http_config: {http_headers: *a}}]\n"],
		["in a map that is merged", "x: &a {v: s3cret}\nhttp_headers: {<<: *a}\n"],
		["behind two aliases", "y: &b s3cret\nx: &a {v: *b}\nhttp_headers: *a\n"],
		["behind an anchor that means another later", "x: &a s3cret\ntoken: *a\ny: &a nothing\nz: *a\n"],
		["written twice without an alias", "global: {smtp_auth_password: s3cret-long}\nnote: s3cret-long\n"],
	])("hides a secret %s", (_, text) => {
		const shown = withoutSecrets(text);
		expect(shown).not.toContain("s3cret");
		expect(() => parse(shown)).not.toThrow();
	});

	it("hides a number as well, and shows what merely is called as a short secret, or as a key", () => {
		const text = "a: &n 123456789012345678901\nrouting_key: *n\nb: 123456789012345678901\n";
		expect(withoutSecrets(text)).not.toContain("123456789012345678901");
		const common = "global: {smtp_auth_password: ops, slack_api_url: https://h/x}\nreceiver: ops\n";
		expect(parse(withoutSecrets(common))).toEqual({
			global: { smtp_auth_password: "<secret>", slack_api_url: "https://secret.invalid/" },
			receiver: "ops",
		});
		const long = "x".repeat(SECRET_CHARS_MIN);
		const shown = (secret: string) => parse(withoutSecrets(`{token: ${secret}, name: ${secret}}`)) as { name: string };
		expect(shown(long).name).toBe("<secret>");
		expect(shown(long.slice(1)).name).toBe(long.slice(1));
	});

	it("is made in bounded time, however many aliases there are", () => {
		const many = Array.from({ length: 2_000 }, (_, i) => `k${i}: {url: *a}`).join("\n");
		const began = Date.now();
		expect(withoutSecrets(`x: &a s3cret\n${many}\n`)).not.toContain("s3cret");
		expect(Date.now() - began).toBeLessThan(10_000);
	});

	it("keeps everything else, in its order", () => {
		const text =
			'route: {receiver: a, group_by: ["..."], group_wait: 30s}\nreceivers:\n  - name: a\n    url_title: x\n';
		expect(parse(withoutSecrets(text))).toEqual(parse(text));
		expect(withoutSecrets(text).indexOf("route")).toBeLessThan(withoutSecrets(text).indexOf("receivers"));
	});

	it("leaves an empty one empty, and shows no text that is no YAML", () => {
		expect(parse(withoutSecrets("a: {token: ''}"))).toEqual({ a: { token: "" } });
		expect(withoutSecrets("a: [s3cret")).not.toContain("s3cret");
	});
});

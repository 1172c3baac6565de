/** What is shown of a configuration holds no secret, however it was written. */
import { describe, expect, it } from "vitest";
import { parse } from "yaml";
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
	])("hides a secret %s", (_, text) => {
		const shown = withoutSecrets(text);
		expect(shown).not.toContain("s3cret");
		expect(() => parse(shown)).not.toThrow();
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

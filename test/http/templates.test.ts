/** Templates over HTTP: stored whole or refused with every place, rendered with given variables, tried out on a sample message. */
import { env } from "cloudflare:workers";
import { beforeAll, describe, expect, it } from "vitest";
import { saveNotificationTemplate } from "../../src/db/notification-templates.ts";
import { APP_TEMPLATES_MAX, CONTENTS_PER_TEMPLATE_MAX } from "../../src/model/limits.ts";
import { GRAFANA_ALERT } from "../../src/template/grafana-alert.ts";
import { SECRETS, SERVICES_URL } from "../notify/channels/services.ts";
import { addToken, ask, read, TOKEN } from "./golden.ts";

const PATH = "/api/v1/templates";
const send = (method: string, path: string, body: unknown, token = TOKEN) =>
	ask(path, { method, token, body: JSON.stringify(body), headers: { "content-type": "application/json" } });
const put = (key: string, body: unknown) => send("PUT", `${PATH}/${encodeURIComponent(key)}`, body);
const preview = async (key: string, body: unknown) => read(await send("POST", `${PATH}/${key}/preview`, body));

beforeAll(async () => {
	await addToken(TOKEN, ["admin"]);
	await addToken("only-reads-metrics", ["read"]);
});

describe("a template of an application", () => {
	it("is stored, shown, listed, replaced and forgotten", async () => {
		const contents = [
			{ channel: "email", language: "en", subject: "Hello {{name}}", content: "{{ .name }} has {{count}}." },
			{ language: "zh", content: "{{name}}：{{count}}" },
		];
		const stored = await read(await put("welcome", { name: "Welcome", contents }));
		expect(stored).toMatchObject({ key: "welcome", variables: ["name", "count"], isActive: true, shipped: false });
		const shown = await read(await ask(`${PATH}/welcome`));
		expect(shown["contents"]).toEqual([
			{ channel: "*", language: "zh", subject: null, content: "{{name}}：{{count}}" },
			contents[0],
		]);
		expect(await read(await ask(PATH))).toMatchObject({
			templates: [
				{ key: "grafana-alert", shipped: true },
				{ key: "welcome", name: "Welcome" },
			],
		});
		await put("welcome", { isActive: false, contents: [{ language: "en", content: "x" }] });
		const again = await read(await ask(`${PATH}/welcome`));
		expect(again).toMatchObject({ name: "welcome", variables: [], isActive: false });
		expect(again["contents"]).toHaveLength(1);
		expect((await ask(`${PATH}/welcome`, { method: "DELETE" })).status).toBe(200);
		expect((await ask(`${PATH}/welcome`, { method: "DELETE" })).status).toBe(404);
		expect((await ask(`${PATH}/welcome`)).status).toBe(404);
	});

	it("is rendered with what is given, and says what is missing", async () => {
		const contents = [
			{
				channel: "email",
				language: "en",
				subject: "Hi {{name}}",
				content: "{{ if .admin }}boss {{ end }}{{name}}: {{total}}",
			},
			{ language: "en", content: "{{name}}" },
		];
		await put("sum", { contents });
		expect(await preview("sum", { channel: "email", variables: { name: "Ann", total: 1_000_000 } })).toEqual({
			subject: "Hi Ann",
			body: "Ann: 1000000",
			missing: ["admin"],
			language: "en",
			channel: "email",
		});
		expect(await preview("sum", { channel: "sms", variables: { name: "<b>" } })).toMatchObject({
			subject: null,
			body: "<b>",
			missing: ["admin", "total"],
			channel: "*",
		});
		expect(await preview("sum", { variables: { name: { first: "A" }, total: null, admin: true } })).toMatchObject({
			body: '{"first":"A"}',
			missing: [],
		});
		expect(await preview("sum", { language: "zh" })).toMatchObject({
			status: 404,
			detail: expect.stringContaining("*/en, email/en"),
		});
		expect((await send("POST", `${PATH}/none/preview`, {})).status).toBe(404);
	});

	it("that ships is there in both languages, can be replaced, and comes back", async () => {
		const variables = Object.fromEntries(GRAFANA_ALERT.variables.map((name) => [name, `v-${name}`]));
		const english = await preview("grafana-alert", { channel: "lark", variables });
		expect(english).toMatchObject({ subject: "[V-STATUS] v-alertname (v-severity)", missing: [] });
		expect(english["body"]).toContain("Dashboard: v-dashboardURL");
		const chinese = await preview("grafana-alert", {
			language: "zh",
			variables: { alertname: "磁盘", status: "firing" },
		});
		expect(chinese["body"]).toBe("告警中：磁盘");
		expect(chinese["missing"]).toEqual(["severity", "instance", "description", "value", "dashboardURL", "panelURL"]);
		await put("grafana-alert", { contents: [{ language: "en", content: "ours: {{alertname}}" }] });
		expect(await preview("grafana-alert", { variables })).toMatchObject({ body: "ours: v-alertname" });
		await ask(`${PATH}/grafana-alert`, { method: "DELETE" });
		expect(await preview("grafana-alert", { variables })).toEqual({ ...english, channel: "*" });
	});

	it.each<[string, unknown, string]>([
		["an unclosed action", { contents: [{ language: "en", content: "a\n{{ .b" }] }, "contents.0.content"],
		["an unknown function", { contents: [{ language: "en", content: "{{ shout .b }}" }] }, "shout"],
		[
			"a template that is not there",
			{ contents: [{ language: "en", content: '{{ template "x" . }}' }] },
			"not defined",
		],
		["a broken subject", { contents: [{ language: "en", subject: "{{ end }}", content: "x" }] }, "contents.0.subject"],
		[
			"one place twice",
			{ contents: [1, 2].map((n) => ({ language: "zh", channel: "sms", content: `${n}` })) },
			"two for sms/zh",
		],
		["another language", { contents: [{ language: "fr", content: "x" }] }, "contents.0.language"],
		["no content", { contents: [] }, "at least one"],
		[
			"too many contents",
			{
				contents: Array.from({ length: CONTENTS_PER_TEMPLATE_MAX + 1 }, (_, i) => ({
					channel: `c${i}`,
					language: "en",
					content: "x",
				})),
			},
			"contents",
		],
		["a variable that is no name", { variables: ["a b"], contents: [{ language: "en", content: "x" }] }, "variables.0"],
		["a misspelt field", { content: "x" }, "content"],
	])("is refused with its place: %s", async (_, body, place) => {
		const response = await put("bad", body);
		expect(response.status).toBe(400);
		expect(JSON.stringify(await read(response))).toContain(place);
		expect((await ask(`${PATH}/bad`)).status).toBe(404);
	});

	it("that never ends, or says too much, ends at a bound", async () => {
		const content = `${'{{ define "x" }}{{ template "x" . }}{{ end }}'}{{ template "x" . }}`;
		expect((await put("loop", { contents: [{ language: "en", content }] })).status).toBe(200);
		const looped = await send("POST", `${PATH}/loop/preview`, {});
		expect(looped.status).toBe(400);
		const wide = '{{ printf "%999999d" 1 }}{{ printf "%999999d" 1 }}';
		await put("wide", { contents: [{ language: "en", content: wide }] });
		expect((await send("POST", `${PATH}/wide/preview`, {})).status).toBe(400);
	});

	it("is for administrators to store, and there are so many at most", async () => {
		expect((await send("PUT", `${PATH}/x`, {}, "only-reads-metrics")).status).toBe(403);
		await env.DB.exec("DELETE FROM notification_templates");
		const rows = Array.from({ length: APP_TEMPLATES_MAX }, (_, i) => `('k${i}', 'n', '[]', 1, 't', 't')`);
		for (let from = 0; from < rows.length; from += 500) {
			await env.DB.prepare(
				`INSERT INTO notification_templates VALUES ${rows.slice(from, from + 500).join(", ")}`,
			).run();
		}
		const contents = [{ language: "en", content: "x" }];
		expect((await put("one too many", { contents })).status).toBe(413);
		expect((await put("k7", { contents })).status).toBe(200);
		await env.DB.exec("DELETE FROM notification_templates");
	});

	it("is a failure as a value when D1 is down", async () => {
		const db = {
			prepare: () => ({ bind: () => ({ all: () => Promise.reject(new Error("away")) }) }),
			batch: () => Promise.reject(new Error("away")),
		} as unknown as D1Database;
		expect(await saveNotificationTemplate(db, GRAFANA_ALERT, 0)).toMatchObject({ failure: { code: "unavailable" } });
	});
});

describe("a notification template", () => {
	const PREVIEW = "/api/v1/alertmanager/templates/preview";
	const tried = async (body: unknown) => send("POST", PREVIEW, body);

	it("is tried out on a sample, with the templates that were uploaded", async () => {
		const text = '{{ template "slack.default.title" . }}|{{ range .Alerts.Resolved }}{{ .Labels.instance }}{{ end }}';
		expect(await read(await tried({ text }))).toEqual({
			text: "[FIRING:1] HighLatency (critical)|api-2",
		});
		const alerts = [{ labels: { alertname: "Mine", team: "a<b" }, annotations: { summary: "s" } }];
		const mine = {
			text: "{{ .CommonLabels.team }} {{ (index .Alerts 0).Annotations.summary }} {{ .Receiver }}",
			message: { alerts },
		};
		expect(await read(await tried(mine))).toEqual({ text: "a<b s preview" });
		expect(await read(await tried({ ...mine, html: true }))).toEqual({ text: "a&lt;b s preview" });
		const file = '{{ define "ours" }}ours: {{ .Status }}{{ end }}';
		const headers = { "content-type": "text/plain" };
		await ask("/api/v1/alertmanager/templates/ours.tmpl", { method: "PUT", body: file, headers });
		expect(await read(await tried({ text: '{{ template "ours" . }}' }))).toEqual({ text: "ours: firing" });
	});

	it("of a receiver shows what it would send, without its secrets", async () => {
		const config = `
route: { receiver: chat }
receivers:
  - name: chat
    telegram_configs:
      - { api_url: "${SERVICES_URL}/telegram/x", bot_token: "${SECRETS.TELEGRAM_TOKEN}", chat_id: 42, message: 'say {{ len .Alerts }}' }
      - { api_url: "${SERVICES_URL}/telegram/x", bot_token: "${SECRETS.TELEGRAM_TOKEN}", chat_id: 43 }
`;
		const headers = { "content-type": "application/yaml" };
		await ask("/api/v1/alertmanager/config", { method: "PUT", body: config, headers });
		const shown = await read(await tried({ receiver: "chat" }));
		expect(shown["integrations"]).toMatchObject([
			{ target: "chat/0", channel: "telegram", problem: null, body: expect.stringContaining("say 2") },
			{ target: "chat/1", body: expect.stringContaining("HighLatency") },
		]);
		expect(JSON.stringify(shown)).not.toContain(SECRETS.TELEGRAM_TOKEN);
		expect((await tried({ receiver: "nobody" })).status).toBe(404);
		await ask("/api/v1/alertmanager/config", { method: "DELETE" });
	});

	it.each<[string, unknown]>([
		["neither a text nor a receiver", {}],
		["both", { text: "x", receiver: "y" }],
		["a text that is wrong", { text: "{{ .Nope" }],
		["a field that is not there", { text: "{{ .Nope }}" }],
		["no alerts", { text: "x", message: { alerts: [] } }],
	])("refuses %s", async (_, body) => {
		expect((await tried(body)).status).toBe(400);
	});
});

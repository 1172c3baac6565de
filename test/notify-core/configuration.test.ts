/** The configuration in force, and what of it is shown. */
import { describe, expect, it } from "vitest";
import { configView } from "../../src/notify/config-desk.ts";
import { configurationOf, integrationOf, readConfig, sourceOf, targetName } from "../../src/notify/configuration.ts";
import { CONFIG_FILE, type StoredFile, TEMPLATE_PREFIX } from "../../src/notify/files.ts";

const file = (text: string, updatedMs = 1): StoredFile => ({ name: CONFIG_FILE, text, updatedMs });
const YML = `
route: { receiver: ops }
receivers:
  - name: ops
    webhook_configs: [{ url: "https://example.com/x", send_resolved: false }]
    slack_configs: [{ api_url: "https://hooks.slack.com/services/T/B/x", channel: "#a" }]
`;

describe("the configuration in force", () => {
	it("is the default when nothing is stored, and the file when one is", () => {
		expect(configurationOf([], {})).toMatchObject({
			text: null,
			problem: null,
			routing: { route: { receiver: "info" } },
		});
		const stored = configurationOf([file(YML)], {});
		expect(stored).toMatchObject({ text: YML, problem: null, routing: { route: { receiver: "ops" } } });
		expect(stored.routing.receivers[0]?.integrations.map(({ channel }) => channel).sort()).toEqual([
			"slack",
			"webhook",
		]);
	});

	it("is the default when the stored file cannot be read any more, and says so", () => {
		for (const text of ["{", "route: {receiver: nobody}", YML.replace("webhook_configs", "carrier_pigeon_configs")]) {
			const now = configurationOf([file(text)], {});
			expect(now.routing.route.receiver).toBe("info");
			expect(now.problem).toMatch(/cannot be read any more/);
			expect(now.text).toBe(text);
			expect(configView(now)).toMatchObject({ isUploaded: true, problem: expect.any(String) });
		}
	});

	it("has another version with every file that is put", () => {
		const versions = [
			[],
			[file(YML, 1)],
			[file(YML, 2)],
			[file(YML, 2), { name: `${TEMPLATE_PREFIX}a.tmpl`, text: "", updatedMs: 1 }],
			[{ name: `${TEMPLATE_PREFIX}a.tmpl`, text: "", updatedMs: 1 }],
		].map((files) => configurationOf(files, {}).version);
		expect(new Set(versions).size).toBe(versions.length);
		expect(configurationOf([file(YML, 2)], {}).version).toBe(versions[2]);
	});

	it("knows integrations by target, also of receivers whose names hold a slash", () => {
		const odd = configurationOf([file(YML.replaceAll("ops", "team/ops"))], {});
		const target = targetName("team/ops", 1);
		expect(integrationOf(odd.routing, target)?.channel).toBe(odd.routing.receivers[0]?.integrations[1]?.channel);
		for (const none of ["team/ops", "team/ops/2", "ops/0", "", "/", "team/ops/x"]) {
			expect(integrationOf(odd.routing, none)).toBeNull();
			expect(sourceOf(odd, none)).toBeNull();
		}
		expect(sourceOf(odd, target)).toMatchObject({ version: odd.version, templates: [] });
	});

	it("is refused with its place when a template that it calls is not there", () => {
		const text = YML.replace('channel: "#a"', "channel: '{{ template \"mine\" . }}'");
		const template = { name: `${TEMPLATE_PREFIX}a.tmpl`, text: '{{ define "mine" }}#b{{ end }}' };
		expect(readConfig(text, [template], {}).ok).toBe(true);
		const without = readConfig(text, [], {});
		expect(without.ok ? [] : JSON.stringify(without.failure)).toContain("receivers[0].slack_configs[0]");
	});
});

/** Secrets in every form that YAML has for them. */
const SECRETS = [
	"T00000000/B00000000/slackpathsecret",
	"pagerduty0routing0key",
	"basicpassword",
	"bearertokenvalue",
	"whsec_c2VjcmV0LXdlYmhvb2s=",
	"credentialsvalue",
	"123456:telegramtoken",
	"larkhookid",
	"larksigningsecret",
	"smtppassword",
	"opsgeniekeyvalue",
	"hookpathsecret",
];
const REALISTIC = `# The deployment's own, do not share: basicpassword
global:
  resolve_timeout: 5m
  slack_api_url: &slack 'https://hooks.slack.com/services/T00000000/B00000000/slackpathsecret'
  smtp_auth_password: smtppassword
  opsgenie_api_key:
    opsgeniekeyvalue
  http_config: { basic_auth: { username: me, password: basicpassword } }
route:
  receiver: ops
  group_by: ['alertname', 'cluster']
  routes:
    - receiver: night
      matchers: [ severity="critical", token="not a secret" ]
receivers:
  - name: ops
    slack_configs:
      - api_url: *slack
        channel: '#alerts'
        text: >-
          {{ range .Alerts }}{{ .Annotations.summary }}
          {{ end }}
    pagerduty_configs:
      - "routing_key": |-
          pagerduty0routing0key
        'severity': critical
    webhook_configs:
      - {url: "https://example.com/\\
          hookpathsecret", http_config: {authorization: {type: Bearer, credentials: credentialsvalue}}}
      - url: https://example.com/hookpathsecret
        "secret"  :   whsec_c2VjcmV0LXdlYmhvb2s=
        secret_old: >
          whsec_c2VjcmV0LXdlYmhvb2s=
        http_config:
          bearer_token: "\\x62earertokenvalue"
  - name: night
    telegram_configs:
      - bot_token: 123456:telegramtoken
        chat_id: -100
    lark_configs: [{"url": "https://open.larksuite.com/open-apis/bot/v2/hook/larkhookid", "secret":"larksigningsecret"}]
`;

describe("what is shown of a configuration", () => {
	const shown = (text: string) => configView(configurationOf([file(text)], {})).text ?? "";

	it("is a file that is accepted here at all", () => {
		const read = readConfig(REALISTIC, [], {});
		expect(read.ok ? [] : read.failure).toEqual([]);
	});

	it("holds no secret, however it is written", () => {
		for (const text of [REALISTIC, REALISTIC.replaceAll("\n", "\r\n"), `${REALISTIC}nonsense: [`, `{${REALISTIC}`]) {
			const view = JSON.stringify(configView(configurationOf([file(text)], {})));
			for (const secret of SECRETS) {
				expect(view).not.toContain(secret);
				for (const part of secret.split(/[/_:]/).filter((one) => one.length > 8)) expect(view).not.toContain(part);
			}
		}
	});

	it("still says who is told of what", () => {
		const text = shown(REALISTIC);
		for (const word of [
			"receiver: night",
			"group_by",
			"#alerts",
			".Annotations.summary",
			"severity",
			"chat_id: -100",
		]) {
			expect(text).toContain(word);
		}
		// It is still a configuration file.
		expect(text).toContain("receivers:");
	});

	it("holds no secret of a file that is no YAML any more", () => {
		expect(shown('"x: basicpassword')).not.toContain("basicpassword");
	});
});

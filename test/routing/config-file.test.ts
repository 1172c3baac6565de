/** Reading configuration files: what is taken, and with which place and words the rest is refused. */
import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { err } from "../../src/lib/result.ts";
import {
	CONFIG_ISSUES_MAX,
	EQUAL_LABELS_MAX,
	ESCALATION_STEPS_MAX,
	INHIBIT_RULES_MAX,
	INTEGRATIONS_PER_RECEIVER_MAX,
	RECEIVER_NAME_CHARS_MAX,
	RECEIVERS_MAX,
	TEMPLATE_GLOB_CHARS_MAX,
	TEMPLATE_GLOBS_MAX,
	TIME_INTERVALS_MAX,
} from "../../src/model/limits.ts";
import { parseConfig } from "../../src/routing/config-file.ts";
import { fileOf, issuesOf, rootOf, webhook } from "./files.ts";

const FULL = `
global:
  resolve_timeout: 10m
  smtp_from: ops@example.org
  smtp_smarthost: localhost:25
  http_config:
    follow_redirects: false
templates: ['/etc/alertmanager/*.tmpl', 'mail.tmpl', 'gone.tmpl']
route:
  receiver: ops
  group_by: [alertname, cluster]
  group_wait: 10s
  repeat_interval: 1d
  perdure_escalation: [{receiver: pager, after: 0s}, {receiver: ops, after: 30m}]
  routes:
  - matchers: ['severity="critical"', team=~"a|b"]
    receiver: pager
    group_by: ['...']
    group_interval: 1m
    continue: true
    mute_time_intervals: [nights]
    routes:
    - match: {zone: x}
      match_re: {service: "^(foo|bar)$"}
      group_by: [zone]
      perdure_escalation: []
  - matchers: [ '{ severity = "critical", team =~ "a|b", }' ]
    active_time_intervals: [nights]
receivers:
- name: ops
  email_configs:
  - to: ops@example.org
- name: pager
  webhook_configs:
  - url: https://example.org/hook
    max_alerts: 5
    http_config: {follow_redirects: true}
    nested: {list: [1, '1', true, "true", null, 1e3, 007, x]}
    send_resolved: no
  - url: https://example.org/other
inhibit_rules:
- name: ours
  source_match: {severity: critical}
  target_matchers: [severity=warning]
  equal: [alertname, cluster]
time_intervals:
- name: nights
  time_intervals:
  - times: [{start_time: '00:00', end_time: '06:00'}, {start_time: '22:00', end_time: '24:00'}]
    weekdays: ['monday:friday', sunday]
    days_of_month: [1, '-3:-1']
    months: ['january:march', '12']
    years: [2030, '2032:2034']
    location: Europe/Berlin
mute_time_intervals:
- name: never
`;

describe("a configuration file", () => {
	it("becomes a routing tree in which every child has what its parent says", () => {
		const root = rootOf(FULL);
		const escalation = [
			{ receiver: "pager", afterMs: 0 },
			{ receiver: "ops", afterMs: 1_800_000 },
		];
		const critical = [
			{ name: "severity", op: "=", value: "critical" },
			{ name: "team", op: "=~", value: "a|b" },
		];
		const inherited = {
			groupBy: ["alertname", "cluster"],
			groupWaitMs: 10_000,
			groupIntervalMs: 300_000,
			repeatIntervalMs: 86_400_000,
			muteTimeIntervals: [],
			activeTimeIntervals: [],
			continue: false,
			escalation,
			flapHoldMs: null,
		};
		expect(root).toEqual({
			...inherited,
			key: "{}",
			receiver: "ops",
			matchers: [],
			routes: [
				{
					...inherited,
					key: '{}/{severity="critical",team=~"a|b"}',
					receiver: "pager",
					matchers: critical,
					groupBy: "...",
					groupIntervalMs: 60_000,
					continue: true,
					muteTimeIntervals: ["nights"],
					routes: [
						{
							...inherited,
							key: '{}/{severity="critical",team=~"a|b"}/{service=~"^(?:^(foo|bar)$)$",zone="x"}',
							receiver: "pager",
							matchers: [
								{ name: "service", op: "=~", value: "^(?:^(foo|bar)$)$" },
								{ name: "zone", op: "=", value: "x" },
							],
							groupBy: ["zone"],
							groupIntervalMs: 60_000,
							escalation: [],
							routes: [],
						},
					],
				},
				{
					...inherited,
					key: '{}/{severity="critical",team=~"a|b"}#2',
					receiver: "ops",
					matchers: critical,
					activeTimeIntervals: ["nights"],
					routes: [],
				},
			],
		});
	});

	it("becomes receivers, inhibition rules, time intervals and the rest", () => {
		const { config, templates } = fileOf(FULL);
		expect(config.receivers).toEqual([
			{ name: "ops", integrations: [{ channel: "email", sendResolved: false, settings: { to: "ops@example.org" } }] },
			{
				name: "pager",
				integrations: [
					{
						channel: "webhook",
						sendResolved: false,
						settings: {
							url: "https://example.org/hook",
							max_alerts: 5,
							http_config: { follow_redirects: true },
							nested: { list: [1, "1", true, "true", null, "1e3", "007", "x"] },
						},
					},
					{ channel: "webhook", sendResolved: true, settings: { url: "https://example.org/other" } },
				],
			},
		]);
		expect(config.inhibitRules).toEqual([
			{
				source: [{ name: "severity", op: "=", value: "critical" }],
				target: [{ name: "severity", op: "=", value: "warning" }],
				equal: ["alertname", "cluster"],
			},
		]);
		expect(config.timeIntervals).toEqual({
			nights: [
				{
					times: [
						{ from: 0, to: 360 },
						{ from: 1_320, to: 1_440 },
					],
					weekdays: [
						{ from: 1, to: 5 },
						{ from: 0, to: 0 },
					],
					daysOfMonth: [
						{ from: 1, to: 1 },
						{ from: -3, to: -1 },
					],
					months: [
						{ from: 1, to: 3 },
						{ from: 12, to: 12 },
					],
					years: [
						{ from: 2_030, to: 2_030 },
						{ from: 2_032, to: 2_034 },
					],
					location: "Europe/Berlin",
				},
			],
			never: [],
		});
		expect(config.resolveTimeoutMs).toBe(600_000);
		expect(config.global).toMatchObject({ smtp_from: "ops@example.org", http_config: { follow_redirects: false } });
		expect(templates).toEqual(["/etc/alertmanager/*.tmpl", "mail.tmpl", "gone.tmpl"]);
	});

	it("has a warning with its place for whatever has no effect", () => {
		const { warnings } = fileOf(FULL, ["mail"]);
		expect(warnings.map(({ place, reason }) => `${place}: ${reason}`)).toEqual([
			"line 5, column 19 (global.smtp_smarthost): has no effect: mail leaves by the deployment's email binding, not by SMTP",
			"line 7, column 23 (global.http_config.follow_redirects): has no effect: redirects are never followed",
			"line 37, column 37 (receivers[1].webhook_configs[0].http_config.follow_redirects): has no effect: redirects are never followed",
			"line 8, column 54 (templates[2]): no template that was uploaded has such a name: upload it, files are not read",
		]);
	});

	it("that Debian ships is taken but for the channel that is not there", ({ skip }) => {
		let text = "";
		try {
			text = readFileSync("/etc/prometheus/alertmanager.yml", "utf8");
		} catch {
			skip("Debian's prometheus-alertmanager is not installed");
		}
		const places = issuesOf(text);
		expect(places.every((issue) => issue.includes("pagerduty_configs is not supported"))).toBe(true);
		expect(places).toHaveLength(3);
		expect(
			fileOf(text.replaceAll("pagerduty_configs:\n  - service_key", "webhook_configs:\n  - url")).config.receivers,
		).toHaveLength(5);
	});

	it("has Alertmanager's defaults where it says nothing", () => {
		const { config } = fileOf("route: {receiver: r}\nreceivers: [{name: r}]");
		expect(config).toEqual({
			route: {
				key: "{}",
				receiver: "r",
				matchers: [],
				groupBy: [],
				groupWaitMs: 30_000,
				groupIntervalMs: 300_000,
				repeatIntervalMs: 14_400_000,
				continue: false,
				muteTimeIntervals: [],
				activeTimeIntervals: [],
				escalation: [],
				flapHoldMs: null,
				routes: [],
			},
			receivers: [{ name: "r", integrations: [] }],
			inhibitRules: [],
			timeIntervals: {},
			resolveTimeoutMs: 300_000,
			global: {},
		});
	});

	it("may say how long a group that flaps is held back; zero takes it away again", () => {
		const root = rootOf(
			"route: {receiver: r, perdure_flap_hold: 10m, routes: [{}, {perdure_flap_hold: 0s, routes: [{continue: true}]}]}\nreceivers: [{name: r}]",
		);
		expect([root.flapHoldMs, ...root.routes.map(({ flapHoldMs }) => flapHoldMs)]).toEqual([600_000, 600_000, null]);
		expect(root.routes[1]?.routes[0]?.flapHoldMs).toBeNull();
	});

	it("may merge anchors, and what a map says itself goes before", () => {
		const root = rootOf(`
route: {receiver: r, routes: [&a {receiver: r, group_wait: 1s, matchers: [a=b]}, {<<: *a, group_wait: 2s}, {<<: [{group_wait: 3s}, *a]}]}
receivers: [{name: r}]`);
		expect(root.routes.map(({ groupWaitMs, key }) => [groupWaitMs, key])).toEqual([
			[1_000, '{}/{a="b"}'],
			[2_000, '{}/{a="b"}#2'],
			[3_000, '{}/{a="b"}#3'],
		]);
	});
});

const R = "receivers: [{name: r}]";

describe("what is wrong in a configuration file is named with its place", () => {
	it("all of it at once", () => {
		expect(
			issuesOf(`
global:
  resolve_timout: 5m
  http_config: {proxy_url: "http://secret@proxy"}
route:
  receiver: nobody
  group_by: [a, a]
  routes:
  - match: {0a: b}
    reciever: ops
    matchers: ['a=~"("']
    group_interval: 0s
    mute_time_intervals: [nights]
receivers:
- name: ops
  webhook_configs:
  - url: 1
  - url: https://example.org
    typo: 1
    send_resolved: perhaps
  opsgenie_configs: [{}]
  carrier_pigeon_configs: [{}]
- name: ops
inhibit_rules:
- source_matchers: ['a']
`),
		).toEqual([
			expect.stringMatching(
				/^line 3, column 19 \(global\.resolve_timout\): "resolve_timout" is not known in global: it has resolve_timeout, /,
			),
			"line 4, column 28 (global.http_config.proxy_url): proxy_url is not supported: a Worker cannot go through a proxy: take it out",
			"line 17, column 10 (receivers[0].webhook_configs[0].url): is missing",
			"line 19, column 11 (receivers[0].webhook_configs[1].typo): is not known",
			"line 20, column 20 (receivers[0].webhook_configs[1].send_resolved): send_resolved must be true or false",
			expect.stringMatching(
				/^line 21, column 3 \(receivers\[0\]\.opsgenie_configs\): opsgenie_configs is not supported: .* Use webhook_configs, /,
			),
			'line 22, column 3 (receivers[0].carrier_pigeon_configs): "carrier_pigeon_configs" is not known in a receiver: it has name, webhook_configs, email_configs',
			'line 23, column 3 (receivers[1]): notification config name "ops" is not unique',
			expect.stringMatching(/^line 25, column 21 \(inhibit_rules\[0\]\.source_matchers\[0\]\): bad matcher "a"/),
			'line 6, column 13 (route.receiver): undefined receiver "nobody"',
			'line 7, column 17 (route.group_by[1]): duplicated label "a" in group_by',
			expect.stringMatching(
				/^line 10, column 5 \(route\.routes\[0\]\.reciever\): 'reciever' is not known in a route: it has receiver, /,
			),
			'line 9, column 13 (route.routes[0].match.0a): invalid label name "0a" in match',
			expect.stringMatching(
				/^line 11, column 16 \(route\.routes\[0\]\.matchers\[0\]\): matcher on label "a": error parsing regexp/,
			),
			"line 12, column 21 (route.routes[0].group_interval): group_interval cannot be zero",
			'line 13, column 27 (route.routes[0].mute_time_intervals[0]): undefined time interval "nights"',
		]);
	});

	it.each([
		[
			"duplicate keys",
			`route: {receiver: r, receiver: r}\n${R}`,
			"line 1, column 22 (route.receiver): 'receiver' stands twice in a route",
		],
		["a tab", "route:\n\treceiver: r", "line 2, column 1: "],
		["an alias of nothing", `route: *a\n${R}`, "line 1, column 8: no anchor of this name stands before it"],
		[
			"matchers of the root",
			`route: {receiver: r, matchers: [a=b]}\n${R}`,
			"line 1, column 32 (route.matchers): root route must not have any matchers",
		],
		[
			"a step of escalation without a time",
			`route: {receiver: r, perdure_escalation: [{receiver: r}]}\n${R}`,
			"line 1, column 43 (route.perdure_escalation[0]): 'after' is missing",
		],
		[
			"an escalation to nobody",
			`route: {receiver: r, perdure_escalation: [{receiver: x, after: 1m}]}\n${R}`,
			'line 1, column 54 (route.perdure_escalation[0].receiver): undefined receiver "x"',
		],
		[
			"an escalation out of order",
			`route: {receiver: r, perdure_escalation: [{receiver: r, after: 2m}, {receiver: r, after: 1m}]}\n${R}`,
			"line 1, column 69 (route.perdure_escalation[1]): the steps",
		],
		[
			"an interval with an empty list",
			`route: {receiver: r}\n${R}\ntime_intervals: [{name: i, time_intervals: [{weekdays: []}]}]`,
			"line 3, column 56 (time_intervals[0].time_intervals[0].weekdays): an empty list never holds",
		],
		[
			"a wrong time zone",
			`route: {receiver: r}\n${R}\ntime_intervals: [{name: i, time_intervals: [{location: Mars/Base}]}]`,
			'line 3, column 56 (time_intervals[0].time_intervals[0].location): "Mars/Base" is no time zone',
		],
		[
			"two ways of one secret",
			`route: {receiver: r}\n${R}\nglobal: {slack_api_url: a, slack_api_url_file: b}`,
			"line 3, column 25 (global.slack_api_url): at most one of slack_api_url & slack_api_url_file",
		],
	])("%s", (_, text, expected) => {
		expect(issuesOf(text)[0]).toContain(expected);
	});

	it("once, in global, what every integration that reads it complains of", () => {
		const result = parseConfig(
			"global: {http_config: {authorization: {type: basic}}}\nroute: {receiver: r}\nreceivers: [{name: r, webhook_configs: [{}, {}]}]",
			[{ ...webhook, check: () => [{ place: "global.http_config.authorization.type", reason: "must be another" }] }],
			[],
		);
		expect(result).toEqual(
			err({
				code: "invalid",
				issues: [
					{
						place: "line 1, column 46 (global.http_config.authorization.type)",
						reason: "must be another",
					},
				],
			}),
		);
	});

	it("never with the value of a setting", () => {
		const text = `route: {receiver: r}\nreceivers: [{name: r, webhook_configs: [{url: https://hush.example, hush: hush}], slack_configs: [{api_url: hush-hush}]}]\nglobal: {hush_url: very-secret, http_config: {basic_auth: {password: very-secret}, oauth2: very-secret}}`;
		const words = issuesOf(text).join("\n");
		expect(words).toContain("global.hush_url");
		expect(words).not.toMatch(/very-secret|hush-hush|hush\.example/);
	});

	it("until there are too many to name", () => {
		const text = `route: {receiver: r}\n${R}\n${Array.from({ length: CONFIG_ISSUES_MAX + 5 }, (_, i) => `x${i}: 1`).join("\n")}`;
		const issues = issuesOf(text);
		expect(issues).toHaveLength(CONFIG_ISSUES_MAX + 1);
		expect(issues.at(-1)).toBe("further on: 5 more issues");
	});
});

describe("a configuration file has at most", () => {
	const file = (fields: string): string => `route: {receiver: r}\n${R}\n${fields}`;
	it.each([
		[
			"receivers",
			`route: {receiver: r0}\nreceivers: [${Array.from({ length: RECEIVERS_MAX + 1 }, (_, i) => `{name: r${i}}`)}]`,
			`${RECEIVERS_MAX + 1} receivers; the limit is ${RECEIVERS_MAX}`,
		],
		[
			"integrations of a receiver",
			`route: {receiver: r}\nreceivers: [{name: r, email_configs: [${"{from: a},".repeat(INTEGRATIONS_PER_RECEIVER_MAX + 1)}]}]`,
			`the limit is ${INTEGRATIONS_PER_RECEIVER_MAX}`,
		],
		[
			"inhibition rules",
			file(`inhibit_rules: [${"{},".repeat(INHIBIT_RULES_MAX + 1)}]`),
			`the limit is ${INHIBIT_RULES_MAX}`,
		],
		[
			"time intervals",
			file(`time_intervals: [${Array.from({ length: TIME_INTERVALS_MAX + 1 }, (_, i) => `{name: i${i}}`)}]`),
			`the limit is ${TIME_INTERVALS_MAX}`,
		],
		["templates", file(`templates: [${"a,".repeat(TEMPLATE_GLOBS_MAX + 1)}]`), `the limit is ${TEMPLATE_GLOBS_MAX}`],
		[
			"steps of escalation",
			`route: {receiver: r, perdure_escalation: [${"{receiver: r, after: 1m},".repeat(ESCALATION_STEPS_MAX + 1)}]}\n${R}`,
			`the limit is ${ESCALATION_STEPS_MAX}`,
		],
		[
			"labels to group by",
			`route: {receiver: r, group_by: [${Array.from({ length: 51 }, (_, i) => `a${i}`)}]}\n${R}`,
			"the limit is 50",
		],
		[
			"labels that are equal",
			file(`inhibit_rules: [{equal: [${Array.from({ length: EQUAL_LABELS_MAX + 1 }, (_, i) => `a${i}`)}]}]`),
			`the limit is ${EQUAL_LABELS_MAX}`,
		],
		[
			"characters in a receiver's name",
			`route: {receiver: r}\nreceivers: [{name: ${"r".repeat(RECEIVER_NAME_CHARS_MAX + 1)}}]`,
			`at most ${RECEIVER_NAME_CHARS_MAX} characters`,
		],
		[
			"characters in a pattern",
			file(`templates: [${"a".repeat(TEMPLATE_GLOB_CHARS_MAX + 1)}]`),
			`the limit is ${TEMPLATE_GLOB_CHARS_MAX}`,
		],
	])("so many %s", (_, text, expected) => {
		expect(issuesOf(text)[0]).toContain(expected);
	});
});

/** Routing beside Alertmanager 0.25: what amtool said is stored, and asked again where it is installed. */
import { describe, expect, it } from "vitest";
import type { Labels } from "../../src/model/labels.ts";
import type { Route } from "../../src/model/routing.ts";
import { parseConfig } from "../../src/routing/config-file.ts";
import { matchersText } from "../../src/routing/matcher-text.ts";
import { RouteTree } from "../../src/routing/route-tree.ts";
import { AmtoolFile, amtoolMissing } from "./amtool.ts";
import { CHANNELS, rootOf } from "./files.ts";
import { random, randomConfig, randomLabels } from "./generate.ts";
import trees from "./vectors/routes.json" with { type: "json" };

const TREES = 25;
const LABEL_SETS = 6;

const missing = amtoolMissing();
if (missing !== null) console.info(missing);

function receiversOf(tree: RouteTree, labels: Labels): readonly string[] {
	return tree.match(labels).map(({ receiver }) => receiver);
}

/** `route: root matchers` of every node, as amtool draws them. */
function drawn(route: Route): string[] {
	const label = route.matchers.length === 0 ? "default-route" : matchersText(route.matchers);
	const words = `${label}${route.continue ? "  continue: true" : ""}  receiver: ${route.receiver}`;
	return [words, ...route.routes.flatMap(drawn)];
}

describe("the routing tree", () => {
	it(`reaches the receivers that amtool named for ${trees.length} trees made by chance`, () => {
		for (const { config, cases } of trees) {
			const tree = new RouteTree(rootOf(config));
			for (const { labels, receivers } of cases) {
				expect({ labels, receivers: receiversOf(tree, labels as unknown as Labels) }).toEqual({ labels, receivers });
			}
		}
	});

	it("explains what it matches: the receivers are the same, and every route has a verdict", () => {
		for (const { config, cases } of trees) {
			const tree = new RouteTree(rootOf(config));
			for (const { labels } of cases) {
				const { receivers, routes } = tree.explain(labels as unknown as Labels);
				expect(receivers.map(({ receiver }) => receiver)).toEqual(receiversOf(tree, labels as unknown as Labels));
				expect(routes.filter(({ verdict }) => verdict === "reached").map(({ route }) => route)).toEqual(
					tree.match(labels as unknown as Labels).map(({ key }) => key),
				);
				expect(new Set(routes.map(({ route }) => route)).size).toBe(routes.length);
			}
		}
	});
});

describe.skipIf(missing !== null)("the routing tree beside amtool", () => {
	it(`reaches the same receivers in ${TREES} other trees, and draws them alike`, { timeout: 120_000 }, () => {
		const next = random(2028);
		for (let i = 0; i < TREES; i++) {
			const config = randomConfig(next);
			const file = new AmtoolFile(config);
			const root = rootOf(config);
			const tree = new RouteTree(root);
			const lines = file
				.tree()
				.split("\n")
				.filter((line) => line.includes("receiver: "))
				.map((line) => line.replace(/^[^{d]*/, ""));
			expect(drawn(root).map((line) => line.replaceAll("\n", ""))).toEqual(lines);
			for (let j = 0; j < LABEL_SETS; j++) {
				const labels = randomLabels(next);
				expect({ config, labels, receivers: receiversOf(tree, labels) }).toEqual({
					config,
					labels,
					receivers: file.receivers(labels),
				});
			}
			file.close();
		}
	});
});

const route = (fields: string): string => `route: {receiver: r, routes: [{${fields}}]}\nreceivers: [{name: r}]`;
const root = (fields: string): string => `route: {receiver: r, ${fields}}\nreceivers: [{name: r}]`;
const interval = (fields: string): string =>
	`route: {receiver: r}\nreceivers: [{name: r}]\ntime_intervals: [{name: i, time_intervals: [{${fields}}]}]`;

/** Files, and whether amtool 0.25 takes them. */
const FILES: readonly (readonly [string, boolean])[] = [
	["", false],
	["route:", false],
	["receivers: [{name: r}]", false],
	["route: {receiver: r}", false],
	["route: {receiver: r}\nreceivers: [{name: r}]", true],
	["route: {receiver: r}\nreceivers: [{name: r}]\nglobal:\ntemplates:\ninhibit_rules:", true],
	["route: {receiver: r}\nreceivers: [{name: r}, {name: r}]", false],
	["route: {receiver: r}\nreceivers: [{name: r}, {}]", false],
	["route: {receiver: x}\nreceivers: [{name: r}]", false],
	["route: {receiver: ''}\nreceivers: [{name: r}]", false],
	["route: {receiver: r}\nreceivers: [{name: r}]\nfoo: 1", false],
	[root("match: {a: b}"), false],
	[root("match_re: {a: b}"), false],
	[root("matchers: [a=b]"), false],
	[root("matchers: []"), true],
	[root("mute_time_intervals: [x]"), false],
	[root("active_time_intervals: [x]"), false],
	[root("continue: true"), false],
	[root("continue: false"), true],
	[root("group_by: [a, a]"), false],
	[root("group_by: ['...']"), true],
	[root("group_by: ['...', a]"), false],
	[root("group_by: [0a]"), false],
	[root("group_by: [a-b]"), false],
	[root("group_by: []"), true],
	[root("group_interval: 0s"), false],
	[root("repeat_interval: 0s"), false],
	[root("group_wait: 0s"), true],
	[root("group_wait: 1d12h30m5s"), true],
	[root("group_wait: 30"), false],
	[root("group_wait: 1.5m"), false],
	[root("group_wait: 30m1h"), false],
	[root("group_wait: "), true],
	[root("foo: 1"), false],
	[route("receiver: x"), false],
	[route("receiver: ''"), true],
	[route("continue: yes"), true],
	[route("continue: maybe"), false],
	[route("match: {0a: b}"), false],
	[route("match: {a: 1}"), true],
	[route("match: {a: }"), true],
	[route("match_re: {a: '('}"), false],
	[route("match_re: {a: }"), false],
	[route("match_re: {a: '(?!x)'}"), false],
	[route("matchers: ['a=~\"(\"']"), false],
	[route("matchers: a=b"), false],
	[route("matchers: {a: b}"), false],
	[route("matchers: ['{a=b,c=d}', 'e=\"f\"']"), true],
	[route("matchers: ['a']"), false],
	[route("matchers: ['a=\"b']"), false],
	[route("matchers: ['a=b\"']"), false],
	[route("matchers: [',']"), false],
	[route("matchers: ['a=b,']"), true],
	[route("matchers: ['']"), true],
	[route("mute_time_intervals: [x]"), false],
	[route("receiver: r, receiver: r"), false],
	[
		"route: {receiver: r}\nreceivers: [{name: r}]\ninhibit_rules: [{source_match: {a: b}, target_match_re: {c: d}, equal: [e]}]",
		true,
	],
	["route: {receiver: r}\nreceivers: [{name: r}]\ninhibit_rules: [{equal: [a-b]}]", false],
	["route: {receiver: r}\nreceivers: [{name: r}]\ninhibit_rules: [{source: {a: b}}]", false],
	["route: {receiver: r}\nreceivers: [{name: r}]\ninhibit_rules: [{source_match_re: {a: '['}}]", false],
	[interval("times: [{start_time: '09:00', end_time: '24:00'}]"), true],
	[interval("times: [{start_time: '9:00', end_time: '10:00'}]"), false],
	[interval("times: [{start_time: '09:00'}]"), false],
	[interval("times: [{start_time: '10:00', end_time: '10:00'}]"), false],
	[interval("times: [{start_time: '22:00', end_time: '06:00'}]"), false],
	[interval("weekdays: ['monday:friday', Saturday]"), true],
	[interval("weekdays: ['friday:monday']"), false],
	[interval("weekdays: [1]"), false],
	[interval("days_of_month: [1, '-1', '-3:-1', '5:-1', '1:31']"), true],
	[interval("days_of_month: ['-1:1']"), false],
	[interval("days_of_month: [0]"), false],
	[interval("days_of_month: [32]"), false],
	[interval("days_of_month: ['10:5']"), false],
	[interval("days_of_month: ['29:-1']"), false],
	[interval("months: ['january:MARCH', 12, '4:6']"), true],
	[interval("months: ['may:april']"), false],
	[interval("years: [2020, '2030:2040']"), true],
	[interval("years: ['2040:2030']"), false],
	[interval("location: Europe/Berlin"), true],
	[interval("location: Europe/Nowhere"), false],
	[interval("location: Local"), true],
	[interval("foo: 1"), false],
	[
		"route: {receiver: r}\nreceivers: [{name: r}]\nmute_time_intervals: [{name: i}]\ntime_intervals: [{name: i}]",
		false,
	],
	["route: {receiver: r}\nreceivers: [{name: r}]\ntime_intervals: [{time_intervals: []}]", false],
	["route: {receiver: r}\nreceivers: [{name: r}]\nglobal: {resolve_timeout: 1h}", true],
	["route: {receiver: r}\nreceivers: [{name: r}]\nglobal: {slack_api_url: 'http://a', slack_api_url_file: b}", false],
	["a: &a {receiver: r}\nroute: *a\nreceivers: [{name: r}]", false],
	["route: &a {receiver: r, group_by: [x]}\nreceivers: [{name: r}]", true],
	["route: {receiver: r, routes: [&a {receiver: r}, {<<: *a, continue: true}]}\nreceivers: [{name: r}]", true],
	["route: {receiver: r}\nreceivers: [{name: r}]\n---\nfoo", true],
];
/** What we refuse on purpose: a second document, which Alertmanager does not read at all. */
const STRICTER: readonly string[] = ["route: {receiver: r}\nreceivers: [{name: r}]\n---\nfoo"];

describe("a configuration file", () => {
	it.each(FILES)("%j is taken: %s, as amtool says", (text, isTaken) => {
		expect(parseConfig(text, CHANNELS, []).ok).toBe(isTaken && !STRICTER.includes(text));
	});

	it.skipIf(missing !== null)("is taken as the table says by amtool itself", { timeout: 60_000 }, () => {
		const wrong = FILES.filter(([text, isTaken]) => {
			const file = new AmtoolFile(text);
			const says = file.isAccepted();
			file.close();
			return says !== isTaken;
		});
		expect(wrong).toEqual([]);
	});
});

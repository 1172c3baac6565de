/** Who stands together in a message, when it is first told, and when again. */
import { alert, CALM, type Scenario } from "../scenario.ts";

export const GROUPING: readonly Scenario[] = [
	{
		name: "single",
		about: "one alert, told after group_wait",
		route: CALM,
		steps: [
			{ at: 0, post: [alert("A", { instance: "a" }, { annotations: { summary: "s" }, generatorURL: "http://p/g" })] },
		],
	},
	{
		name: "two-in-wait",
		about: "a second one within group_wait is in the first message",
		route: CALM,
		steps: [
			{ at: 0, post: [alert("A", { i: "1" })] },
			{ at: 0.5, post: [alert("A", { i: "2" })] },
		],
	},
	{
		name: "member-after-flush",
		about: "a new member waits for group_interval",
		route: CALM,
		steps: [
			{ at: 0, post: [alert("A", { i: "1" })] },
			{ at: 1.8, post: [alert("A", { i: "2" })] },
		],
	},
	{
		name: "interval-keeps-ticking",
		about: "after a long quiet the ticks are still counted from the first flush",
		route: CALM,
		steps: [
			{ at: 0, post: [alert("A", { i: "1" })] },
			{ at: 8.4, post: [alert("A", { i: "2" })] },
		],
	},
	{
		name: "several-labels",
		about: "group_by of several labels",
		route: { ...CALM, group_by: ["alertname", "cluster"] },
		steps: [
			{
				at: 0,
				post: [
					alert("A", { cluster: "x", i: "1" }),
					alert("A", { cluster: "x", i: "2" }),
					alert("A", { cluster: "y", i: "1" }),
					alert("B", { cluster: "x", i: "1" }),
				],
			},
		],
	},
	{
		name: "missing-group-label",
		about: "an alert without a label of group_by",
		route: { ...CALM, group_by: ["alertname", "cluster"] },
		steps: [{ at: 0, post: [alert("A", { cluster: "x" }), alert("A", { i: "2" })] }],
	},
	{
		name: "all-labels",
		about: "group_by ['...']: each alert is its own group",
		route: { ...CALM, group_by: ["..."] },
		steps: [{ at: 0, post: [alert("A", { i: "1" }), alert("A", { i: "2" })] }],
	},
	{
		name: "no-labels",
		about: "no group_by at all: all in one",
		route: { group_wait: "1s", group_interval: "3s", repeat_interval: "1h" },
		steps: [{ at: 0, post: [alert("A"), alert("B"), alert("C", { x: "y" })] }],
	},
	{
		name: "empty-group-by",
		about: "group_by [] below another one",
		route: { ...CALM, routes: [{ group_by: [] }] },
		steps: [{ at: 0, post: [alert("A"), alert("B")] }],
	},
	{
		name: "past-start",
		about: "what began long ago is told at once",
		route: { ...CALM, group_wait: "4s" },
		steps: [{ at: 0, post: [alert("A", {}, { starts: -3600 })] }],
	},
	{
		name: "past-start-joins",
		about: "what began long ago hurries the group that it joins",
		route: { ...CALM, group_wait: "4s" },
		steps: [
			{ at: 0, post: [alert("A", { i: "1" })] },
			{ at: 1, post: [alert("A", { i: "2" }, { starts: -60 })] },
			{ at: 1.5, post: [alert("A", { i: "3" })] },
		],
	},
	{
		name: "past-start-after-flush",
		about: "after the first flush an old start hurries nobody",
		route: CALM,
		steps: [
			{ at: 0, post: [alert("A", { i: "1" })] },
			{ at: 1.7, post: [alert("A", { i: "2" }, { starts: -60 })] },
		],
	},
	{
		name: "past-start-within-wait",
		about: "a start a little ago, still within group_wait, waits the whole of it",
		route: { ...CALM, group_wait: "3s" },
		steps: [{ at: 0, post: [alert("A", {}, { starts: -1.5 })] }],
	},
	{
		name: "future-start",
		about: "a start in the future fires now",
		route: CALM,
		steps: [{ at: 0, post: [alert("A", {}, { starts: 600 })] }],
	},
	{
		name: "wait-zero",
		about: "group_wait 0s",
		route: { ...CALM, group_wait: "0s" },
		steps: [
			{ at: 0, post: [alert("A", { i: "1" })] },
			{ at: 0.8, post: [alert("A", { i: "2" })] },
		],
	},
	{
		name: "interval-below-wait",
		about: "group_interval shorter than group_wait",
		route: { ...CALM, group_wait: "4s", group_interval: "1s" },
		steps: [
			{ at: 0, post: [alert("A", { i: "1" })] },
			{ at: 4.4, post: [alert("A", { i: "2" })] },
		],
	},
	{
		name: "repeat",
		about: "the same again after repeat_interval, on the next tick",
		route: { ...CALM, group_interval: "2s", repeat_interval: "3500ms" },
		steps: [{ at: 0, post: [alert("A")] }],
		listenS: 14,
	},
	{
		name: "repeat-multiple",
		about: "repeat_interval a multiple of group_interval: told one tick later",
		route: { ...CALM, group_interval: "2s", repeat_interval: "4s" },
		steps: [{ at: 0, post: [alert("A")] }],
		listenS: 14,
	},
	{
		name: "repeat-below-interval",
		about: "repeat_interval shorter than group_interval: every tick",
		route: { ...CALM, repeat_interval: "1s" },
		steps: [{ at: 0, post: [alert("A")] }],
		listenS: 9,
	},
	{
		name: "repeat-after-change",
		about: "a change puts the repeat off",
		route: { ...CALM, group_interval: "2s", repeat_interval: "5s" },
		steps: [
			{ at: 0, post: [alert("A", { i: "1" })] },
			{ at: 3.6, post: [alert("A", { i: "2" })] },
		],
		listenS: 13,
	},
	{
		name: "repeat-with-resolved",
		about: "who ended within the interval is in no later repeat",
		route: { ...CALM, group_interval: "2s", repeat_interval: "3500ms" },
		steps: [
			{ at: 0, post: [alert("A", { i: "1" }), alert("A", { i: "2" })] },
			{ at: 2, post: [alert("A", { i: "2" }, { ends: 2 })] },
		],
		listenS: 10,
	},
	{
		name: "changed-annotations",
		about: "changed annotations alone say nothing; the next message has the new ones",
		route: { ...CALM, group_interval: "2s", repeat_interval: "5s" },
		steps: [
			{ at: 0, post: [alert("A", { i: "1" }, { annotations: { v: "one", same: "s" } })] },
			{ at: 1.6, post: [alert("A", { i: "1" }, { annotations: { v: "two", same: "s" } })] },
			{ at: 4, post: [alert("A", { i: "2" }, { annotations: { v: "three", same: "s" } })] },
		],
		listenS: 10,
	},
	{
		name: "changed-labels",
		about: "another label is another alert",
		route: CALM,
		steps: [
			{ at: 0, post: [alert("A", { severity: "warning" })] },
			{ at: 1.8, post: [alert("A", { severity: "critical" })] },
			{ at: 2.2, post: [alert("A", { severity: "warning" }, { ends: 2.1 })] },
		],
	},
	{
		name: "order",
		about: "alerts stand by job, by instance, then by labels; those without a job last or first as Alertmanager has it",
		route: CALM,
		steps: [
			{
				at: 0,
				post: [
					alert("A", { job: "b", instance: "2" }),
					alert("A", { job: "b", instance: "1", x: "1" }),
					alert("A", { job: "a", instance: "9" }),
					alert("A", { job: "b" }),
					alert("A", { instance: "0" }),
					alert("A", { a: "z" }),
					alert("A", { z: "a", y: "b" }),
					alert("A"),
					alert("A", { B: "1", job: "a" }),
					alert("A", { job: "a", instance: "10" }),
					alert("A", { a: "Z" }),
					alert("A", { a: "é" }),
				],
			},
		],
	},
	{
		name: "hundred",
		about: "a hundred alerts in one group",
		route: CALM,
		steps: [
			{
				at: 0,
				post: Array.from({ length: 100 }, (_, i) =>
					alert("A", { job: `j${i % 7}`, instance: `h${(i * 37) % 100}:9100` }),
				),
			},
		],
	},
	{
		name: "words",
		about: "quotes, backslashes and other scripts in values and in the group key",
		route: { ...CALM, group_by: ["alertname", "path"] },
		steps: [
			{
				at: 0,
				post: [
					alert("A", { path: 'C:\\x "y" {z}' }, { annotations: { d: "a\tb\n<&>" } }),
					alert("磁盘 ✓", { path: "é\u2028" }, { annotations: { d: "磁盘" } }),
					alert("A", { path: "emoji 😀 \u00a0" }),
				],
			},
		],
	},
	{
		name: "control-characters",
		about: "a label value with a control character, beside one without",
		deviation: {
			why: "Alertmanager takes control characters in label values; here such an alert alone is refused, with its place.",
			only: /^perdure refused the step at 0 s: .* 400 .*\[0\]\.labels\.i|message 1: (commonLabels|alerts firing)/s,
		},
		route: CALM,
		steps: [{ at: 0, post: [alert("A", { i: "1\u0001" }), alert("A", { i: "2" })] }],
	},
	{
		name: "empty-values",
		about: "empty labels and annotations are dropped",
		route: { ...CALM, group_by: ["alertname", "empty"] },
		steps: [{ at: 0, post: [alert("A", { empty: "", i: "1" }, { annotations: { none: "", some: "s" } })] }],
	},
	{
		name: "twice-in-a-post",
		about: "the same alert twice in one POST",
		route: CALM,
		steps: [
			{
				at: 0,
				post: [
					alert("A", {}, { annotations: { v: "1" }, starts: -0.2 }),
					alert("A", {}, { annotations: { v: "2" }, starts: -0.1 }),
				],
			},
		],
	},
	{
		name: "earlier-start",
		about: "the earliest start holds",
		route: CALM,
		steps: [
			{ at: 0, post: [alert("A", {}, { starts: -0.5 })] },
			{ at: 0.4, post: [alert("A", {}, { starts: 0.3 })] },
			{ at: 2, post: [alert("A", { i: "2" }, { starts: 1.9 })] },
			{ at: 2.2, post: [alert("A", {}, { starts: -0.9 })] },
		],
	},
	{
		name: "max-alerts",
		about: "max_alerts cuts, and says how many",
		route: CALM,
		receivers: { main: [{ max_alerts: 2 }] },
		steps: [
			{ at: 0, post: ["5", "3", "1", "4", "2"].map((i) => alert("A", { i }, { annotations: { i } })) },
			{ at: 2, post: [alert("A", { i: "1" }, { ends: 2 })] },
		],
	},
	{
		name: "integrations",
		about: "several webhooks of one receiver, each with its own will",
		route: CALM,
		deviation: {
			why: "Where max_alerts cuts, Alertmanager computes status and common labels of what is left; here of the whole group.",
			only: /^main\/2 .*: (status "firing" instead of "resolved"|commonLabels )/,
		},
		receivers: { main: [{}, { send_resolved: false }, { max_alerts: 1 }] },
		steps: [
			{ at: 0, post: [alert("A", { i: "1" }), alert("A", { i: "2" })] },
			{ at: 2, post: [alert("A", { i: "1" }, { ends: 2 })] },
			{ at: 5, post: [alert("A", { i: "2" }, { ends: 5 })] },
		],
		listenS: 6,
	},
];

/** What keeps alerts from being told: inhibition, silences, time intervals. */
import { alert, CALM, equal, regex, type Scenario } from "../scenario.ts";

const RULE = { source_matchers: ["severity=critical"], target_matchers: ["severity=warning"], equal: ["cluster"] };
const SOURCE = { severity: "critical", cluster: "x" };
const TARGET = { severity: "warning", cluster: "x" };

export const MUTING: readonly Scenario[] = [
	{
		name: "inhibit-source-first",
		about: "the source fires first: the target is never told",
		route: CALM,
		inhibit: [RULE],
		steps: [
			{ at: 0, post: [alert("S", SOURCE)] },
			{ at: 0.4, post: [alert("T", TARGET)] },
		],
		listenS: 6,
	},
	{
		name: "inhibit-target-first",
		about: "the target was told before the source fires; its end in the dark is not told",
		route: CALM,
		inhibit: [RULE],
		steps: [
			{ at: 0, post: [alert("T", TARGET)] },
			{ at: 2, post: [alert("S", SOURCE)] },
			{ at: 3.2, post: [alert("T", TARGET, { ends: 3.2 })] },
		],
		listenS: 8,
	},
	{
		name: "inhibit-source-resolves",
		about: "the source ends: the target is told on its next tick",
		route: CALM,
		inhibit: [RULE],
		steps: [
			{ at: 0, post: [alert("S", SOURCE), alert("T", TARGET)] },
			{ at: 5, post: [alert("S", SOURCE, { ends: 5 })] },
		],
		listenS: 8,
	},
	{
		name: "inhibit-source-times-out",
		about: "the source ends by silence, long before its own group looks",
		route: {
			...CALM,
			group_interval: "2s",
			routes: [{ receiver: "slow", matchers: ["severity=critical"], group_interval: "14s" }],
		},
		inhibit: [RULE],
		steps: [
			{ at: 0, post: [alert("S", SOURCE, { ends: 4.2 })] },
			{ at: 0.5, post: [alert("T", TARGET)] },
		],
		listenS: 18,
	},
	{
		name: "inhibit-source-kept-alive",
		about: "the source is said again with a later end: it goes on inhibiting",
		route: { ...CALM, group_interval: "2s" },
		inhibit: [RULE],
		steps: [
			{ at: 0, post: [alert("S", SOURCE, { ends: 3.4 }), alert("T", TARGET)] },
			{ at: 2, post: [alert("S", SOURCE, { ends: 6.4 })] },
			{ at: 4, post: [alert("S", SOURCE, { ends: 8.4 })] },
		],
		listenS: 10,
	},
	{
		name: "inhibit-equal",
		about: "only where the equal labels are alike, absent ones too",
		route: { ...CALM, group_by: ["alertname", "cluster"] },
		inhibit: [RULE],
		steps: [
			{
				at: 0,
				post: [
					alert("S", SOURCE),
					alert("T", TARGET),
					alert("T", { ...TARGET, cluster: "y" }),
					alert("T", { severity: "warning" }),
				],
			},
			{ at: 2, post: [alert("S", { severity: "critical" })] },
			{ at: 5, post: [alert("T", { severity: "warning", i: "2" })] },
		],
		listenS: 8,
	},
	{
		name: "inhibit-no-equal",
		about: "without equal every target is muted",
		route: CALM,
		inhibit: [{ source_matchers: ["severity=critical"], target_matchers: ["severity!=critical"] }],
		steps: [{ at: 0, post: [alert("S", SOURCE), alert("T", TARGET), alert("U", { cluster: "z" })] }],
		listenS: 4,
	},
	{
		name: "inhibit-two-sided",
		about: "what is source and target both inhibits neither itself nor its like",
		route: CALM,
		inhibit: [{ source_matchers: ["kind=~a|b"], target_matchers: ["kind=~b|c"], equal: ["cluster"] }],
		steps: [
			{ at: 0, post: [alert("B", { kind: "b", cluster: "x" }), alert("B2", { kind: "b", cluster: "x" })] },
			{ at: 0.3, post: [alert("C", { kind: "c", cluster: "x" })] },
			{ at: 2, post: [alert("A", { kind: "a", cluster: "x" })] },
			{ at: 2.2, post: [alert("B3", { kind: "b", cluster: "x" })] },
		],
		listenS: 8,
	},
	{
		name: "inhibit-chain",
		about: "an inhibited alert still inhibits",
		route: CALM,
		inhibit: [
			{ source_matchers: ["alertname=A"], target_matchers: ["alertname=B"] },
			{ source_matchers: ["alertname=B"], target_matchers: ["alertname=C"] },
		],
		steps: [
			{ at: 0, post: [alert("A"), alert("B"), alert("C")] },
			{ at: 2, post: [alert("B", {}, { ends: 2 })] },
		],
		listenS: 6,
	},
	{
		name: "inhibit-two-sources",
		about: "two sources: muted until both are over",
		route: CALM,
		inhibit: [RULE],
		steps: [
			{ at: 0, post: [alert("S", SOURCE), alert("S2", SOURCE), alert("T", TARGET)] },
			{ at: 2, post: [alert("S", SOURCE, { ends: 2 })] },
			{ at: 8, post: [alert("S2", SOURCE, { ends: 8 })] },
		],
		listenS: 7,
	},
	{
		name: "inhibit-part-of-group",
		about: "one member is muted, the others speak without it",
		route: CALM,
		inhibit: [RULE],
		steps: [
			{ at: 0, post: [alert("S", SOURCE), alert("T", TARGET), alert("T", { severity: "warning", cluster: "y" })] },
			{ at: 5, post: [alert("S", SOURCE, { ends: 5 })] },
		],
		listenS: 8,
	},
	{
		name: "inhibit-silenced-source",
		about: "a silenced source still inhibits",
		route: CALM,
		inhibit: [RULE],
		steps: [
			{ at: 0, silence: { as: "s", matchers: [equal("alertname", "S")], ends: 600 } },
			{ at: 0.5, post: [alert("S", SOURCE), alert("T", TARGET)] },
		],
		listenS: 5,
	},
	{
		name: "silence-before",
		about: "silenced before it fires",
		route: CALM,
		steps: [
			{ at: 0, silence: { as: "s", matchers: [equal("alertname", "A")], ends: 600 } },
			{ at: 0.5, post: [alert("A"), alert("B")] },
		],
		listenS: 5,
	},
	{
		name: "silence-during",
		about: "silenced after it was told: the end in the dark is not told, nor is a new firing",
		route: CALM,
		steps: [
			{ at: 0, post: [alert("A", {}, { starts: 0 })] },
			{ at: 2, silence: { as: "s", matchers: [equal("alertname", "A")], ends: 600 } },
			{ at: 5, post: [alert("A", {}, { starts: 0, ends: 5 })] },
			{ at: 8.5, expire: "s" },
		],
		listenS: 6,
	},
	{
		name: "silence-ends",
		about: "a silence runs out: told on the next tick",
		route: CALM,
		steps: [
			{ at: 0, silence: { as: "s", matchers: [equal("alertname", "A")], ends: 5.4 } },
			{ at: 0.5, post: [alert("A")] },
		],
		listenS: 11,
	},
	{
		name: "silence-ends-told",
		about: "a silence runs out over what was told before: nothing new",
		route: CALM,
		steps: [
			{ at: 0, post: [alert("A")] },
			{ at: 2, silence: { as: "s", matchers: [equal("alertname", "A")], ends: 5.4 } },
		],
		listenS: 10,
	},
	{
		name: "silence-expired",
		about: "a silence is ended by hand",
		route: CALM,
		steps: [
			{ at: 0, silence: { as: "s", matchers: [equal("alertname", "A")], ends: 600 } },
			{ at: 0.5, post: [alert("A")] },
			{ at: 5.4, expire: "s" },
		],
		listenS: 6,
	},
	{
		name: "silence-future",
		about: "a silence that begins later: a new member is muted then",
		route: CALM,
		steps: [
			{ at: 0, silence: { as: "s", matchers: [equal("alertname", "A")], starts: 3, ends: 600 } },
			{ at: 0.5, post: [alert("A", { i: "1" })] },
			{ at: 3.5, post: [alert("A", { i: "2" })] },
		],
		listenS: 6,
	},
	{
		name: "silence-changed",
		about: "other matchers in place of the old: the old ones mute no more",
		route: CALM,
		steps: [
			{ at: 0, silence: { as: "s", matchers: [equal("alertname", "A")], ends: 600 } },
			{ at: 0.5, post: [alert("A"), alert("B")] },
			{ at: 3, silence: { as: "s", matchers: [equal("alertname", "B")], ends: 600 } },
			{ at: 5.3, post: [alert("B", { i: "2" })] },
		],
		listenS: 7,
	},
	{
		name: "silence-extended",
		about: "the same silence with a later end",
		route: CALM,
		steps: [
			{ at: 0, silence: { as: "s", matchers: [equal("alertname", "A")], ends: 4.3 } },
			{ at: 0.5, post: [alert("A")] },
			{ at: 2, silence: { as: "s", matchers: [equal("alertname", "A")], ends: 8.3 } },
		],
		listenS: 12,
	},
	{
		name: "silence-shortened",
		about: "the same silence with an earlier end",
		route: CALM,
		steps: [
			{ at: 0, silence: { as: "s", matchers: [equal("alertname", "A")], ends: 600 } },
			{ at: 0.5, post: [alert("A")] },
			{ at: 2, silence: { as: "s", matchers: [equal("alertname", "A")], ends: 5.4 } },
		],
		listenS: 9,
	},
	{
		name: "silence-member",
		about: "one member of a group is silenced, ends, and the rest goes on",
		route: CALM,
		steps: [
			{ at: 0, post: [alert("A", { i: "1" }), alert("A", { i: "2" })] },
			{ at: 2, silence: { as: "s", matchers: [equal("alertname", "A"), equal("i", "1")], ends: 600 } },
			{ at: 3.2, post: [alert("A", { i: "3" })] },
			{ at: 5.3, post: [alert("A", { i: "1" }, { ends: 5.3 })] },
			{ at: 8.3, post: [alert("A", { i: "2" }, { ends: 8.3 }), alert("A", { i: "3" }, { ends: 8.3 })] },
		],
		listenS: 7,
	},
	{
		name: "silence-member-back",
		about: "a member is silenced, another joins meanwhile, then the silence is over",
		route: CALM,
		steps: [
			{ at: 0, post: [alert("A", { i: "1" })] },
			{ at: 2, silence: { as: "s", matchers: [equal("alertname", "A"), equal("i", "1")], ends: 600 } },
			{ at: 2.6, post: [alert("A", { i: "2" })] },
			{ at: 5.4, expire: "s" },
		],
		listenS: 6,
	},
	{
		name: "silence-repeat",
		about: "no repeats while silenced; they go on afterwards",
		route: { ...CALM, group_interval: "2s", repeat_interval: "3500ms" },
		steps: [
			{ at: 0, post: [alert("A")] },
			{ at: 3.7, silence: { as: "s", matchers: [equal("alertname", "A")], ends: 10.2 } },
		],
		listenS: 14,
	},
	{
		name: "silence-operators",
		about: "silences by =~, !~ and !=",
		route: { ...CALM, group_by: ["alertname", "x"] },
		steps: [
			{ at: 0, silence: { as: "re", matchers: [equal("alertname", "A"), regex("x", "a|b.*")], ends: 600 } },
			{ at: 0, silence: { as: "nre", matchers: [equal("alertname", "B"), regex("x", "a.*", false)], ends: 600 } },
			{
				at: 0,
				silence: {
					as: "ne",
					matchers: [equal("alertname", "C"), { name: "x", value: "a", isRegex: false, isEqual: false }],
					ends: 600,
				},
			},
			{ at: 0.6, post: ["A", "B", "C"].flatMap((name) => ["a", "ab", "bc", "c"].map((x) => alert(name, { x }))) },
		],
		listenS: 4,
	},
	{
		name: "silence-past-start",
		about: "silenced, and over when it was to be told first",
		route: CALM,
		steps: [
			{ at: 0, silence: { as: "s", matchers: [equal("alertname", "A")], ends: 2.4 } },
			{ at: 0.3, post: [alert("A", { i: "1" })] },
			{ at: 0.6, post: [alert("A", { i: "2" }, { ends: 3.1 })] },
		],
		listenS: 10,
	},
	{
		name: "mute-always",
		about: "mute_time_intervals that always hold",
		route: { ...CALM, routes: [{ receiver: "muted", matchers: ["x=y"], mute_time_intervals: ["always"] }] },
		steps: [{ at: 0, post: [alert("A", { x: "y" }), alert("A", { x: "z" })] }],
		listenS: 5,
	},
	{
		name: "mute-never",
		about: "mute_time_intervals that never hold",
		route: { ...CALM, routes: [{ receiver: "muted", matchers: ["x=y"], mute_time_intervals: ["never"] }] },
		steps: [
			{ at: 0, post: [alert("A", { x: "y" })] },
			{ at: 2, post: [alert("A", { x: "y" }, { ends: 2 })] },
		],
		listenS: 5,
	},
	{
		name: "active-always",
		about: "active_time_intervals that always hold",
		route: { ...CALM, routes: [{ receiver: "active", matchers: ["x=y"], active_time_intervals: ["always"] }] },
		steps: [{ at: 0, post: [alert("A", { x: "y" })] }],
		listenS: 4,
	},
	{
		name: "active-never",
		about: "active_time_intervals that never hold",
		route: { ...CALM, routes: [{ receiver: "active", matchers: ["x=y"], active_time_intervals: ["never"] }] },
		steps: [
			{ at: 0, post: [alert("A", { x: "y" })] },
			{ at: 2, post: [alert("A", { x: "y" }, { ends: 2 })] },
		],
		listenS: 5,
	},
	{
		name: "active-and-mute",
		about: "active and mute at once: mute wins",
		route: {
			...CALM,
			routes: [
				{
					receiver: "both",
					matchers: ["x=y"],
					active_time_intervals: ["always"],
					mute_time_intervals: ["never", "always"],
				},
			],
		},
		steps: [{ at: 0, post: [alert("A", { x: "y" })] }],
		listenS: 4,
	},
	{
		name: "mute-not-inherited",
		about: "a child does not inherit its parent's time intervals",
		route: {
			...CALM,
			routes: [
				{
					receiver: "parent",
					matchers: ["x=~.+"],
					mute_time_intervals: ["always"],
					routes: [{ receiver: "child", matchers: ["x=y"] }],
				},
			],
		},
		steps: [{ at: 0, post: [alert("A", { x: "y" }), alert("A", { x: "z" })] }],
		listenS: 4,
	},
];

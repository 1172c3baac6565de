/** Which receivers hear of an alert: matchers, nesting, continue. */
import { alert, CALM, type Scenario } from "../scenario.ts";

export const ROUTING: readonly Scenario[] = [
	{
		name: "continue",
		about: "continue: both siblings hear of it",
		route: {
			...CALM,
			routes: [
				{ receiver: "first", matchers: ["severity=~critical|warning"], continue: true },
				{ receiver: "second", matchers: ["severity=critical"] },
				{ receiver: "third", matchers: ["severity=critical"] },
			],
		},
		steps: [{ at: 0, post: [alert("A", { severity: "critical" }), alert("A", { severity: "warning" }), alert("A")] }],
	},
	{
		name: "no-continue",
		about: "without continue the first match takes all",
		route: {
			...CALM,
			routes: [
				{ receiver: "first", matchers: ["severity=critical"] },
				{ receiver: "second", matchers: ["severity=critical"] },
			],
		},
		steps: [{ at: 0, post: [alert("A", { severity: "critical" })] }],
	},
	{
		name: "continue-same-receiver",
		about: "one receiver by two routes with different groups",
		route: {
			...CALM,
			routes: [
				{ receiver: "one", matchers: ["x=y"], group_by: ["alertname"], continue: true },
				{ receiver: "one", matchers: ["x=~y|z"], group_by: ["i"] },
			],
		},
		steps: [{ at: 0, post: [alert("A", { x: "y", i: "1" }), alert("A", { x: "y", i: "2" })] }],
	},
	{
		name: "continue-last",
		about: "continue on the last match does not go up to the parent",
		route: { ...CALM, routes: [{ receiver: "last", matchers: ["x=y"], continue: true }] },
		steps: [{ at: 0, post: [alert("A", { x: "y" })] }],
	},
	{
		name: "equal-siblings",
		about: "two routes that are written the same",
		deviation: {
			why: "The groupKey of the second of two routes that are written the same has #2 in it; in Alertmanager they share one.",
			only: /^second\/0 /,
		},
		route: {
			...CALM,
			routes: [
				{ receiver: "first", matchers: ["x=y"], continue: true },
				{ receiver: "second", matchers: ["x=y"] },
			],
		},
		steps: [
			{ at: 0, post: [alert("A", { x: "y" })] },
			{ at: 2, post: [alert("A", { x: "y" }, { ends: 2 })] },
		],
	},
	{
		name: "nested",
		about: "three levels deep, each with something of its own",
		route: {
			...CALM,
			routes: [
				{
					matchers: ["team=db"],
					receiver: "team",
					group_by: ["alertname", "cluster"],
					routes: [
						{ matchers: ["severity=critical"], receiver: "pager", group_wait: "0s" },
						{
							matchers: ['severity="warning"'],
							routes: [{ matchers: ["i=1"], receiver: "deep", group_interval: "2s" }],
						},
					],
				},
			],
		},
		steps: [
			{
				at: 0,
				post: [
					alert("A", { team: "db", severity: "critical", cluster: "x" }),
					alert("A", { team: "db", severity: "warning", cluster: "x", i: "1" }),
					alert("A", { team: "db", severity: "warning", cluster: "x", i: "2" }),
					alert("A", { team: "db", cluster: "y" }),
					alert("A", { team: "web", cluster: "y" }),
				],
			},
		],
	},
	{
		name: "operators",
		about: "=, !=, =~ and !~, each with continue",
		route: {
			...CALM,
			routes: [
				{ receiver: "eq", matchers: ["x=ab"], continue: true },
				{ receiver: "ne", matchers: ["x!=ab"], continue: true },
				{ receiver: "re", matchers: ["x=~a.*"], continue: true },
				{ receiver: "nre", matchers: ["x!~a.*"], continue: true },
			],
		},
		steps: [{ at: 0, post: ["ab", "ac", "xab", "b"].map((x) => alert("A", { x })) }],
	},
	{
		name: "anchored",
		about: "a regular expression means the whole value, alternatives too",
		route: {
			...CALM,
			routes: [
				{ receiver: "alt", matchers: ["x=~foo|bar"], continue: true },
				{ receiver: "dot", matchers: ["x=~f.o"], continue: true },
				{ receiver: "case", matchers: ["x=~(?i)FOO"], continue: true },
			],
		},
		steps: [{ at: 0, post: ["foo", "bar", "foobar", "xbar", "FOO"].map((x) => alert("A", { x })) }],
	},
	{
		name: "absent-label",
		about: "a label that is not there is empty",
		route: {
			...CALM,
			routes: [
				{ receiver: "empty", matchers: ['x=""'], continue: true },
				{ receiver: "notempty", matchers: ['x!=""'], continue: true },
				{ receiver: "star", matchers: ["x=~.*"], continue: true },
				{ receiver: "plus", matchers: ["x=~.+"], continue: true },
				{ receiver: "notplus", matchers: ["x!~.+"], continue: true },
				{ receiver: "ne", matchers: ["x!=a"], continue: true },
			],
		},
		steps: [{ at: 0, post: [alert("A", { i: "1" }), alert("A", { i: "2", x: "a" })] }],
	},
	{
		name: "old-matchers",
		about: "match and match_re, beside matchers",
		route: {
			...CALM,
			routes: [
				{ receiver: "old", match: { x: "a", y: "b" }, continue: true },
				{ receiver: "oldre", match_re: { x: "a|b" }, continue: true },
				{ receiver: "mixed", match: { x: "a" }, match_re: { y: "b.*" }, matchers: ["z!=c"], continue: true },
			],
		},
		steps: [
			{
				at: 0,
				post: [alert("A", { x: "a", y: "b" }), alert("A", { x: "b" }), alert("A", { x: "a", y: "bc", z: "c" })],
			},
		],
	},
	{
		name: "written-matchers",
		about: "quotes, blanks, escapes and braces in matchers",
		route: {
			...CALM,
			routes: [
				{ receiver: "quoted", matchers: ['x = "a b"'], continue: true },
				{ receiver: "escaped", matchers: ['x="q\\"q\\\\n"'], continue: true },
				{ receiver: "comma", matchers: ['x="a,b"', "y!=n"], continue: true },
				{ receiver: "script", matchers: ['x="磁盘"'], continue: true },
			],
		},
		steps: [{ at: 0, post: ["a b", 'q"q\\n', "a,b", "磁盘"].map((x) => alert("A", { x })) }],
	},
	{
		name: "receiver-name",
		about: "a receiver whose name has characters that mean something in a regular expression",
		route: { ...CALM, receiver: "web.hook (1)" },
		steps: [{ at: 0, post: [alert("A")] }],
	},
];

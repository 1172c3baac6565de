/** How alerts end, and begin again. */
import { alert, CALM, type Scenario } from "../scenario.ts";

export const ENDS: readonly Scenario[] = [
	{
		name: "resolved",
		about: "an end that is said",
		route: CALM,
		steps: [
			{ at: 0, post: [alert("A", {}, { starts: 0 })] },
			{ at: 2, post: [alert("A", {}, { starts: 0, ends: 1.9 })] },
		],
		listenS: 6,
	},
	{
		name: "resolved-before-flush",
		about: "over before anyone was told: nobody hears of it",
		route: CALM,
		steps: [
			{ at: 0, post: [alert("A", {}, { starts: 0 })] },
			{ at: 0.5, post: [alert("A", {}, { starts: 0, ends: 0.4 })] },
		],
		listenS: 6,
	},
	{
		name: "resolved-beside-firing",
		about: "over before anyone was told, beside one that fires: both are in the message",
		route: CALM,
		steps: [
			{ at: 0, post: [alert("A", { i: "1" }, { starts: 0 }), alert("A", { i: "2" }, { starts: 0 })] },
			{ at: 0.5, post: [alert("A", { i: "1" }, { starts: 0, ends: 0.4 })] },
		],
		listenS: 6,
	},
	{
		name: "never-fired",
		about: "only the end is ever posted",
		route: CALM,
		steps: [{ at: 0, post: [alert("A", {}, { starts: -60, ends: -1 })] }],
		listenS: 5,
	},
	{
		name: "partly-resolved",
		about: "one of two ends, then the other",
		route: CALM,
		steps: [
			{ at: 0, post: [alert("A", { i: "1" }), alert("A", { i: "2" })] },
			{ at: 2, post: [alert("A", { i: "1" }, { ends: 2 })] },
			{ at: 5.5, post: [alert("A", { i: "2" }, { ends: 5.5 })] },
		],
		listenS: 6,
	},
	{
		name: "both-resolved-apart",
		about: "two ends within one interval",
		route: CALM,
		steps: [
			{ at: 0, post: [alert("A", { i: "1" }), alert("A", { i: "2" })] },
			{ at: 2, post: [alert("A", { i: "1" }, { ends: 2 })] },
			{ at: 3, post: [alert("A", { i: "2" }, { ends: 3 })] },
		],
		listenS: 6,
	},
	{
		name: "resolved-and-new",
		about: "one ends and another begins within one interval",
		route: CALM,
		steps: [
			{ at: 0, post: [alert("A", { i: "1" })] },
			{ at: 2, post: [alert("A", { i: "1" }, { ends: 2 })] },
			{ at: 2.5, post: [alert("A", { i: "2" })] },
		],
		listenS: 6,
	},
	{
		name: "resolved-again",
		about: "an end that is said again and again, as Prometheus does",
		route: CALM,
		steps: [
			{ at: 0, post: [alert("A", {}, { starts: 0 })] },
			...[2, 2.5, 5, 6, 9].map((at) => ({ at, post: [alert("A", {}, { starts: 0, ends: 1.9 })] })),
		],
		listenS: 6,
	},
	{
		name: "no-resolved",
		about: "send_resolved false: nobody hears of the end",
		route: CALM,
		receivers: { main: [{ send_resolved: false }] },
		steps: [
			{ at: 0, post: [alert("A")] },
			{ at: 2, post: [alert("A", {}, { ends: 2 })] },
		],
		listenS: 6,
	},
	{
		name: "no-resolved-partly",
		about: "send_resolved false: one ends, then a new one comes, without the ended one",
		route: CALM,
		receivers: { main: [{ send_resolved: false }] },
		steps: [
			{ at: 0, post: [alert("A", { i: "1" }), alert("A", { i: "2" })] },
			{ at: 2, post: [alert("A", { i: "1" }, { ends: 2 })] },
			{ at: 5.2, post: [alert("A", { i: "3" })] },
		],
		listenS: 6,
	},
	{
		name: "no-resolved-together",
		about: "send_resolved false: one ends and a new one comes in one interval",
		route: CALM,
		receivers: { main: [{ send_resolved: false }] },
		steps: [
			{ at: 0, post: [alert("A", { i: "1" }), alert("A", { i: "2" })] },
			{ at: 2, post: [alert("A", { i: "1" }, { ends: 2 }), alert("A", { i: "3" })] },
		],
		listenS: 6,
	},
	{
		name: "no-resolved-refire",
		about: "send_resolved false: firing again after the end was noted is told",
		route: CALM,
		receivers: { main: [{ send_resolved: false }] },
		steps: [
			{ at: 0, post: [alert("A")] },
			{ at: 2, post: [alert("A", {}, { ends: 2 })] },
			{ at: 38, post: [alert("A", {}, { starts: 38 })] },
		],
		listenS: 4,
	},
	{
		name: "refire-within-interval",
		about: "ends and begins again before anyone was told of the end: nothing is said",
		route: CALM,
		steps: [
			{ at: 0, post: [alert("A", {}, { starts: 0 })] },
			{ at: 2, post: [alert("A", {}, { starts: 0, ends: 2 })] },
			{ at: 3, post: [alert("A", {}, { starts: 3 })] },
		],
		listenS: 7,
	},
	{
		name: "refire-same-start",
		about: "said to have ended, then said to fire since the same start",
		route: CALM,
		steps: [
			{ at: 0, post: [alert("A", {}, { starts: 0 })] },
			{ at: 2, post: [alert("A", {}, { starts: 0, ends: 2 })] },
			{ at: 5.5, post: [alert("A", {}, { starts: 0 })] },
		],
		listenS: 7,
		deviation: {
			why: "A group that has just become empty keeps its ticks in Alertmanager until a sweep every 30 s; here it begins anew with group_wait.",
			only: /message 3: told -\d+ ms/,
		},
	},
	{
		name: "refire-member",
		about: "a member ends, is told so, and fires again, beside one that fires on",
		route: CALM,
		steps: [
			{ at: 0, post: [alert("A", { i: "1" }, { starts: 0 }), alert("A", { i: "2" }, { starts: 0 })] },
			{ at: 2, post: [alert("A", { i: "1" }, { starts: 0, ends: 2 })] },
			{ at: 5.5, post: [alert("A", { i: "1" }, { starts: 5.5 })] },
			{ at: 8.5, post: [alert("A", { i: "1" }, { starts: 5.5, ends: 8.5 })] },
		],
		listenS: 6,
	},
	{
		name: "refire-later",
		about: "fires again long after its end was told: a first message after group_wait",
		route: CALM,
		steps: [
			{ at: 0, post: [alert("A", {}, { starts: 0 })] },
			{ at: 2, post: [alert("A", {}, { starts: 0, ends: 2 })] },
			{ at: 38, post: [alert("A", {}, { starts: 38 })] },
			{ at: 40.5, post: [alert("A", {}, { starts: 38, ends: 40.5 })] },
		],
		listenS: 6,
	},
	{
		name: "flapping",
		about: "on and off every second: each tick says how it stands",
		route: { ...CALM, group_wait: "1500ms", group_interval: "2s" },
		steps: [0, 1, 2, 3, 4, 5, 6, 7, 8].map((at) => ({
			at: at + 0.3,
			post: [
				alert("A", { i: "1" }, { starts: at, ...(at % 2 === 1 && { starts: at - 1, ends: at }) }),
				alert("A", { i: "2" }),
			],
		})),
		listenS: 5,
	},
	{
		name: "timeout",
		about: "no end was said: over after resolve_timeout",
		route: CALM,
		steps: [{ at: 0, post: [alert("A", {}, { ends: null })] }],
		listenS: 13,
	},
	{
		name: "timeout-said",
		about: "an end ahead, as Prometheus says it, and no further word",
		route: CALM,
		steps: [{ at: 0, post: [alert("A", {}, { starts: 0, ends: 4.5 })] }],
		listenS: 11,
	},
	{
		name: "kept-alive",
		about: "said again before its end, then no more",
		route: { ...CALM, group_interval: "2s" },
		steps: [0, 2, 4, 6].map((at) => ({ at, post: [alert("A", {}, { starts: 0, ends: at + 3.4 })] })),
		listenS: 9,
	},
	{
		name: "kept-alive-no-end",
		about: "said again without an end before resolve_timeout, then no more",
		route: { ...CALM, group_interval: "2s" },
		steps: [0, 4, 8].map((at) => ({ at, post: [alert("A", {}, { ends: null })] })),
		listenS: 12,
	},
	{
		name: "timeout-refire",
		about: "over by silence, told, and back again without a start",
		route: CALM,
		steps: [
			{ at: 0, post: [alert("A", {}, { ends: 2.5 }), alert("A", { i: "2" })] },
			{ at: 6.3, post: [alert("A", {}, { ends: 8.6 })] },
		],
		listenS: 8,
	},
	{
		name: "end-moved",
		about: "an end that is moved nearer does not count, one that is moved on does",
		route: { ...CALM, group_interval: "2s" },
		steps: [
			{
				at: 0,
				post: [alert("A", { i: "1" }, { starts: 0, ends: 9.5 }), alert("A", { i: "2" }, { starts: 0, ends: 3.5 })],
			},
			{
				at: 1.5,
				post: [alert("A", { i: "1" }, { starts: 0, ends: 4.5 }), alert("A", { i: "2" }, { starts: 0, ends: 6.5 })],
			},
		],
		listenS: 13,
	},
	{
		name: "end-and-timeout",
		about: "an end was said, then it is said again without one",
		route: { ...CALM, group_interval: "2s" },
		steps: [
			{ at: 0, post: [alert("A", { i: "1" }, { ends: 12.5 }), alert("A", { i: "2" }, { ends: null })] },
			{ at: 1.5, post: [alert("A", { i: "1" }, { ends: null }), alert("A", { i: "2" }, { ends: 4.5 })] },
		],
		listenS: 15,
	},
	{
		name: "resolved-without-start",
		about: "the end is said without a start",
		route: CALM,
		steps: [
			{ at: 0, post: [alert("A")] },
			{ at: 2, post: [alert("A", {}, { ends: 1.9 })] },
		],
		listenS: 6,
	},
	{
		name: "later-end-wins",
		about: "of two ends that are past the later one is told",
		route: CALM,
		steps: [
			{ at: 0, post: [alert("A", {}, { starts: 0 })] },
			{ at: 2, post: [alert("A", {}, { starts: 0, ends: 1.9 })] },
			{ at: 2.5, post: [alert("A", {}, { starts: 0, ends: 1.5 })] },
		],
		listenS: 6,
	},
	{
		name: "server-error",
		about: "the webhook answers 503 once",
		route: CALM,
		answers: [503],
		steps: [
			{ at: 0, post: [alert("A")] },
			{ at: 6, post: [alert("A", {}, { ends: 6 })] },
		],
		listenS: 8,
		deviation: {
			why: "Alertmanager repeats within the flush after about half a second; here the delivery waits with full jitter below 2 s.",
			only: /message 1: told [+-]\d+ ms/,
		},
	},
	{
		name: "too-many-requests",
		about: "the webhook answers 429 with Retry-After: 2 once",
		route: { ...CALM, group_interval: "6s" },
		answers: [429],
		steps: [{ at: 0, post: [alert("A")] }],
		listenS: 12,
		deviation: {
			why: "Alertmanager 0.25 gives up at a 429 until the next group_interval; here Retry-After is honoured.",
			only: /message 1: told -\d+ ms/,
		},
	},
];

/** When a group has to be looked at next, from what is kept of it alone: so it is the same after an eviction. */
import { describe, expect, it } from "vitest";
import type { Route } from "../../src/model/routing.ts";
import type { KeptAlert } from "../../src/notify/group/alert-rows.ts";
import { type Group, isOver, nextLookMs } from "../../src/notify/group/group.ts";
import type { GroupRow } from "../../src/notify/group/group-rows.ts";

const ANCHOR = 1_000_000;
const MINUTE = 60_000;
const at = (minutes: number) => ANCHOR + minutes * MINUTE;

const ROUTE: Route = {
	key: "{}",
	receiver: "r",
	matchers: [],
	groupBy: [],
	groupWaitMs: 0,
	groupIntervalMs: 5 * MINUTE,
	repeatIntervalMs: 60 * MINUTE,
	continue: false,
	muteTimeIntervals: [],
	activeTimeIntervals: [],
	escalation: [],
	flapHoldMs: null,
	routes: [],
};

function kept(key: string, change: Partial<KeptAlert> = {}): KeptAlert {
	return {
		id: 1,
		key,
		groups: [1],
		bodyHash: 0,
		startsAtMs: at(-1),
		endsAtMs: null,
		updatedAtMs: at(0),
		isTimeout: false,
		...change,
	};
}

function group(toldFiring: readonly string[] | null, row: Partial<GroupRow> = {}, route: Partial<Route> = {}): Group {
	const told = new Map();
	if (toldFiring !== null) {
		const firing = new Set(toldFiring);
		told.set("r/0", { id: 1, groupId: 1, target: "r/0", atMs: at(0), firing, resolved: new Set() });
	}
	return {
		row: {
			id: 1,
			key: "{}:{}",
			routeKey: "{}",
			labels: {},
			anchorMs: ANCHOR,
			acknowledged: null,
			firstToldMs: null,
			escalated: 0,
			changesMs: [],
			...row,
		},
		route: { ...ROUTE, ...route },
		members: new Set(["a"]),
		told,
		hasFlushed: true,
		looked: null,
		said: new Map(),
	};
}

/** After a look in which the muted said nothing. */
const looked = (one: Group, alert: KeptAlert, minutes: number, muted: readonly string[] = []) =>
	nextLookMs(one, new Map([["a", alert]]), new Set(muted), at(minutes));
/** Read from the tables; the looks had come so far, and knew of alerts below an id. */
const loaded = (one: Group, alert: KeptAlert, minutes: number, lookedMinutes = -100, nextAlertId = 0) =>
	nextLookMs(one, new Map([["a", alert]]), { untilMs: at(lookedMinutes), nextAlertId, targets: ["r/0"] }, at(minutes));

describe("the next look at a group", () => {
	it("is the tick at or after an alert's end", () => {
		for (const next of [looked, loaded]) {
			expect(next(group(["a"]), kept("a", { endsAtMs: at(12) }), 1)).toBe(at(15));
			expect(next(group(["a"]), kept("a", { endsAtMs: at(15) }), 1)).toBe(at(15));
		}
	});

	it("is the first tick on which the repeat is due, while something fires that nobody acknowledged", () => {
		for (const next of [looked, loaded]) {
			expect(next(group(["a"]), kept("a"), 1)).toBe(at(65));
			expect(next(group(["a"], {}, { repeatIntervalMs: 60 * MINUTE - 1 }), kept("a"), 1)).toBe(at(60));
			const acknowledged = { by: "ann", comment: "", atMs: 0, firing: new Set(["a"]) };
			expect(next(group(["a"], { acknowledged }), kept("a"), 1)).toBeNull();
			expect(next(group(["a"]), kept("a", { endsAtMs: at(0), updatedAtMs: at(-1) }), 1)).not.toBe(at(65));
		}
	});

	it("is the step of the escalation when that comes sooner", () => {
		const escalation = [
			{ receiver: "x", afterMs: 7 * MINUTE },
			{ receiver: "y", afterMs: 30 * MINUTE },
		];
		for (const next of [looked, loaded]) {
			expect(next(group(["a"], { firstToldMs: at(0) }, { escalation }), kept("a"), 1)).toBe(at(10));
			expect(next(group(["a"], { firstToldMs: at(0), escalated: 1 }, { escalation }), kept("a"), 11)).toBe(at(30));
			expect(next(group(["a"], { firstToldMs: at(0), escalated: 2 }, { escalation }), kept("a"), 31)).toBe(at(65));
		}
	});
});

describe("after a look", () => {
	it("who is muted needs none: neither for its first word nor for a repeat that is overdue", () => {
		expect(looked(group(null), kept("a"), 1, ["a"])).toBeNull();
		expect(looked(group([]), kept("a"), 1, ["a"])).toBeNull();
		expect(looked(group(["a"]), kept("a"), 100, ["a"])).toBeNull();
	});

	it("who cannot be told needs none either: a receiver without integrations", () => {
		expect(looked(group(null), kept("a"), 1)).toBeNull();
	});

	it("who is no target any more waits for no repeat", () => {
		const gone = group(["a"]);
		gone.looked = { atMs: at(0), targets: new Set(["r/1"]) };
		expect(looked(gone, kept("a"), 100)).toBeNull();
		gone.looked = { atMs: at(0), targets: new Set(["r/0"]) };
		expect(looked(gone, kept("a"), 64)).toBe(at(65));
	});
});

describe("read from the tables", () => {
	it("a group is due for its first flush, and on the tick after what came later", () => {
		expect(loaded(group(null), kept("a"), -1)).toBe(at(0));
		expect(loaded(group([]), kept("a", { updatedAtMs: at(7) }), 8)).toBe(at(10));
		expect(loaded(group(null), kept("a", { endsAtMs: at(90) }), -1)).toBe(at(0));
		expect(loaded(group([]), kept("a", { updatedAtMs: at(7), endsAtMs: at(90) }), 8)).toBe(at(10));
	});

	it("what came with a tick waits for the next one, unless it was the first", () => {
		expect(loaded(group([]), kept("a", { updatedAtMs: at(5) }), 6)).toBe(at(10));
		expect(loaded(group(null), kept("a", { updatedAtMs: at(0) }), 6)).toBe(at(0));
	});

	it("what was missed is due in the past", () => {
		expect(loaded(group([]), kept("a", { updatedAtMs: at(1) }), 20)).toBe(at(5));
		expect(loaded(group(["a"]), kept("a", { endsAtMs: at(7), updatedAtMs: at(1) }), 20)).toBe(at(10));
		// But a repeat is no news: it keeps to the ticks.
		expect(loaded(group(["a"]), kept("a"), 201)).toBe(at(205));
		expect(loaded(group(["a"]), kept("a"), 65)).toBe(at(65));
	});

	it("what was looked at in vain is due on the next tick, and no sooner", () => {
		expect(loaded(group(null), kept("a"), 7, 5, 2)).toBe(at(10));
		expect(loaded(group(null), kept("a"), 10, 5, 2)).toBe(at(10));
		expect(loaded(group(null), kept("a"), 10, 10, 2)).toBe(at(15));
		expect(loaded(group(["a"]), kept("a"), 72, 70, 2)).toBe(at(75));
		// What came since then was not looked at.
		expect(loaded(group(null), kept("a"), 7, -1, 1)).toBe(at(0));
		expect(loaded(group([]), kept("a", { updatedAtMs: at(6) }), 12, 5, 2)).toBe(at(10));
	});
});

describe("a group", () => {
	it("is over when nobody is left, and nobody was told that someone fires", () => {
		const empty = (firing: readonly string[] | null) => ({ ...group(firing), members: new Set<string>() });
		expect(isOver(empty(null), at(0))).toBe(true);
		expect(isOver(empty([]), at(0))).toBe(true);
		expect(isOver(empty(["a"]), at(0))).toBe(false);
		expect(isOver(group([]), at(0))).toBe(false);
	});

	it("that just flapped is remembered for as long as that counts", () => {
		const flapped = { ...group([], { changesMs: [at(0)] }, { flapHoldMs: MINUTE }), members: new Set<string>() };
		expect(isOver(flapped, at(59))).toBe(false);
		expect(isOver(flapped, at(60))).toBe(true);
	});
});

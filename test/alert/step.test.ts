/** The state machine of one alert: what it does, tick by tick. */
import { describe, expect, it } from "vitest";
import {
	endByRuleChange,
	isForgettable,
	liftCooldown,
	type Step,
	step,
	type Timing,
	UNSEEN,
} from "../../src/alert/step.ts";
import type { AlertState, Verdict } from "../../src/model/alert.ts";

const MINUTE = 60_000;
const START = Date.UTC(2026, 10, 21);
const RULE: Timing = { forMs: 0, keepFiringForMs: 0, cooldownMs: 5 * MINUTE, noData: "ok" };
const VERDICTS: Readonly<Record<string, Verdict>> = {
	b: { kind: "breached", value: 7 },
	o: { kind: "ok" },
	v: { kind: "vanished" },
	n: { kind: "no_data" },
};

/** One letter a minute; answers one letter a minute: F and R are told, . is silence, and small letters are states. */
function play(verdicts: string, rule: Partial<Timing>): string {
	let state: AlertState = UNSEEN;
	let told = "";
	[...verdicts].forEach((letter, minute) => {
		const next = step(state, VERDICTS[letter] as Verdict, { ...RULE, ...rule }, START + minute * MINUTE);
		state = next.state;
		told += next.news === null ? state.kind.slice(0, 1) : next.news.kind === "firing" ? "F" : "R";
	});
	return told;
}

function at(state: AlertState, kind: string, minute: number, rule: Partial<Timing> = {}): Step {
	return step(state, VERDICTS[kind] as Verdict, { ...RULE, ...rule }, START + minute * MINUTE);
}

describe("an alert", () => {
	it.each<[string, string, string, Partial<Timing>]>([
		["fires at the first breach without `for`", "obbo", "iFfR", {}],
		["waits in pending until `for` is over", "obbbbo", "ipppFR", { forMs: 3 * MINUTE }],
		["forgets the timer when the breach ends before `for`", "bbobbbb", "ppipppF", { forMs: 3 * MINUTE }],
		["keeps firing for `keep_firing_for` after the breach", "boooo", "FfffR", { keepFiringForMs: 3 * MINUTE }],
		["starts `keep_firing_for` again after a new breach", "booboooo", "FffffffR", { keepFiringForMs: 3 * MINUTE }],
		["ends when its label set vanishes", "bv", "FR", {}],
		["ends without data when the policy is ok", "bn", "FR", { noData: "ok" }],
		["stays as it is without data when the policy is keep", "bnnno", "FfffR", { noData: "keep" }],
		["does not begin without data when the policy is keep", "nnn", "iii", { noData: "keep" }],
		["does not end pending without data when the policy is keep", "bnb", "ppF", { noData: "keep", forMs: 2 * MINUTE }],
		["fires without data when the policy is alert", "nno", "FfR", { noData: "alert" }],
		[
			"waits for `for` without data too when the policy is alert",
			"nnno",
			"ppFR",
			{ noData: "alert", forMs: 2 * MINUTE },
		],
	])("%s", (_, verdicts, expected, rule) => {
		expect(play(verdicts, rule)).toBe(expected);
	});

	it.each<[string, string, string]>([
		["tells a new firing at once when the cooldown is over", "boooob", "FRiiiF"],
		["holds a new firing back until the cooldown is over, and tells it then", "bobbbbb", "FRfffFf"],
		["tells nobody the end of a firing that was held back", "bobobbb", "FRfifFf"],
		["counts the cooldown from the last told firing, not from the resolve", "bbbbobb", "FfffRFf"],
	])("%s", (_, verdicts, expected) => {
		expect(play(verdicts, {})).toBe(expected);
	});

	it("held back is told with the start that it had, and then its end too", () => {
		let state = at(at(UNSEEN, "b", 0).state, "o", 1).state;
		state = at(state, "b", 2).state;
		const told = at(state, "b", 5);
		expect(told.news).toMatchObject({
			kind: "firing",
			startsAtMs: START + 2 * MINUTE,
			atMs: START + 5 * MINUTE,
			sequence: 3,
		});
		expect(at(told.state, "o", 6).news).toMatchObject({
			kind: "resolved",
			startsAtMs: START + 2 * MINUTE,
			sequence: 4,
		});
	});

	it("held back is told without data too when the policy is keep, for it still fires", () => {
		const rule = { noData: "keep" } as const;
		const held = at(at(at(UNSEEN, "b", 0).state, "o", 1).state, "b", 2).state;
		expect(at(held, "n", 4, rule).news).toBeNull();
		expect(at(held, "n", 5, rule).news).toMatchObject({ kind: "firing" });
	});

	it("says why it ended", () => {
		const firing = at(UNSEEN, "b", 0).state;
		expect(at(firing, "o", 1).news?.reason).toBe("recovered");
		expect(at(firing, "v", 1).news?.reason).toBe("vanished");
		expect(at(firing, "n", 1).news?.reason).toBe("no data");
		expect(endByRuleChange(firing, START + MINUTE).news?.reason).toBe("rule changed");
	});

	it("says that it fires for want of data", () => {
		expect(at(UNSEEN, "n", 0, { noData: "alert" }).news).toMatchObject({ kind: "firing", reason: "no data", value: 0 });
	});

	it("ends at once by a rule change, whatever keeps it firing; a pending or held one without a word", () => {
		const kept = at(at(UNSEEN, "b", 0).state, "o", 1, { keepFiringForMs: 9 * MINUTE }).state;
		expect(endByRuleChange(kept, START + 2 * MINUTE).news).toMatchObject({ kind: "resolved", value: 7 });
		const pending = at(UNSEEN, "b", 0, { forMs: MINUTE }).state;
		expect(endByRuleChange(pending, START + MINUTE)).toEqual({ state: UNSEEN, news: null });
		const held = at(at(at(UNSEEN, "b", 0).state, "o", 1).state, "b", 2).state;
		expect(endByRuleChange(held, START + 3 * MINUTE)).toMatchObject({ state: { kind: "inactive" }, news: null });
		expect(endByRuleChange(UNSEEN, START)).toEqual({ state: UNSEEN, news: null });
	});

	it("gives the same object back when nothing changed, so that nothing is written", () => {
		const firing = at(UNSEEN, "b", 0).state;
		expect(at(firing, "b", 1).state).toBe(firing);
		expect(at(UNSEEN, "o", 1).state).toBe(UNSEEN);
		const pending = at(UNSEEN, "b", 0, { forMs: 9 * MINUTE }).state;
		expect(at(pending, "b", 1, { forMs: 9 * MINUTE }).state).toBe(pending);
	});

	it("keeps the latest value", () => {
		const firing = at(UNSEEN, "b", 0).state;
		const next = step(firing, { kind: "breached", value: 9 }, RULE, START + MINUTE);
		expect(next).toEqual({ state: { ...firing, value: 9 }, news: null });
		expect(at(next.state, "o", 2).news?.value).toBe(9);
	});

	it("is not moved by a tick that is not newer than its state", () => {
		const firing = at(UNSEEN, "b", 5).state;
		for (const minute of [5, 4, 0]) {
			for (const kind of ["o", "v", "n", "b"]) expect(at(firing, kind, minute)).toEqual({ state: firing, news: null });
		}
	});

	it("is forgettable only when it is inactive and its cooldown is over", () => {
		const { state: firing } = at(UNSEEN, "b", 0);
		const { state: ended } = at(firing, "o", 1);
		expect(isForgettable(firing, RULE, START + 99 * MINUTE)).toBe(false);
		expect(isForgettable(ended, RULE, START + 4 * MINUTE)).toBe(false);
		expect(isForgettable(ended, RULE, START + 5 * MINUTE)).toBe(true);
		expect(isForgettable(liftCooldown(ended), RULE, START + 2 * MINUTE)).toBe(true);
	});
});

describe("defect 2: the cooldown is recorded before the message is sent, a failed send mutes the alert", () => {
	it("the cooldown begins with the news itself: state and event come out of one step, to be written as one", () => {
		const { state, news } = at(UNSEEN, "b", 0);
		expect(state.toldMs).toBe(news?.atMs);
	});

	it("a step whose write failed leaves no cooldown behind: the next one tells the firing", () => {
		at(UNSEEN, "b", 0); // its write fails, so the old state stays
		expect(at(UNSEEN, "b", 1).news).toMatchObject({ kind: "firing" });
	});

	it("a dead letter clears the cooldown: the next firing is told at once", () => {
		const ended = at(at(UNSEEN, "b", 0).state, "o", 1).state;
		expect(at(ended, "b", 2).news).toBeNull();
		expect(at(liftCooldown(ended), "b", 2).news).toMatchObject({ kind: "firing" });
	});

	it("a dead letter clears the cooldown of a firing that it holds back", () => {
		const held = at(at(at(UNSEEN, "b", 0).state, "o", 1).state, "b", 2).state;
		expect(at(liftCooldown(held), "b", 3).news).toMatchObject({ kind: "firing", startsAtMs: START + 2 * MINUTE });
	});

	it("a dead letter does not have a firing told again that others were told of", () => {
		const firing = at(UNSEEN, "b", 0).state;
		expect(at(liftCooldown(firing), "b", 1).news).toBeNull();
		expect(at(liftCooldown(firing), "o", 1).news).toMatchObject({ kind: "resolved" });
	});
});

describe("defect 4: 'for 5 minutes' stands in the table and is implemented nowhere", () => {
	it("a breach of 5 minutes fires, one of 4 does not", () => {
		expect(play("bbbbbo", { forMs: 5 * MINUTE })).toBe("pppppi");
		expect(play("bbbbbb", { forMs: 5 * MINUTE })).toBe("pppppF");
	});

	it("the timer goes on after a restart: it is in the state, as JSON", () => {
		let state: AlertState = UNSEEN;
		for (let minute = 0; minute < 5; minute++) {
			state = JSON.parse(JSON.stringify(at(state, "b", minute, { forMs: 5 * MINUTE }).state));
		}
		expect(at(state, "b", 5, { forMs: 5 * MINUTE }).news).toMatchObject({ kind: "firing" });
	});

	it("a tick that comes late counts the time that went by", () => {
		const pending = at(UNSEEN, "b", 0, { forMs: 5 * MINUTE }).state;
		expect(at(pending, "b", 12, { forMs: 5 * MINUTE }).news).toMatchObject({ startsAtMs: START + 12 * MINUTE });
	});
});

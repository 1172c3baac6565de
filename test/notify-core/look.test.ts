/** One look at a group: who hears what, what is muted by whom, and who leaves. */
import { describe, expect, it } from "vitest";
import type { MuteReason } from "../../src/model/notification.ts";
import { type LookInput, lookAt, type Member, type Target } from "../../src/notify/group/look.ts";
import type { Told } from "../../src/notify/group/news.ts";

const NOW = 1_000_000;
const SILENCE: MuteReason = { kind: "silence", by: "s1" };

function member(key: string, status: "firing" | "resolved" = "firing", mutedBy: readonly MuteReason[] = []): Member {
	return { key, isFiring: status === "firing", mutedBy };
}

const target = (name: string, change: Partial<Target> = {}): Target => ({
	name,
	receiver: name.split("/")[0] as string,
	sendResolved: true,
	isEscalation: false,
	...change,
});

const told = (firing: readonly string[], resolved: readonly string[] = [], atMs = NOW): Told => ({
	atMs,
	firing: new Set(firing),
	resolved: new Set(resolved),
});

function look(members: readonly Member[], change: Partial<LookInput> = {}) {
	return lookAt({
		members,
		targets: [target("r/0")],
		told: new Map(),
		acknowledged: null,
		mutedBy: [],
		heldBy: null,
		repeatIntervalMs: 3_600_000,
		tickMs: NOW,
		...change,
	});
}

/** Target, cause, and who is in it. */
const said = (result: ReturnType<typeof look>) =>
	result.sayings.map(({ target: { name }, cause, hears, told: { firing, resolved } }) => {
		const ended = [...resolved].map((key) => `${key}:resolved`);
		const heard = [...firing].map((key) => `${key}:firing`);
		return [name, ...(hears === "nobody" ? [null] : [cause, ...(hears === "all" ? [...heard, ...ended] : heard)])];
	});

describe("a look", () => {
	it("tells every target what it does not know, each by itself", () => {
		const result = look([member("a"), member("b")], {
			targets: [target("r/0"), target("r/1")],
			told: new Map([["r/1", told(["a", "b"])]]),
		});
		expect(said(result)).toEqual([["r/0", "first", "a:firing", "b:firing"]]);
		expect(result.sayings[0]?.told).toEqual(told(["a", "b"]));
		expect(result.gone).toEqual([]);
	});

	it("lets those go that ended, told or not", () => {
		const result = look([member("a", "resolved"), member("b")], { told: new Map([["r/0", told(["a", "b"])]]) });
		expect(said(result)).toEqual([["r/0", "changed", "b:firing", "a:resolved"]]);
		expect(result.gone).toEqual(["a"]);
		expect(look([member("a", "resolved")])).toMatchObject({ sayings: [], gone: ["a"] });
	});

	it("does not tell of ends who does not want to hear of them, and notes them all the same", () => {
		const quiet = { targets: [target("r/0", { sendResolved: false })] };
		const mixed = look([member("a", "resolved"), member("b")], { ...quiet, told: new Map([["r/0", told(["a"])]]) });
		expect(said(mixed)).toEqual([["r/0", "changed", "b:firing"]]);
		const over = look([member("a", "resolved")], { ...quiet, told: new Map([["r/0", told(["a"])]]) });
		expect(said(over)).toEqual([["r/0", null]]);
		expect(over.sayings[0]?.told).toEqual(told([], ["a"]));
	});

	it("says nothing of what is muted, and says by what", () => {
		const result = look([member("a", "firing", [SILENCE]), member("b")]);
		expect(said(result)).toEqual([["r/0", "first", "b:firing"]]);
		expect(result.muted).toEqual([{ key: "a", mutedBy: [SILENCE] }]);
	});

	it("says and notes nothing while all is muted: what was told stays told", () => {
		const before = { told: new Map([["r/0", told(["a"], [], 0)]]) };
		expect(look([member("a", "firing", [SILENCE])], before)).toMatchObject({ sayings: [], gone: [] });
		expect(look([member("a", "resolved", [SILENCE])], before)).toMatchObject({ sayings: [], gone: ["a"] });
		const interval: MuteReason = { kind: "time interval", by: "night" };
		expect(look([member("a"), member("b", "resolved")], { ...before, mutedBy: [interval] })).toMatchObject({
			sayings: [],
			gone: ["b"],
			muted: [
				{ key: "a", mutedBy: [interval] },
				{ key: "b", mutedBy: [interval] },
			],
		});
	});

	it("waits while it is held, and keeps what ended meanwhile", () => {
		const heldBy: MuteReason = { kind: "flapping", by: "until later" };
		const result = look([member("a", "resolved"), member("b")], { heldBy });
		expect(result).toMatchObject({ sayings: [], gone: [] });
		expect(result.muted.map(({ mutedBy }) => mutedBy)).toEqual([[heldBy], [heldBy]]);
	});

	it("says to who hears of it because nobody took it on that it escalated", () => {
		const targets = [target("r/0"), target("boss/0", { isEscalation: true })];
		const first = look([member("a")], { targets, told: new Map([["r/0", told(["a"])]]) });
		expect(said(first)).toEqual([["boss/0", "escalated", "a:firing"]]);
		const over = look([member("a", "resolved")], {
			targets,
			told: new Map([
				["r/0", told(["a"])],
				["boss/0", told(["a"])],
			]),
		});
		expect(said(over)).toEqual([
			["r/0", "resolved", "a:resolved"],
			["boss/0", "resolved", "a:resolved"],
		]);
	});
});

describe("an acknowledgement", () => {
	const acknowledged = { by: "ann", comment: "", atMs: 1, firing: new Set(["a", "b"]) };
	const before = { acknowledged, told: new Map([["r/0", told(["a", "b"], [], 0)]]) };

	it("quiets repeats and single ends, which are told with the end of the whole", () => {
		expect(look([member("a"), member("b")], before)).toMatchObject({ sayings: [], acknowledged });
		const one = look([member("a", "resolved"), member("b")], before);
		expect(one).toMatchObject({ sayings: [], gone: [], acknowledged });
		const over = look([member("a", "resolved"), member("b", "resolved")], before);
		expect(said(over)).toEqual([["r/0", "resolved", "a:resolved", "b:resolved"]]);
		expect(over).toMatchObject({ gone: ["a", "b"], acknowledged: null });
	});

	it("is lifted when something fires that it did not mean", () => {
		const worse = look([member("a"), member("b"), member("c")], before);
		expect(said(worse)).toEqual([["r/0", "changed", "a:firing", "b:firing", "c:firing"]]);
		expect(worse.acknowledged).toBeNull();
	});

	it("stays while what it meant is silenced", () => {
		const hidden = look([member("a", "firing", [SILENCE]), member("b", "firing", [SILENCE])], before);
		expect(hidden).toMatchObject({ sayings: [], acknowledged });
	});
});

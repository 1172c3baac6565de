/** Silences: which of them mute a label set, when that changes, and what a wanted one must be. */
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { Labels } from "../../src/model/labels.ts";
import {
	HOUR_MS,
	MATCHERS_PER_SILENCE_MAX,
	MINUTE_MS,
	SILENCE_COMMENT_CHARS_MAX,
	SILENCE_VALUES_CHARS_MAX,
	SILENCES_MAX,
} from "../../src/model/limits.ts";
import type { Matcher, MatchOp } from "../../src/model/matcher.ts";
import type { Silence } from "../../src/model/routing.ts";
import { checkSilence } from "../../src/routing/check-silence.ts";
import { SilenceSet, silenceState } from "../../src/routing/silence-match.ts";
import { parseTimeIntervals } from "../../src/routing/time-words.ts";

const NOW = Date.parse("2026-11-20T12:00:00Z");
const matcher = (name: string, op: MatchOp, value: string): Matcher => ({ name, op, value });

function silence(id: string, matchers: readonly Matcher[], more: Partial<Silence> = {}): Silence {
	return {
		id,
		matchers,
		startsAtMs: NOW - HOUR_MS,
		endsAtMs: NOW + HOUR_MS,
		updatedAtMs: NOW - HOUR_MS,
		createdBy: "ada",
		comment: "work on the net",
		recurring: null,
		remindBeforeMs: null,
		...more,
	};
}

function setOf(...silences: readonly Silence[]): SilenceSet {
	const set = new SilenceSet();
	for (const one of silences) expect(set.upsert(one).ok).toBe(true);
	return set;
}

describe("a silence", () => {
	it("mutes what all of its matchers mean, from its start until before its end", () => {
		const set = setOf(silence("s", [matcher("a", "=", "1"), matcher("b", "=~", "x.*")]));
		expect(set.mutedBy({ a: "1", b: "xy", c: "z" }, NOW)).toEqual(["s"]);
		expect(set.mutedBy({ a: "1" }, NOW)).toEqual([]);
		expect(set.mutedBy({ a: "1", b: "xy" }, NOW - HOUR_MS - 1)).toEqual([]);
		expect(set.mutedBy({ a: "1", b: "xy" }, NOW - HOUR_MS)).toEqual(["s"]);
		expect(set.mutedBy({ a: "1", b: "xy" }, NOW + HOUR_MS)).toEqual([]);
	});

	it("is pending, active or expired", () => {
		const one = silence("s", []);
		expect([NOW - 2 * HOUR_MS, NOW, NOW + HOUR_MS].map((ms) => silenceState(one, ms))).toEqual([
			"pending",
			"active",
			"expired",
		]);
	});

	it("that comes again takes the place of what it was", () => {
		const set = setOf(silence("s", [matcher("a", "=", "1")]), silence("s", [matcher("a", "=", "2")]));
		expect(set.size).toBe(1);
		expect(set.mutedBy({ a: "1" }, NOW)).toEqual([]);
		expect(set.mutedBy({ a: "2" }, NOW)).toEqual(["s"]);
		set.remove("s");
		set.remove("never there");
		expect([set.size, set.mutedBy({ a: "2" }, NOW)]).toEqual([0, []]);
	});

	it("with an expression that cannot be is not taken, and what was there stays", () => {
		const set = setOf(silence("s", [matcher("a", "=", "1")]));
		expect(set.upsert(silence("s", [matcher("a", "=~", "(")]))).toMatchObject({
			failure: expect.stringContaining('matcher on label "a": error parsing regexp'),
		});
		expect(set.mutedBy({ a: "1" }, NOW)).toEqual(["s"]);
	});

	it("that recurs mutes within its intervals only, and the set says when that changes", () => {
		const recurring = parseTimeIntervals([{ times: [{ start_time: "12:00", end_time: "12:30" }] }]);
		if (!recurring.ok) throw new Error("intervals");
		const set = setOf(silence("s", [matcher("a", "=", "1")], { recurring: recurring.value }));
		expect(set.mutedBy({ a: "1" }, NOW)).toEqual(["s"]);
		expect(set.mutedBy({ a: "1" }, NOW + 30 * MINUTE_MS)).toEqual([]);
		expect(set.mutedBy({ a: "1" }, NOW - 1)).toEqual([]);
		expect(set.nextChangeMs(NOW - 1)).toBe(NOW);
		expect(set.nextChangeMs(NOW)).toBe(NOW + 30 * MINUTE_MS);
		expect(set.nextChangeMs(NOW + 30 * MINUTE_MS)).toBe(NOW + HOUR_MS);
		expect(set.nextChangeMs(NOW + HOUR_MS)).toBeNull();
		expect(set.nextChangeMs(NOW - 2 * HOUR_MS)).toBe(NOW - HOUR_MS);
	});

	it("is found whatever its matchers are, as if every one had been asked", () => {
		const name = fc.constantFrom("a", "b", "constructor");
		const value = fc.constantFrom("", "1", "2", "1|2", "1|", "[12]", "3");
		const op = fc.constantFrom<MatchOp>("=", "!=", "=~", "!~");
		const matchers = fc.array(fc.record({ name, op, value }), { minLength: 1, maxLength: 3 });
		const labels = fc.dictionary(name, fc.constantFrom("1", "2", "3"));
		const change = fc.record({ id: fc.constantFrom("x", "y", "z"), matchers, isGone: fc.boolean() });
		fc.assert(
			fc.property(fc.array(change, { maxLength: 8 }), labels, (changes, asked) => {
				const set = new SilenceSet();
				const kept = new Map<string, readonly Matcher[]>();
				for (const { id, matchers: own, isGone } of changes) {
					if (isGone) {
						set.remove(id);
						kept.delete(id);
					} else {
						set.upsert(silence(id, own));
						kept.set(id, own);
					}
				}
				const expected = [...kept].filter(([, own]) => own.every((one) => slowAccepts(one, asked))).map(([id]) => id);
				expect(set.mutedBy(asked, NOW)).toEqual(expected.sort());
			}),
			{ numRuns: 500 },
		);
	});

	it("is found by an expression in any of its forms, as a plain engine finds it", () => {
		const pattern = fc
			.array(
				fc.constantFrom(
					"a",
					"b",
					"ab",
					"a*",
					"b?",
					"a{2}",
					"b+",
					"|",
					"(a|b)",
					"[ab]",
					".",
					".*",
					"^",
					"$",
					"\\.",
					"(?:ab)*",
					" ",
				),
				{ maxLength: 5 },
			)
			.map((parts) => parts.join(""))
			.filter((text) => !/(^|[|(^])[*?{+]|[*?+}]{2}|\^[*?{+]|\$[*?{+]/.test(text));
		const value = fc.string({ unit: fc.constantFrom("a", "b", ".", " "), minLength: 1, maxLength: 5 });
		fc.assert(
			fc.property(pattern, fc.array(value, { maxLength: 20 }), (text, values) => {
				const set = setOf(silence("s", [matcher("x", "=~", text)]));
				const plain = new RegExp(`^(?:${text})$`);
				for (const one of values)
					expect([text, one, set.mutedBy({ x: one }, NOW).length]).toEqual([text, one, plain.test(one) ? 1 : 0]);
			}),
			{ numRuns: 2_000 },
		);
	});

	it("is one of so many at most", () => {
		const set = new SilenceSet();
		for (let i = 0; i < SILENCES_MAX; i++) set.upsert(silence(`${i}`, [matcher("a", "=", `${i}`)]));
		expect(set.upsert(silence("more", [matcher("a", "=", "1")]))).toEqual({
			ok: false,
			failure: `there are ${SILENCES_MAX} silences already`,
		});
		expect(set.upsert(silence("1", [matcher("a", "=", "x")])).ok).toBe(true);
		expect(set.mutedBy({ a: "x" }, NOW)).toEqual(["1"]);
	});

	it("is found among a thousand for ten thousand alerts within a moment, by value or by expression", {
		timeout: 60_000,
	}, () => {
		const kinds: readonly ((i: number) => readonly Matcher[])[] = [
			(i) => [matcher("env", "=", "production"), matcher("instance", "=", `i${i}`)],
			(i) => [matcher("alertname", "=~", `A${i}|B${i}|C${i}`)],
			(i) => [matcher("service", "=~", `s${i}-.*`), matcher("env", "!=", "test")],
		];
		for (const [kind, matchersOf] of kinds.entries()) {
			const set = setOf(...Array.from({ length: 1_000 }, (_, i) => silence(`s${i}`, matchersOf(i))));
			const started = performance.now();
			let muted = 0;
			for (let i = 0; i < 10_000; i++) {
				const labels = { alertname: `A${i % 2_000}`, env: "production", instance: `i${i}`, service: `s${i % 100}-x` };
				muted += set.mutedBy(labels, NOW).length;
			}
			const ms = performance.now() - started;
			console.info(`silences of kind ${kind}: 10,000 alerts against 1,000 in ${Math.round(ms)} ms`);
			expect(muted).toBe([1_000, 5_000, 10_000][kind]);
			expect(ms).toBeLessThan(kind === 2 ? 20_000 : 10_000);
		}
	});
});

function slowAccepts({ name, op, value }: Matcher, labels: Labels): boolean {
	const own = Object.hasOwn(labels, name) ? (labels[name] ?? "") : "";
	const isEqual = op === "=" || op === "!=" ? own === value : new RegExp(`^(?:${value})$`).test(own);
	return op === "=" || op === "=~" ? isEqual : !isEqual;
}

describe("a wanted silence", () => {
	const wanted = silence("", [matcher("a", "=", "1")]);
	it("that is right has no issues", () => {
		expect(checkSilence(wanted, NOW)).toEqual([]);
	});

	it.each([
		["without matchers", { matchers: [] }, "matchers: at least one matcher is required"],
		[
			"that would mute everything",
			{ matchers: [matcher("a", "=~", ".*"), matcher("b", "!=", "x")] },
			"matchers: at least one matcher must not match the empty string",
		],
		[
			"with an expression that cannot be",
			{ matchers: [matcher("a", "=", "1"), matcher("b", "=~", "[")] },
			"matchers[1]: error parsing regexp",
		],
		[
			"with an expression that explodes",
			{ matchers: [matcher("b", "=~", "((a{100}){100}){100}")] },
			"matchers[0]: error parsing regexp: invalid repeat count",
		],
		["with a matcher of no label", { matchers: [matcher("", "=", "1")] }, "matchers[0]: a label name has"],
		[
			"with too many matchers",
			{ matchers: Array.from({ length: MATCHERS_PER_SILENCE_MAX + 1 }, () => matcher("a", "=", "1")) },
			`the limit is ${MATCHERS_PER_SILENCE_MAX}`,
		],
		[
			"with too much in them",
			{ matchers: [matcher("a", "=", "x".repeat(SILENCE_VALUES_CHARS_MAX + 1))] },
			`the limit is ${SILENCE_VALUES_CHARS_MAX}`,
		],
		["that ends before it starts", { endsAtMs: NOW - 2 * HOUR_MS }, "endsAt: start time must be before end time"],
		["that ends when it starts", { endsAtMs: NOW - HOUR_MS }, "endsAt: start time must be before end time"],
		["that is over", { endsAtMs: NOW }, "endsAt: end time can't be in the past"],
		["without a time", { startsAtMs: Number.NaN }, "startsAt: is no time"],
		[
			"with a long comment",
			{ comment: "x".repeat(SILENCE_COMMENT_CHARS_MAX + 1) },
			`comment: has ${SILENCE_COMMENT_CHARS_MAX + 1} characters`,
		],
		["that never recurs", { recurring: [] }, "recurring: an empty list"],
		["with a reminder at its end", { remindBeforeMs: 0 }, "remindBefore: must be"],
	] as const)("%s is refused", (_, more, expected) => {
		expect(checkSilence({ ...wanted, ...more }, NOW).map(({ place, reason }) => `${place}: ${reason}`)[0]).toContain(
			expected,
		);
	});
});

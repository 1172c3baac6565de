/** How a flush is promised, sent, tried again and given up; what is lost is counted. */
import { describe, expect, it } from "vitest";
import { Recorder } from "../../src/client/recorder.ts";
import { Tally } from "../../src/client/tally.ts";
import type { Outcome } from "../../src/client/transport.ts";
import { parseUuid7 } from "../../src/lib/uuid7.ts";
import {
	CLIENT_ATTEMPTS_MAX,
	CLIENT_BATCHES_WAITING_MAX,
	CLIENT_PAUSE_MS_MAX,
	CLIENT_WAITING_BYTES_MAX,
	MESSAGES_PER_CALL_MAX,
} from "../../src/model/limits.ts";
import type { Receipt } from "../../src/model/receipt.ts";
import { FarEnd, HandClock, receiptOf, START_MS, valuesOf } from "./far-end.ts";

const RETRY: Outcome<Receipt> = { kind: "retry", reason: "unavailable", afterMs: null };
const REFUSED: Outcome<Receipt> = { kind: "refused", reason: "conflict: it is a gauge", expired: false };

function setUp(settings: { flushEveryMs?: number; flushAtSamples?: number } = {}) {
	const clock = new HandClock();
	const far = new FarEnd();
	const warnings: string[] = [];
	const tally = new Tally((line) => warnings.push(line));
	const recorder = new Recorder(far, { flushEveryMs: 1_000, flushAtSamples: 100, ...settings, clock }, tally);
	const promised: Promise<unknown>[] = [];
	const waitUntil = (promise: Promise<unknown>) => void promised.push(promise);
	const count = (name = "c", wait: ((promise: Promise<unknown>) => void) | null = null) =>
		recorder.add({ kind: "counter", name, value: 1, labels: undefined, unit: null }, wait);
	return { clock, far, warnings, tally, recorder, promised, waitUntil, count };
}

describe("a flush", () => {
	it("is promised by the first request that records, and by no other until it has happened", async () => {
		const { far, promised, waitUntil, count } = setUp();
		for (let i = 0; i < 10; i++) count("c", waitUntil);
		expect(promised).toHaveLength(1);
		await Promise.all(promised);
		expect(far.batches).toHaveLength(1);
		expect(valuesOf(far.batches[0] as never, "c")).toEqual({ "[]": [10] });
		count("c", waitUntil);
		expect(promised).toHaveLength(2);
	});

	it("comes at once when the buffer is as full as it was told", async () => {
		const { far, promised, waitUntil, recorder, clock } = setUp({ flushAtSamples: 3 });
		for (let i = 0; i < 4; i++)
			recorder.add({ kind: "distribution", name: "d", value: i, labels: undefined, unit: null }, waitUntil);
		expect(far.batches).toHaveLength(1);
		await Promise.all(promised);
		expect(clock.slept).toEqual([1_000]);
		expect(far.batches.map((batch) => valuesOf(batch, "d")["[]"])).toEqual([[0, 1, 2], [3]]);
	});

	it("is promised again by another request when the first one died with its promise", () => {
		const { clock, promised, count } = setUp();
		let held = 0;
		const dying = () => void held++;
		count("c", dying);
		clock.ms += 500;
		count("c", dying);
		expect(held).toBe(1);
		clock.ms += 3_000;
		count("c", (promise) => void promised.push(promise));
		expect(promised).toHaveLength(1);
	});

	it("is left to the next request when this one is already over", () => {
		const { promised, waitUntil, count } = setUp();
		count("c", () => {
			throw new Error("the request is over");
		});
		count("c", waitUntil);
		expect(promised).toHaveLength(1);
	});

	it("sends nothing when nothing was recorded", async () => {
		const { far, recorder } = setUp();
		await recorder.flush();
		expect(far.batches).toHaveLength(0);
	});

	it("carries an id that says when the batch was made", async () => {
		const { far, recorder, count } = setUp();
		count();
		await recorder.flush();
		const batch = far.batches[0];
		expect(batch).toMatchObject({ createdMs: START_MS, timed: true });
		expect(parseUuid7(batch?.id ?? "")).toEqual({ createdMs: START_MS, hex: batch?.id });
	});
});

describe("another attempt", () => {
	it("has the same id and the same content", async () => {
		const { far, recorder, count, tally } = setUp();
		far.outcomes.push(RETRY, RETRY);
		count();
		await recorder.flush();
		expect(far.batches).toHaveLength(3);
		expect(new Set(far.batches.map((batch) => batch.id)).size).toBe(1);
		expect(tally.stats()).toMatchObject({ sent: 1, retries: 2, dropped: {} });
	});

	it("comes after a jittered pause that doubles its ceiling", async () => {
		const { far, recorder, count, clock } = setUp();
		far.outcomes.push(RETRY, RETRY, RETRY);
		clock.chance = 0.999999;
		count();
		await recorder.flush();
		expect(clock.slept).toEqual([200, 400, 800]);
	});

	it("does not come before the other side wants it, and a long pause is left to a later flush", async () => {
		const { far, recorder, count, clock } = setUp();
		const afterMs = CLIENT_PAUSE_MS_MAX + 1;
		far.outcomes.push({ kind: "retry", reason: "overloaded", afterMs });
		count();
		await recorder.flush();
		expect(clock.slept).toEqual([]);
		await recorder.flush();
		expect(far.batches).toHaveLength(1);
		clock.ms += afterMs + 1_000;
		await recorder.flush();
		expect(far.batches).toHaveLength(2);
		expect(far.batches[1]?.id).toBe(far.batches[0]?.id);
	});

	it("never comes after a refusal", async () => {
		const { far, recorder, count, tally, warnings } = setUp();
		far.outcomes.push(REFUSED);
		count();
		await recorder.flush();
		await recorder.flush();
		expect(far.batches).toHaveLength(1);
		expect(tally.stats()).toMatchObject({ sent: 0, dropped: { refused: 1 } });
		expect(warnings).toHaveLength(1);
		expect(warnings[0]).toContain("conflict: it is a gauge");
	});

	it("is one of CLIENT_ATTEMPTS_MAX, and then the samples are counted as unreachable", async () => {
		const { far, recorder, count, tally, clock } = setUp();
		far.outcomes.push(...Array.from({ length: 50 }, () => RETRY));
		count();
		count();
		for (let i = 0; i < 60; i++) {
			await recorder.flush();
			clock.ms += 10_000;
		}
		expect(far.batches).toHaveLength(CLIENT_ATTEMPTS_MAX);
		expect(tally.stats()).toMatchObject({ recorded: 2, sent: 0, dropped: { unreachable: 2 } });
	});

	it("does not come when the batch id would have been forgotten", async () => {
		const { far, recorder, count, tally, clock } = setUp();
		far.outcomes.push({ kind: "retry", reason: "overloaded", afterMs: 9.5 * 60_000 });
		count();
		await recorder.flush();
		clock.ms += 20 * 60_000;
		await recorder.flush();
		expect(far.batches).toHaveLength(1);
		expect(tally.stats().dropped).toEqual({ unreachable: 1 });
	});

	it("is made by another request when the one that sent it died, and counts once", async () => {
		const { far, recorder, count, tally, clock } = setUp();
		let answer: (outcome: Outcome<Receipt>) => void = () => undefined;
		const record = far.record.bind(far);
		far.record = (batch) => {
			void record(batch);
			return new Promise((resolve) => {
				answer = resolve;
			});
		};
		count();
		void recorder.flush();
		far.record = record;
		clock.ms += 5_000;
		await recorder.flush();
		expect(far.batches).toHaveLength(1);
		clock.ms += 10_000;
		await recorder.flush();
		expect(far.batches).toHaveLength(2);
		expect(far.batches[1]?.id).toBe(far.batches[0]?.id);
		expect(tally.stats().sent).toBe(1);
		answer({ kind: "accepted", value: receiptOf(far.batches[0] as never) });
		await new Promise((resolve) => setImmediate(resolve));
		expect(tally.stats().sent).toBe(1);
	});
});

describe("what is lost", () => {
	it("is told to Perdure with the next batch, and told again if that batch is lost too", async () => {
		const { far, recorder, count } = setUp();
		count("not a name");
		count("also not");
		count();
		far.outcomes.push(REFUSED);
		await recorder.flush();
		count();
		await recorder.flush();
		const reports = far.batches.map((batch) => valuesOf(batch, "perdure_client.dropped"));
		expect(reports).toEqual([
			{ '["reason","invalid"]': [2] },
			{ '["reason","invalid"]': [2], '["reason","refused"]': [1] },
		]);
		count();
		await recorder.flush();
		expect(valuesOf(far.batches[2] as never, "perdure_client.dropped")).toEqual({});
	});

	it("is said once a kind on the console, however often it happens", () => {
		const { count, warnings, tally } = setUp();
		for (let i = 0; i < 1_000; i++) count("not a name");
		expect(warnings).toHaveLength(1);
		expect(tally.stats().dropped).toEqual({ invalid: 1_000 });
	});

	it("is what a receipt says, by its reasons", async () => {
		const { far, recorder, count, tally } = setUp();
		count();
		count();
		count();
		const drops = [{ place: "samples[0]", reason: "late" as const, detail: "older than 30 days" }];
		far.record = async (batch) => ({ kind: "accepted", value: receiptOf(batch, { dropped: 2, drops }) });
		await recorder.flush();
		expect(tally.stats()).toMatchObject({ sent: 1, dropped: { late: 1, refused: 1 } });
	});

	it("is the oldest, when more than CLIENT_BATCHES_WAITING_MAX wait for another attempt", async () => {
		const { far, recorder, count, tally } = setUp();
		const long: Outcome<Receipt> = { kind: "retry", reason: "overloaded", afterMs: 60_000 };
		for (let i = 0; i < CLIENT_BATCHES_WAITING_MAX + 2; i++) {
			far.outcomes.push(long);
			count();
			await recorder.flush();
		}
		expect(tally.stats().dropped).toEqual({ unsent: 2 });
	});

	it("is the oldest, when more than CLIENT_WAITING_BYTES_MAX wait for another attempt", async () => {
		const { far, recorder, tally } = setUp();
		const long = "x".repeat(490);
		for (let batch = 0; batch < 4; batch++) {
			far.outcomes.push({ kind: "retry", reason: "overloaded", afterMs: 60_000 });
			for (let i = 0; i < 600; i++) {
				const labels = { a: `${i}`, b: long, c: long, d: long, e: long };
				recorder.add({ kind: "counter", name: "c", value: 1, labels, unit: null }, null);
			}
			await recorder.flush();
		}
		const bytes = 600 * 4 * 490 * 3;
		expect(tally.stats().dropped).toEqual({ unsent: 600 * (4 - Math.floor(CLIENT_WAITING_BYTES_MAX / bytes)) });
	});

	it("is counted for messages too, beyond MESSAGES_PER_CALL_MAX between two flushes", async () => {
		const { far, recorder, tally } = setUp();
		const message = { messageId: "m", userId: "u", channel: "email", template: "t", status: "success" };
		for (let i = 0; i < MESSAGES_PER_CALL_MAX + 3; i++) recorder.addMessage(message, null);
		recorder.addMessage({ ...message, status: "exploded" }, null);
		recorder.addMessage(null, null);
		await recorder.flush();
		expect(far.sentMessages[0]).toHaveLength(MESSAGES_PER_CALL_MAX);
		expect(tally.stats()).toMatchObject({
			messagesSent: MESSAGES_PER_CALL_MAX,
			dropped: { buffer_full: 3, invalid: 2 },
		});
	});
});

describe("a durable record", () => {
	const entry = { kind: "counter", name: "orders", value: 2, labels: { shop: "1" }, unit: null } as const;

	it("answers the receipt once it is acknowledged, through short retries with one id", async () => {
		const { far, recorder } = setUp();
		far.outcomes.push(RETRY);
		const result = await recorder.durable(entry);
		expect(result).toMatchObject({ ok: true, value: { accepted: 1, batchId: far.batches[1]?.id } });
		expect(far.batches[0]?.id).toBe(far.batches[1]?.id);
	});

	it("answers why, and never rejects, when it is not", async () => {
		const { far, recorder, tally } = setUp();
		far.outcomes.push(REFUSED);
		expect(await recorder.durable(entry)).toMatchObject({ ok: false, failure: { reason: "refused" } });
		far.outcomes.push({ kind: "retry", reason: "overloaded", afterMs: 60_000 });
		expect(await recorder.durable(entry)).toMatchObject({ ok: false, failure: { reason: "unreachable" } });
		expect(await recorder.durable({ ...entry, value: Number.NaN })).toMatchObject({
			ok: false,
			failure: { reason: "not_finite" },
		});
		expect(tally.stats().dropped).toEqual({ refused: 1, unreachable: 1, not_finite: 1 });
	});
});

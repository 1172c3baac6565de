/** Order, places and times of the lanes; what an outcome does; waiting; ids. All pure. */
import { describe, expect, it } from "vitest";
import { DELIVERY_AGE_MS_MAX, DELIVERY_ATTEMPTS_MAX, IN_FLIGHT_PER_RECEIVER_MAX } from "../../src/model/limits.ts";
import { backoffMs, queueLeaseMs } from "../../src/notify/backoff.ts";
import { Buckets } from "../../src/notify/bucket.ts";
import { deliveryId, nextSeq, seqOfDeliveryId } from "../../src/notify/delivery-id.ts";
import { Lanes, laneOf, type Open } from "../../src/notify/lane.ts";
import { afterOutcome } from "../../src/notify/settle.ts";

function open(seq: number, change: Partial<Open> = {}): Open {
	return { seq, lane: "a", target: "r", phase: "pending", attempts: 0, lost: 0, nextMs: 0, firstMs: null, ...change };
}

const seqs = (opens: readonly Open[]) => opens.map((one) => one.seq);

describe("a lane", () => {
	it("lets one leave at a time, in order", () => {
		const lanes = new Lanes();
		for (const seq of [1, 2, 3]) lanes.put(open(seq));
		expect(seqs(lanes.due(10, 9))).toEqual([1]);
		lanes.put(open(1, { phase: "queued", attempts: 1, nextMs: 100 }));
		expect(lanes.due(10, 9)).toEqual([]);
		expect(lanes.nextMs(10)).toBe(100);
		lanes.remove(1);
		expect(seqs(lanes.due(10, 9))).toEqual([2]);
	});

	it("waits behind a head that has to wait, while other lanes go on", () => {
		const lanes = new Lanes();
		lanes.put(open(1, { nextMs: 500 }));
		lanes.put(open(2));
		lanes.put(open(3, { lane: "b" }));
		expect(seqs(lanes.due(10, 9))).toEqual([3]);
		expect(seqs(lanes.due(500, 9))).toEqual([1, 3]);
	});

	it("hands out again what was lost, and only after its lease", () => {
		const lanes = new Lanes();
		lanes.put(open(1, { phase: "sending", attempts: 1, nextMs: 100 }));
		expect(lanes.due(99, 9)).toEqual([]);
		expect(seqs(lanes.due(100, 9))).toEqual([1]);
	});

	it("is held while an attempt that nobody needs any more is on its way", () => {
		const lanes = new Lanes();
		lanes.put(open(2));
		lanes.hold("a", 50);
		expect(lanes.due(49, 9)).toEqual([]);
		expect(lanes.nextMs(10)).toBe(50);
		expect(seqs(lanes.due(50, 9))).toEqual([2]);
	});

	it("keeps what is on its way as its head when an older one is replayed", () => {
		const lanes = new Lanes();
		lanes.put(open(5, { phase: "queued", attempts: 1, nextMs: 100 }));
		lanes.put(open(1));
		expect(lanes.due(10, 9)).toEqual([]);
		lanes.remove(5);
		expect(seqs(lanes.due(10, 9))).toEqual([1]);
	});

	it("does not fill the queue with one receiver", () => {
		const lanes = new Lanes();
		const many = IN_FLIGHT_PER_RECEIVER_MAX + 5;
		for (let seq = 1; seq <= many; seq++) lanes.put(open(seq, { lane: `l${seq}` }));
		lanes.put(open(99, { lane: "other", target: "other" }));
		const due = lanes.due(10, 1_000);
		expect(due).toHaveLength(IN_FLIGHT_PER_RECEIVER_MAX + 1);
		expect(due.at(-1)?.target).toBe("other");
		for (const one of due) lanes.put({ ...one, phase: "queued", attempts: 1, nextMs: 100 });
		expect(lanes.due(10, 1_000)).toEqual([]);
		expect(lanes.nextMs(10)).toBe(100);
		lanes.remove(1);
		expect(lanes.due(10, 1_000)).toHaveLength(1);
		expect(lanes.byTarget().get("r")).toBe(many - 1);
	});
});

describe("a backed-up lane", () => {
	it("offers its last message for the next one to join, once so many wait, and only if it never left", () => {
		const lanes = new Lanes();
		for (const seq of [1, 2]) lanes.put(open(seq));
		expect(lanes.lastWaiting("a", 3)).toBeNull();
		lanes.put(open(3));
		expect(lanes.lastWaiting("a", 3)?.seq).toBe(3);
		expect(lanes.lastWaiting("b", 3)).toBeNull();
		for (const left of [
			{ phase: "queued", attempts: 1, firstMs: 1 },
			{ phase: "pending", attempts: 1, firstMs: 1 },
			{ phase: "pending", attempts: 0, firstMs: 1 },
		] as const) {
			lanes.put(open(3, left));
			expect(lanes.lastWaiting("a", 3)).toBeNull();
		}
	});
});

describe("a target with a rate", () => {
	const bucket = () => new Buckets((target) => (target === "r" ? { perSecond: 2, burst: 3 } : null));

	it("lets its burst leave at once, the rest by the clock, and holds back no other", () => {
		const lanes = new Lanes(bucket());
		for (let seq = 1; seq <= 6; seq++) lanes.put(open(seq, { lane: `l${seq}` }));
		lanes.put(open(9, { lane: "free", target: "free" }));
		const leave = (nowMs: number) => {
			const due = lanes.due(nowMs, 100);
			for (const one of due) lanes.remove(one.seq);
			return seqs(due);
		};
		expect(leave(1_000)).toEqual([1, 2, 3, 9]);
		expect(lanes.nextMs(1_000)).toBe(1_500);
		expect(leave(1_499)).toEqual([]);
		expect(leave(1_500)).toEqual([4]);
		expect(leave(2_500)).toEqual([5, 6]);
	});

	it("spends no token on what is handed out again because it was lost", () => {
		const lanes = new Lanes(bucket());
		for (let seq = 1; seq <= 3; seq++) lanes.put(open(seq, { lane: `l${seq}`, phase: "sending", attempts: 1 }));
		lanes.put(open(4, { lane: "l4" }));
		expect(seqs(lanes.due(1_000, 100))).toEqual([1, 2, 3, 4]);
		expect(lanes.nextMs(1_000)).toBeLessThanOrEqual(1_000);
	});
});

describe("an outcome", () => {
	const sending = open(1, { phase: "sending", attempts: 3, nextMs: 100, firstMs: 0 });
	const retry = { kind: "retry", why: "http 429", httpStatus: 429, retryAfterMs: 2_000 } as const;
	const never = { kind: "never", why: "http 410", httpStatus: 410 } as const;

	it("of the hand-out that is on its way counts", () => {
		expect(afterOutcome(sending, 3, retry, 1_000, 0.5)).toEqual({ kind: "again", nextMs: 3_000, error: "http 429" });
		expect(afterOutcome(sending, 3, never, 1_000, 0.5)).toEqual({ kind: "dead", error: "http 410" });
	});

	it("of an earlier hand-out counts only when it was accepted", () => {
		expect(afterOutcome(sending, 2, retry, 1_000, 0.5).kind).toBe("ignore");
		expect(afterOutcome(sending, 2, never, 1_000, 0.5).kind).toBe("ignore");
		expect(afterOutcome(sending, 2, { kind: "delivered", httpStatus: 200 }, 1_000, 0.5).kind).toBe("delivered");
	});

	it("waits by what the receiver failed, not by what was lost on the way to it", () => {
		const waited = (attempts: number, lost: number) => {
			const move = afterOutcome(
				{ ...sending, attempts, lost },
				attempts,
				{ ...retry, retryAfterMs: null },
				0,
				0.999_999_999,
			);
			return move.kind === "again" ? move.nextMs : move;
		};
		expect(waited(1, 0)).toBe(2_000);
		expect(waited(9, 8)).toBe(2_000);
		expect(waited(11, 8)).toBe(8_000);
		expect(waited(11, 0)).toBe(2_048_000);
	});

	it("that comes twice counts once", () => {
		expect(afterOutcome({ ...sending, phase: "pending" }, 3, retry, 1_000, 0.5).kind).toBe("ignore");
	});

	it("ends a delivery that has had all its attempts, or its day", () => {
		expect(afterOutcome({ ...sending, attempts: DELIVERY_ATTEMPTS_MAX }, DELIVERY_ATTEMPTS_MAX, retry, 1, 0).kind).toBe(
			"dead",
		);
		expect(afterOutcome(sending, 3, retry, DELIVERY_AGE_MS_MAX - 1, 0).kind).toBe("again");
		expect(afterOutcome(sending, 3, retry, DELIVERY_AGE_MS_MAX, 0)).toEqual({
			kind: "dead",
			error: "http 429; given up",
		});
	});
});

describe("waiting", () => {
	it("doubles below a ceiling, with full jitter", () => {
		expect([1, 2, 3, 4].map((failures) => backoffMs(failures, 0.999_999_999, null))).toEqual([
			2_000, 4_000, 8_000, 16_000,
		]);
		expect(backoffMs(40, 0.999_999_999, null)).toBe(3_600_000);
		expect(backoffMs(1_000, 0.5, null)).toBe(1_800_000);
		expect(backoffMs(5, 0, null)).toBe(100);
	});

	it("keeps exactly to what the receiver asked for, up to a day", () => {
		expect(backoffMs(9, 0.7, 2_000)).toBe(2_000);
		expect(backoffMs(1, 0.7, 10 * 86_400_000)).toBe(86_400_000);
		expect(backoffMs(1, 0.5, 0)).toBe(1_000);
	});

	it("for a message on the queue begins short and grows", () => {
		expect(queueLeaseMs(0)).toBe(15_000);
		expect(queueLeaseMs(1)).toBe(30_000);
		expect(queueLeaseMs(100)).toBe(480_000);
	});
});

describe("the name of a lane", () => {
	it("is the target's and the group's: what is said of one group waits for nothing that is said of another", () => {
		const [a, b] = ['{}:{alertname="A"}', '{}:{alertname="B"}'];
		expect(laneOf("critical/0", a)).toBe(laneOf("critical/0", a));
		expect(laneOf("critical/0", a)).not.toBe(laneOf("critical/0", b));
		expect(laneOf("critical/0", a)).not.toBe(laneOf("critical/1", a));
	});
});

describe("a delivery's id", () => {
	const nonce = "0123456789abcdef";

	it("says its number to the notifier that gave it, and to no other", () => {
		const id = deliveryId(1_800_000_000_000_000, nonce);
		expect(seqOfDeliveryId(id, nonce)).toBe(1_800_000_000_000_000);
		expect(seqOfDeliveryId(id, "fedcba9876543210")).toBeNull();
		expect(seqOfDeliveryId("msg_zz", nonce)).toBeNull();
		expect(id).not.toContain(".");
	});

	it("rises with time and within a millisecond, also when the clock goes back", () => {
		const first = nextSeq(0, 1_800_000_000_000);
		expect(nextSeq(first, 1_800_000_000_000)).toBe(first + 1);
		expect(nextSeq(first, 1_700_000_000_000)).toBe(first + 1);
		expect(deliveryId(first, nonce) < deliveryId(first + 1, nonce)).toBe(true);
		expect(Number.isSafeInteger(nextSeq(0, Date.UTC(2200, 0, 1)))).toBe(true);
	});
});

/** Which batch a request is: the id under which it is counted once. */
import { describe, expect, it } from "vitest";
import { identify, identityOf } from "../../src/ingest/batch.ts";
import { uuid7 } from "../../src/lib/uuid7.ts";
import { DEDUPE_WINDOW_MS, FUTURE_MAX_MS, IDEMPOTENCY_KEY_CHARS_MAX } from "../../src/model/limits.ts";

const NOW = 1_800_000_000_000;
const RANDOM = new Uint8Array(10).fill(7);

describe("an Idempotency-Key", () => {
	it("that is a UUIDv7 says when the batch was made", async () => {
		const key = uuid7(NOW - 1_000, RANDOM);
		const id = { id: key.replaceAll("-", ""), createdMs: NOW - 1_000, timed: true };
		expect(await identify(key, NOW, RANDOM)).toEqual({ ok: true, value: id });
		expect(await identify(`"${key.toUpperCase()}"`, NOW, RANDOM)).toEqual({ ok: true, value: id });
	});

	it("of any other form is hashed, the same each time, and says nothing of its time", async () => {
		const first = await identify("order-17", NOW, RANDOM);
		expect(first).toEqual({
			ok: true,
			value: { id: expect.stringMatching(/^[0-9a-f]{32}$/), createdMs: NOW, timed: false },
		});
		expect(await identify("order-17", NOW, new Uint8Array(10))).toEqual(first);
		expect(await identify("order-18", NOW, RANDOM)).not.toEqual(first);
	});

	it("that is left out makes a new batch", async () => {
		expect(await identify(null, NOW, RANDOM)).toEqual({
			ok: true,
			value: { id: uuid7(NOW, RANDOM).replaceAll("-", ""), createdMs: NOW, timed: true },
		});
	});

	it("is accepted up to the edges of the window", async () => {
		for (const [age, ok] of [
			[DEDUPE_WINDOW_MS, true],
			[DEDUPE_WINDOW_MS + 1, false],
			[-FUTURE_MAX_MS, true],
			[-FUTURE_MAX_MS - 1, false],
		] as const) {
			expect((await identify(uuid7(NOW - age, RANDOM), NOW, RANDOM)).ok, `${age}`).toBe(ok);
		}
		expect(await identify(uuid7(NOW - DEDUPE_WINDOW_MS - 1, RANDOM), NOW, RANDOM)).toMatchObject({
			failure: { code: "expired" },
		});
	});

	it("is bounded and visible", async () => {
		expect(await identify("k".repeat(IDEMPOTENCY_KEY_CHARS_MAX + 1), NOW, RANDOM)).toMatchObject({
			failure: { code: "too_large" },
		});
		for (const key of ["", "   ", "a b", "é"]) expect((await identify(key, NOW, RANDOM)).ok, key).toBe(false);
	});
});

describe("the id of a batch over RPC", () => {
	it("is believed for its time, not what stands beside it", () => {
		const id = uuid7(NOW - DEDUPE_WINDOW_MS - 1, RANDOM).replaceAll("-", "");
		expect(identityOf(id, true, NOW)).toMatchObject({ failure: { code: "expired" } });
		expect(identityOf(id, false, NOW)).toMatchObject({ ok: true, value: { timed: false, createdMs: NOW } });
	});

	it("is 32 hex digits", () => {
		for (const id of [1, null, "", "x".repeat(32), "A".repeat(32), "0".repeat(31)]) {
			expect(identityOf(id, false, NOW), String(id)).toMatchObject({ failure: { code: "invalid" } });
		}
		expect(identityOf("0".repeat(32), true, NOW)).toMatchObject({ failure: { code: "invalid" } });
	});
});

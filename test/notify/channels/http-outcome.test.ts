/** What a service may write into Retry-After, beyond what the contract of all channels asks. */
import { describe, expect, it } from "vitest";
import { parseRetryAfter } from "../../../src/notify/channels/http-outcome.ts";

describe("Retry-After", () => {
	const nowMs = Date.UTC(2026, 5, 1);

	it.each(["-1", "2.5", "", "1e3", "Mon nonsense"])("%j says nothing", (value) => {
		expect(parseRetryAfter(value, nowMs)).toBeNull();
	});

	it("as a date that is past means now", () => {
		expect(parseRetryAfter(new Date(nowMs - 5_000).toUTCString(), nowMs)).toBe(0);
	});
});

/** The form of an application's own message, and its bounds. */
import * as v from "valibot";
import { describe, expect, it } from "vitest";
import { AppMessageSchema } from "../../src/model/app-message.ts";
import { MESSAGE_ERROR_CHARS_MAX, MESSAGE_FIELD_CHARS_MAX, MESSAGE_RETRIES_MAX } from "../../src/model/limits.ts";

const MESSAGE = { messageId: "m", userId: "u", channel: "email", template: "t", status: "success", createdMs: 1 };
const parse = (changes: object) => v.safeParse(AppMessageSchema, { ...MESSAGE, ...changes });

describe("an application's message", () => {
	it("has what may be left out filled in", () => {
		expect(parse({}).output).toEqual({ ...MESSAGE, latencyMs: null, retryCount: 0, error: null });
	});

	it("has its error cut, not refused", () => {
		expect(parse({ error: "x".repeat(5_000) }).output).toMatchObject({ error: "x".repeat(MESSAGE_ERROR_CHARS_MAX) });
	});

	it.each([
		{ messageId: "" },
		{ userId: "x".repeat(MESSAGE_FIELD_CHARS_MAX + 1) },
		{ channel: 7 },
		{ template: null },
		{ status: "sent" },
		{ latencyMs: -1 },
		{ latencyMs: Number.NaN },
		{ retryCount: MESSAGE_RETRIES_MAX + 1 },
		{ retryCount: 0.5 },
		{ createdMs: -1 },
		{ createdMs: "now" },
	])("is refused with %j", (changes) => {
		expect(parse(changes).success).toBe(false);
	});
});

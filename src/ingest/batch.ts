/**
 * Which batch this is: the id under which it is counted once, and when it was made. It comes from the caller's
 * `Idempotency-Key`, so that a retry has the same one; the clock and the chance are arguments.
 */
import { err, ok, type Result } from "../lib/result.ts";
import { parseUuid7, uuid7Hex } from "../lib/uuid7.ts";
import type { Batch } from "../model/batch.ts";
import { type Failure, invalid } from "../model/errors.ts";
import { DEDUPE_WINDOW_MS, FUTURE_MAX_MS, IDEMPOTENCY_KEY_CHARS_MAX, MINUTE_MS } from "../model/limits.ts";

export type BatchIdentity = Pick<Batch, "id" | "createdMs" | "timed">;

const PLACE = "Idempotency-Key";
const PRINTABLE = /^[\x21-\x7e]+$/;
const HEX_DIGITS = /^[0-9a-f]{32}$/;

/**
 * The identity of a batch with this key, or of a new one. A UUIDv7 says when it was made and is refused when it is older
 * than the dedupe window; any other key is hashed and known for that window only (draft-ietf-httpapi-idempotency-key-header).
 */
export async function identify(
	header: string | null,
	nowMs: number,
	random: Uint8Array,
): Promise<Result<BatchIdentity, Failure>> {
	if (header === null) return ok({ id: uuid7Hex(nowMs, random), createdMs: nowMs, timed: true });
	const key = /^"(.*)"$/.exec(header.trim())?.[1] ?? header.trim();
	if (key.length > IDEMPOTENCY_KEY_CHARS_MAX) {
		return err({
			code: "too_large",
			what: `characters of ${PLACE}`,
			limit: IDEMPOTENCY_KEY_CHARS_MAX,
			got: key.length,
		});
	}
	if (!PRINTABLE.test(key))
		return err(invalid(PLACE, "it must be a text of visible ASCII characters, such as a UUIDv7"));
	const parsed = parseUuid7(key);
	if (parsed !== null) return inTime({ id: parsed.hex, createdMs: parsed.createdMs, timed: true }, nowMs);
	const digest = new Uint8Array(await crypto.subtle.digest("SHA-256", new TextEncoder().encode(key)));
	const id = [...digest.subarray(0, 16)].map((byte) => byte.toString(16).padStart(2, "0")).join("");
	return ok({ id, createdMs: nowMs, timed: false });
}

/** The identity that a batch brings over RPC. What its id says of its time is believed, not what stands beside it. */
export function identityOf(id: unknown, timed: unknown, nowMs: number): Result<BatchIdentity, Failure> {
	if (typeof id !== "string" || !HEX_DIGITS.test(id)) return err(invalid("id", "it must be 32 lower-case hex digits"));
	if (timed === false) return ok({ id, createdMs: nowMs, timed: false });
	const parsed = parseUuid7(id);
	if (parsed === null) return err(invalid("id", "it must be a UUIDv7, or `timed` must be false"));
	return inTime({ id, createdMs: parsed.createdMs, timed: true }, nowMs);
}

function inTime(identity: BatchIdentity, nowMs: number): Result<BatchIdentity, Failure> {
	if (identity.createdMs > nowMs + FUTURE_MAX_MS) {
		return err(invalid(PLACE, "this UUIDv7 was made more than a minute in the future: set the clock that makes it"));
	}
	if (identity.createdMs >= nowMs - DEDUPE_WINDOW_MS) return ok(identity);
	const reason = `the batch was made more than ${DEDUPE_WINDOW_MS / MINUTE_MS} minutes ago; it is not counted, and never will be`;
	return err({ code: "expired", reason });
}

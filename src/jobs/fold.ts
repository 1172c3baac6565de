/**
 * Folds hours of messages that are over, a few each time. A minute that is missed is harmless: what is not folded is
 * counted from its rows, which is slower and gives the same.
 */
import { settleWithin } from "../lib/async.ts";
import { clockOffsetMs } from "../lib/clock.ts";
import { FOLD_TIMEOUT_MS, MINUTE_MS } from "../model/limits.ts";
import { foldHours } from "../query/fold-hours.ts";
import type { JobOutcome } from "./outcome.ts";

/** Every so many minutes; two minutes past, so that most messages of an hour have come to their end. */
const EVERY_MINUTES = 5;
const AT_MINUTE = 2;

/** Folds if it is its minute at `scheduledMs` (real time; a moved clock is added). Quiet, for it says nothing that health needs. */
export async function fold(env: Env, scheduledMs: number): Promise<JobOutcome> {
	const atMs = scheduledMs + clockOffsetMs();
	if (Math.floor(atMs / MINUTE_MS) % EVERY_MINUTES !== AT_MINUTE) return { kind: "quiet", result: null };
	const settled = await settleWithin(() => foldHours(env.DB, crypto.randomUUID(), atMs), FOLD_TIMEOUT_MS);
	if (settled.kind === "value" && settled.value.ok) return { kind: "quiet", result: settled.value.value };
	return { kind: "failed", result: null, error: "D1 did not answer" };
}

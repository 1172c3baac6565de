/**
 * The clock of the entries. Nothing below an entry reads it: there, time is an argument. On a laptop and in tests it can be
 * moved, so that an hour of `for` passes at once; the shift lives in this isolate and dies with it.
 */
import { assert } from "./assert.ts";

let offsetMs = 0;

/** Unix milliseconds now, moved as told. In production time stands still between two I/O operations. */
export function nowMs(): number {
	return Date.now() + offsetMs;
}

/** How far the clock is moved; 0 in production. Added to times that come from outside, such as a cron's `scheduledTime`. */
export function clockOffsetMs(): number {
	return offsetMs;
}

/** Moves the clock of this isolate to `offsetMs` ahead of the real one (0: back to it). Throws unless in development. */
export function moveClock(toOffsetMs: number, development: boolean): void {
	assert(development, "the clock is moved under local development and in tests only");
	assert(Number.isSafeInteger(toOffsetMs), "the clock is moved by whole milliseconds");
	offsetMs = toOffsetMs;
}

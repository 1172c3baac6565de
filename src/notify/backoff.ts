/** When a delivery is tried again. Pure: chance comes in. */
import {
	DELIVERY_BACKOFF_BASE_MS,
	DELIVERY_BACKOFF_MS_MAX,
	QUEUE_LEASE_MS,
	QUEUE_LEASE_MS_MAX,
	RETRY_AFTER_MS_MAX,
} from "../model/limits.ts";

/** No attempt follows another sooner, whatever chance says. */
const LEAST_MS = 100;

/**
 * Milliseconds to wait after `failures` failed attempts (1 or more): those that the receiver answered, or that did not reach it.
 * Hand-outs that were lost with a process are none, or crashes of ours would make the waiting for a receiver long that is well.
 * What the receiver asked for is kept to exactly, up to a day; otherwise full jitter below a ceiling that doubles, so that receivers which come back are not met by all at once.
 * `random` is uniform in [0, 1).
 */
export function backoffMs(failures: number, random: number, retryAfterMs: number | null): number {
	if (retryAfterMs !== null && retryAfterMs > 0) return Math.min(Math.ceil(retryAfterMs), RETRY_AFTER_MS_MAX);
	// The exponent is bounded so that 2 ** n stays a number that can be compared.
	const ceiling = Math.min(DELIVERY_BACKOFF_MS_MAX, DELIVERY_BACKOFF_BASE_MS * 2 ** Math.min(failures - 1, 30));
	return Math.max(LEAST_MS, Math.ceil(random * ceiling));
}

/**
 * Milliseconds that a message may lie on the queue before it counts as lost, when `lost` were before it: a queue that is slow needs
 * longer each time, one whose receiver only failed does not.
 */
export function queueLeaseMs(lost: number): number {
	return Math.min(QUEUE_LEASE_MS_MAX, QUEUE_LEASE_MS * 2 ** Math.min(lost, 30));
}

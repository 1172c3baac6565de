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
 * Milliseconds to wait after `failures` failed attempts (1 or more). What the receiver asked for is kept to exactly, up to
 * a day; otherwise full jitter below a ceiling that doubles, so that receivers which come back are not met by all at once.
 * `random` is uniform in [0, 1).
 */
export function backoffMs(failures: number, random: number, retryAfterMs: number | null): number {
	if (retryAfterMs !== null && retryAfterMs > 0) return Math.min(Math.ceil(retryAfterMs), RETRY_AFTER_MS_MAX);
	// The exponent is bounded so that 2 ** n stays a number that can be compared.
	const ceiling = Math.min(DELIVERY_BACKOFF_MS_MAX, DELIVERY_BACKOFF_BASE_MS * 2 ** Math.min(failures - 1, 30));
	return Math.max(LEAST_MS, Math.ceil(random * ceiling));
}

/** Milliseconds that the message of hand-out number `attempt` may lie on the queue before it counts as lost. */
export function queueLeaseMs(attempt: number): number {
	return Math.min(QUEUE_LEASE_MS_MAX, QUEUE_LEASE_MS * 2 ** Math.min(Math.max(attempt - 1, 0), 30));
}

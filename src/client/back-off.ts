/** How long to wait before another attempt: full jitter, so that isolates which failed together do not come back together. */
import { CLIENT_BACKOFF_BASE_MS, CLIENT_BACKOFF_MS_MAX } from "../model/limits.ts";

/**
 * Milliseconds before the next attempt. `attempts`: made so far, 1 or more. `random`: uniform in [0, 1). `afterMs`: what
 * the other side asked for; it is the least, and the jitter comes on top.
 */
export function backOffMs(attempts: number, random: number, afterMs: number | null): number {
	const ceiling = Math.min(CLIENT_BACKOFF_MS_MAX, CLIENT_BACKOFF_BASE_MS * 2 ** attempts);
	return Math.ceil((afterMs ?? 0) + random * ceiling);
}

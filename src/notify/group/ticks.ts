/**
 * When a group is looked at. Its first flush is its anchor; after that it may speak only at whole intervals from there,
 * as Alertmanager's groups do. Times between are computed, never stored: a quiet group costs no row. Pure.
 */

/** The first tick of a group that is not before `atMs`. */
export function tickAt(anchorMs: number, intervalMs: number, atMs: number): number {
	if (atMs <= anchorMs) return anchorMs;
	return anchorMs + Math.ceil((atMs - anchorMs) / intervalMs) * intervalMs;
}

/** The first tick after `nowMs`. */
export function tickAfter(anchorMs: number, intervalMs: number, nowMs: number): number {
	return nowMs < anchorMs ? anchorMs : anchorMs + (Math.floor((nowMs - anchorMs) / intervalMs) + 1) * intervalMs;
}

/** The last tick that is not after `atMs`: the one to which a look at that time belongs. */
export function tickOf(anchorMs: number, intervalMs: number, atMs: number): number {
	return anchorMs + Math.floor((atMs - anchorMs) / intervalMs) * intervalMs;
}

/** The anchor of a group that begins now with an alert of `startsAtMs`: what waited long enough elsewhere waits no more. */
export function anchorOf(startsAtMs: number, groupWaitMs: number, nowMs: number): number {
	return startsAtMs + groupWaitMs < nowMs ? nowMs : nowMs + groupWaitMs;
}

/** The receipt of a batch: what was counted, what was not, and why. A batch is never half-silent. */

/**
 * not_finite: NaN or infinity. late: older than the oldest kept slot. future: more than a minute ahead of us. conflict: a sampled
 * series has another value at this time.
 */
export const DROP_REASONS = [
	"invalid",
	"not_finite",
	"negative_count",
	"late",
	"future",
	"kind",
	"limit",
	"conflict",
] as const;
export type DropReason = (typeof DROP_REASONS)[number];

/** One sample that was not counted. `place` names it in the caller's own terms, such as `samples[3].value`. */
export type Drop = { readonly place: string; readonly reason: DropReason; readonly detail: string };

/** What one metric's object answers: drops are named by their index in the part's `values`. */
export type PartReceipt = {
	readonly accepted: number;
	/** Accepted into the overflow series, since the metric has no place for more series. */
	readonly overflowed: number;
	/** The batch had been counted before: this is the first receipt again, and nothing was changed. */
	readonly duplicate: boolean;
	readonly dropped: number;
	/** The first RECEIPT_DROPS_MAX drops. */
	readonly drops: readonly { readonly index: number; readonly reason: DropReason }[];
};

/** The receipt of a part of which every sample was accepted into its own series. */
export function cleanReceipt(accepted: number): PartReceipt {
	return { accepted, overflowed: 0, duplicate: false, dropped: 0, drops: [] };
}

/** Whether a receipt says no more than how many samples were accepted. */
export function isClean({ overflowed, duplicate, dropped }: PartReceipt): boolean {
	return overflowed === 0 && dropped === 0 && !duplicate;
}

/** What the caller gets. */
export type Receipt = {
	readonly batchId: string;
	readonly accepted: number;
	readonly overflowed: number;
	readonly duplicate: boolean;
	readonly dropped: number;
	readonly drops: readonly Drop[];
};

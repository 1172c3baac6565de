/**
 * The id of a delivery: `msg_`, its sequence number (which begins with its time, so that ids sort by age), and the nonce
 * of this notifier. The number is read back from it, so that no index on ids is needed.
 */

const SEQ_DIGITS = 14;
const FORM = /^msg_([0-9a-f]{14})([0-9a-f]{16})$/;

export function deliveryId(seq: number, nonce: string): string {
	return `msg_${seq.toString(16).padStart(SEQ_DIGITS, "0")}${nonce}`;
}

/** The sequence number of an id that this notifier gave; null for any other text. */
export function seqOfDeliveryId(id: string, nonce: string): number | null {
	const match = FORM.exec(id);
	return match !== null && match[2] === nonce ? Number.parseInt(match[1] as string, 16) : null;
}

/** The next sequence number: microseconds of `nowMs`, or one more than the last. */
export function nextSeq(lastSeq: number, nowMs: number): number {
	return Math.max(lastSeq + 1, Math.floor(nowMs) * 1_000);
}

/** Sixteen hex digits out of eight bytes of chance. */
export function nonceOf(random: Uint8Array): string {
	return Array.from(random.subarray(0, 8), (byte) => byte.toString(16).padStart(2, "0")).join("");
}

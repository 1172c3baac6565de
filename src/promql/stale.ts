/** Stale markers: a NaN of its own that says "this series ended here". Told from other NaN by its bits. */

/** Prometheus' marker, 0x7ff0000000000002. */
const STALE_BITS = 0x7ff0000000000002n;

/** Whether any element is a stale marker; the common answer, no, costs one comparison an element. */
export function hasStale(values: Float64Array): boolean {
	let bits: BigUint64Array | null = null;
	for (let i = 0; i < values.length; i++) {
		if (!Number.isNaN(values[i])) continue;
		bits ??= bitsOf(values);
		if (bits[i] === STALE_BITS) return true;
	}
	return false;
}

/** Whether element `i` is a stale marker. Reads bits: a number that passed through arithmetic may have lost them. */
export function isStale(values: Float64Array, i: number): boolean {
	return bitsOf(values)[i] === STALE_BITS;
}

/** Makes element `i` a stale marker. */
export function markStale(values: Float64Array, i: number): void {
	bitsOf(values)[i] = STALE_BITS;
}

function bitsOf(values: Float64Array): BigUint64Array {
	return new BigUint64Array(values.buffer, values.byteOffset, values.length);
}

/**
 * Counts of neighbouring bins as bits, in one of two codes that adapt as they go: sparse writes the gap to the next bin
 * and its count, dense writes the difference of each count to what its neighbours let expect. About 1.2 times the entropy
 * of a smooth distribution. Must never trust what it reads: every place and count is checked.
 *
 * Both codes know from elsewhere the number of bins from the first to the last (`span`) and the sum of all counts
 * (`total`), and that the first and the last bin are not empty. The last count is what is left, so it is not written.
 */
import type { BitReader, BitWriter } from "../lib/bits.ts";
import type { BinList } from "./bin-list.ts";

/** Running means have four bits behind the point. */
const POINT = 4;
/** Larger numbers count as this one in a running mean, which then fits in 32 bits; both sides do the same. */
const MEAN_MAX = 2 ** 22;
/** Counts above one start at a mean of 0.4. */
const COUNT_MEAN = 6;
/** A gap in the dense code starts at a mean of 4. */
const GAP_MEAN = 4 << POINT;
/** Below an expected count of 0.3 the dense code writes gaps. */
const EMPTY_BELOW = 5;

/**
 * Writes a list, whose places start at 0, as counts and gaps. Nothing is written where there is no choice: each bin has a
 * sample at least, so with two left both bins have one, and with one left it is the last bin.
 */
export function putSparse(writer: BitWriter, list: BinList, span: number, total: number): void {
	const { places, counts, length } = list;
	let gapMean = firstGapMean(span, total);
	let countMean = COUNT_MEAN;
	let left = total;
	for (let i = 0; i < length - 1; i++) {
		const more = (counts[i] as number) - 1;
		if (left > 2) writer.putRice(more, bitsOf(countMean));
		countMean = moved(countMean, more);
		left -= more + 1;
		if (left === 1) return;
		const gap = (places[i + 1] as number) - (places[i] as number) - 1;
		writer.putRice(gap, bitsOf(gapMean));
		gapMean = moved(gapMean, gap);
	}
}

/** Reads what `putSparse` wrote. False for nonsense. */
export function takeSparse(reader: BitReader, list: BinList, span: number, total: number): boolean {
	const { places, counts } = list;
	let gapMean = firstGapMean(span, total);
	let countMean = COUNT_MEAN;
	let place = 0;
	let left = total;
	let length = 0;
	while (place < span - 1) {
		const more = left > 2 ? reader.takeRice(bitsOf(countMean)) : 0;
		left -= more + 1;
		if (left < 1 || reader.isOverrun) return false;
		countMean = moved(countMean, more);
		places[length] = place;
		counts[length++] = more + 1;
		if (left === 1) {
			place = span - 1;
			break;
		}
		const gap = reader.takeRice(bitsOf(gapMean));
		gapMean = moved(gapMean, gap);
		place += gap + 1;
	}
	places[length] = place;
	counts[length++] = left;
	list.length = length;
	return place === span - 1;
}

/** Writes a list, whose places start at 0, count by count. */
export function putDense(writer: BitWriter, list: BinList, span: number): void {
	const { places, counts } = list;
	let at = 1;
	let gapMean = GAP_MEAN;
	let countMean = COUNT_MEAN;
	let errorMean = 1 << POINT;
	let count = counts[0] as number;
	if (span > 1) writer.putRice(count - 1, 0);
	let expected = bounded(count) << POINT;
	for (let place = 1; place < span - 1; place++) {
		const next = places[at] as number;
		if (expected < EMPTY_BELOW) {
			const gap = next - place;
			writer.putRice(gap, bitsOf(gapMean));
			gapMean = moved(gapMean, gap);
			place = next;
			if (place === span - 1) break;
			count = counts[at++] as number;
			writer.putRice(count - 1, bitsOf(countMean));
			countMean = moved(countMean, count - 1);
			errorMean = Math.max(1, bounded(count - 1)) << POINT;
			expected = bounded(count) << (POINT - 1);
			continue;
		}
		count = next === place ? (counts[at++] as number) : 0;
		const code = fold(count, (expected + 8) >> POINT);
		writer.putRice(code, errorBitsOf(errorMean));
		errorMean = moved(errorMean, code);
		expected += ((bounded(count) << POINT) - expected) >> 1;
	}
}

/** Reads what `putDense` wrote. False for nonsense; what lies beyond the end of the bits is up to the caller to see. */
export function takeDense(reader: BitReader, list: BinList, span: number, total: number): boolean {
	const { places, counts } = list;
	let gapMean = GAP_MEAN;
	let countMean = COUNT_MEAN;
	let errorMean = 1 << POINT;
	const head = span > 1 ? reader.takeRice(0) + 1 : total;
	let left = total - head;
	places[0] = 0;
	counts[0] = head;
	let length = 1;
	let expected = bounded(head) << POINT;
	for (let place = 1; place < span - 1; place++) {
		if (expected < EMPTY_BELOW) {
			const gap = reader.takeRice(bitsOf(gapMean));
			gapMean = moved(gapMean, gap);
			if (gap > span - 1 - place) return false;
			place += gap;
			if (place === span - 1) break;
			const more = reader.takeRice(bitsOf(countMean));
			countMean = moved(countMean, more);
			errorMean = Math.max(1, bounded(more)) << POINT;
			expected = bounded(more + 1) << (POINT - 1);
			counts[length] = more + 1;
			left -= more + 1;
			places[length++] = place;
		} else {
			const guess = (expected + 8) >> POINT;
			// Nearly all codes are small, and stay whole numbers of 32 bits in V8 as long as no others mix with them.
			let code = reader.takeSmallRice(errorBitsOf(errorMean));
			let count: number;
			if (code >= 0) {
				count = unfold(code, guess);
				left -= count;
				counts[length] = count;
			} else {
				const large = reader.takeRice(errorBitsOf(errorMean));
				const many = unfold(large, guess);
				left -= many;
				counts[length] = many;
				code = bounded(large);
				count = bounded(many);
			}
			errorMean = moved(errorMean, code);
			expected += ((bounded(count) << POINT) - expected) >> 1;
			places[length] = place;
			// What counts nothing is written over by the next.
			if (count > 0) length++;
		}
	}
	if (span > 1) {
		places[length] = span - 1;
		counts[length++] = left;
	}
	list.length = length;
	return span === 1 || left >= 1;
}

/** A difference to what was expected as a number from 0: nearest first, alternating while a count can be lower. */
function fold(count: number, expected: number): number {
	if (count > 2 * expected) return count;
	return count > expected ? 2 * (count - expected) - 1 : 2 * (expected - count);
}

function unfold(code: number, expected: number): number {
	if (code > 2 * expected) return code;
	return (code & 1) === 1 ? expected + ((code + 1) >> 1) : expected - (code >> 1);
}

/** How many empty bins lie between two samples, from what both sides know before the first bit. */
function firstGapMean(span: number, total: number): number {
	return total >= span ? 0 : Math.floor(((span - total) << POINT) / total);
}

/** The best `k` of a Rice code for numbers of this mean. */
function bitsOf(mean: number): number {
	return 31 - Math.clz32((mean >> POINT) | 1);
}

/** The same for folded differences, rounded rather than cut. */
function errorBitsOf(mean: number): number {
	return 31 - Math.clz32(((mean * 23) >> 8) | 1);
}

/** A running mean over about four numbers. */
function moved(mean: number, value: number): number {
	return mean + (((bounded(value) << POINT) - mean) >> 2);
}

function bounded(value: number): number {
	return Math.min(value, MEAN_MAX) | 0;
}

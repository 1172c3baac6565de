/**
 * Adds encoded sketches to a sketch, or takes them away, without building one in between, and reads their scalars alone.
 * Must never change a sketch before all of the bytes are checked (parse.ts).
 */
import type { ByteReader } from "../lib/bytes.ts";
import { err, ok, type Result } from "../lib/result.ts";
import { MERGE_SLACK } from "./bin-store.ts";
import { VERSION } from "./encode.ts";
import { bodyEnd, PARSED, parseBins, parsedIsEmpty, parseScalars, versionOf } from "./parse.ts";
import type { SketchParts } from "./parts.ts";
import { COUNT, MAX } from "./scalars.ts";

export type SketchFailure =
	/** The bytes are no sketch. */
	| { readonly code: "corrupt_sketch"; readonly reason: string }
	/** Written by a later version of Perdure. */
	| { readonly code: "unknown_sketch_version"; readonly version: number }
	/** What should be taken away was never added. */
	| { readonly code: "not_contained" };

type Outcome = Result<void, SketchFailure>;

const DONE: Outcome = ok(undefined);

/** Adds an encoded sketch. On failure nothing has changed. The reader ends behind the sketch, or failed. */
export function mergeEncoded(sketch: SketchParts, reader: ByteReader): Outcome {
	const parsed = parse(reader);
	if (!parsed.ok || parsedIsEmpty()) return parsed;
	const { scalars, bins, first } = PARSED;
	const { places, counts, length } = bins;
	sketch.addScalars(scalars);
	let from = 0;
	if (first < 0) {
		while (from < length && first + (places[from] as number) < 0) from++;
		const below = sketch.negative;
		below.cover(-1 - first - (places[from - 1] as number), -1 - first, MERGE_SLACK);
		const to = below.counts;
		const top = -1 - first - below.base;
		for (let i = 0; i < from; i++) {
			const at = top - (places[i] as number);
			to[at] = (to[at] as number) + (counts[i] as number);
		}
	}
	if (from < length && places[from] === -first) from++;
	if (from === length) return DONE;
	const above = sketch.positive;
	above.cover(first - 1 + (places[from] as number), first - 1 + (places[length - 1] as number), MERGE_SLACK);
	const to = above.counts;
	const bottom = first - 1 - above.base;
	for (let i = from; i < length; i++) {
		const at = bottom + (places[i] as number);
		to[at] = (to[at] as number) + (counts[i] as number);
	}
	return DONE;
}

/** Takes an encoded sketch away, like `Sketch.subtractBins`. On failure nothing has changed. */
export function subtractEncoded(sketch: SketchParts, reader: ByteReader): Outcome {
	const parsed = parse(reader);
	if (!parsed.ok || parsedIsEmpty()) return parsed;
	const { scalars, bins, first } = PARSED;
	const { places, counts, length } = bins;
	for (let i = 0; i < length; i++) {
		const kept = sketch.countIn(first + (places[i] as number));
		if (!((counts[i] as number) <= kept)) return err({ code: "not_contained" });
	}
	for (let i = 0; i < length; i++) {
		const ordinal = first + (places[i] as number);
		if (ordinal > 0) sketch.positive.bump(ordinal - 1, -(counts[i] as number));
		if (ordinal < 0) sketch.negative.bump(-1 - ordinal, -(counts[i] as number));
	}
	sketch.subtractScalars(scalars);
	return DONE;
}

/** Puts the reader behind an encoded sketch without looking at it. */
export function skipEncoded(reader: ByteReader): Outcome {
	const end = bodyEnd(reader);
	if (end < 0) return corrupt("its length is wrong");
	reader.position = end;
	return DONE;
}

/**
 * Reads count, sum, minimum and maximum into the places COUNT, SUM_HI, SUM_LO, MIN, MAX (scalars.ts) of `out`. The bins
 * are neither read nor checked. Without samples: 0, 0, 0, Infinity, -Infinity.
 */
export function readEncodedScalars(reader: ByteReader, out: Float64Array): Outcome {
	const end = bodyEnd(reader);
	if (end < 0) return corrupt("its length is wrong");
	const reason = parseScalars(reader, end);
	if (!reader.failed) reader.position = end;
	if (reason !== null) return corrupt(reason);
	for (let i = COUNT; i <= MAX; i++) out[i] = PARSED.scalars[i] as number;
	return DONE;
}

function parse(reader: ByteReader): Outcome {
	const end = bodyEnd(reader);
	if (end < 0) return corrupt("its length is wrong");
	const reason = parseScalars(reader, end) ?? (parsedIsEmpty() ? null : parseBins(reader, end));
	if (!reader.failed) reader.position = end;
	return reason === null ? DONE : corrupt(reason);
}

function corrupt(reason: string): Outcome {
	const version = versionOf(PARSED.head);
	if (version > VERSION) return err({ code: "unknown_sketch_version", version });
	return err({ code: "corrupt_sketch", reason });
}

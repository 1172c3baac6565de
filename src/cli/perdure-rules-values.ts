/**
 * The values of an input series as tests of rules write them: `1 2`, `0+10x5` (0 10 20 30 40 50), `3x2` (3 3 3), `_` and `_x5` (none),
 * `stale`, and distributions, `{{schema:0 sum:5 count:4 buckets:[1 2 1]}}`. Written out one by one, up to a bound. Pure.
 */
import { err, ok, type Result } from "../lib/result.ts";
import { RULE_TEST_SAMPLES_MAX } from "../model/limits.ts";
import type { MemoryPoint } from "../peers/memory-series.ts";
import type { NativeHistogram } from "../promql/series-data.ts";
import { addHistograms, negated, readHistogram } from "./perdure-rules-histogram.ts";

/** One a step of the test's interval; undefined: none there, null: a stale marker. */
export type Values = readonly (MemoryPoint | undefined)[];

const ITEM = /\s*(\{\{[^}]*\}\}(?:[+-]\{\{[^}]*\}\})?(?:x\d+)?|[^\s{]\S*)/y;
const NUMBER = "(?:\\d+(?:\\.\\d*)?(?:e[+-]?\\d+)?|\\.\\d+(?:e[+-]?\\d+)?|inf|nan)";
const BLANK = /^_(?:x(\d+))?$/;
const STALE = /^stale(?:x(\d+))?$/;
const FLOATS = new RegExp(`^([+-]?${NUMBER})(?:([+-]${NUMBER}))?(?:x(\\d+))?$`, "i");
const HISTOGRAMS = /^\{\{([^}]*)\}\}(?:([+-])\{\{([^}]*)\}\})?(?:x(\d+))?$/;

/** The failure names what is no value. */
export function readValues(text: string): Result<Values, string> {
	const values: (MemoryPoint | undefined)[] = [];
	ITEM.lastIndex = 0;
	const end = text.trimEnd().length;
	for (let at = 0; at < end; at = ITEM.lastIndex) {
		ITEM.lastIndex = at;
		const item = ITEM.exec(text)?.[1];
		if (item === undefined) return err(`${JSON.stringify(text.slice(at, at + 40))} is no value`);
		const read = readItem(item, RULE_TEST_SAMPLES_MAX - values.length);
		if (!read.ok) return read;
		for (const value of read.value) values.push(value);
	}
	return ok(values);
}

/** Numbers as Go writes them. */
export function readNumber(text: string): number {
	const sign = text.startsWith("-") ? -1 : 1;
	const digits = text.replace(/^[+-]/, "").toLowerCase();
	if (digits === "inf") return sign * Number.POSITIVE_INFINITY;
	return digits === "nan" ? Number.NaN : sign * Number(digits);
}

function readItem(item: string, most: number): Result<Values, string> {
	const blank = BLANK.exec(item);
	if (blank !== null) return repeated(undefined, Number(blank[1] ?? 1), most);
	const stale = STALE.exec(item);
	if (stale !== null) return repeated(null, stale[1] === undefined ? 1 : Number(stale[1]) + 1, most);
	const floats = FLOATS.exec(item);
	if (floats !== null) return ramp(floats, most);
	const histograms = HISTOGRAMS.exec(item);
	return histograms === null
		? err(`${JSON.stringify(item.slice(0, 40))} is no value`)
		: histogramRamp(histograms, most);
}

function repeated(value: null | undefined, times: number, most: number): Result<Values, string> {
	return times > most ? tooMany() : ok(new Array<null | undefined>(times).fill(value));
}

/** Each is the one before and the step: so Prometheus rounds. One that stands alone has no count, and with a step needs one. */
function ramp([item, start = "", step, times]: readonly (string | undefined)[], most: number): Result<Values, string> {
	if (step !== undefined && times === undefined) return err(`${JSON.stringify(item)} is no value: how often?`);
	const count = times === undefined ? 1 : Number(times) + 1;
	if (count > most) return tooMany();
	const values: number[] = [];
	let value = readNumber(start);
	const change = step === undefined ? 0 : readNumber(step);
	for (let i = 0; i < count; i++) {
		values.push(value);
		value += change;
	}
	return ok(values);
}

function histogramRamp(
	[, start = "", sign, step, times]: readonly (string | undefined)[],
	most: number,
): Result<Values, string> {
	const first = readHistogram(start);
	if (!first.ok) return first;
	const change = step === undefined ? null : readHistogram(step);
	if (change?.ok === false) return change;
	const count = times === undefined ? 1 : Number(times) + 1;
	if (count > most) return tooMany();
	const by = change === null ? null : sign === "-" ? negated(change.value) : change.value;
	const values: NativeHistogram[] = [];
	let value = first.value;
	for (let i = 0; i < count; i++) {
		values.push(value);
		if (by !== null) value = addHistograms(value, by);
	}
	return ok(values);
}

function tooMany(): Result<never, string> {
	return err(`more than ${RULE_TEST_SAMPLES_MAX} samples in one series`);
}

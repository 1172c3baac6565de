/**
 * A batch as it comes over RPC: built by our client, but by any version of it, so nothing is believed. A right batch goes
 * on as it came, without a copy; one with wrong values is built again without them.
 */
import { err, ok, type Result } from "../lib/result.ts";
import type { MetricPart } from "../model/batch.ts";
import { type Failure, invalid } from "../model/errors.ts";
import { type LabelsKey, labelIssue } from "../model/labels.ts";
import {
	COLUMNS_PER_BATCH_MAX,
	HELP_CHARS_MAX,
	LABELS_MEMO_CHARS_MAX,
	LABELS_MEMO_MAX,
	LABELS_PER_SERIES_MAX,
	METRICS_PER_BATCH_MAX,
	SAMPLE_MAGNITUDE_MAX,
	SAMPLES_PER_BATCH_MAX,
} from "../model/limits.ts";
import { type MetricKind, recordedNameIssue, unitIssue } from "../model/metric.ts";
import { Columns, type Intake } from "./columns.ts";
import { RECORDED_KINDS, TIMESTAMP_MS_MAX } from "./samples.ts";

/** The parts of a batch, or what is wrong with it. */
export function readParts(input: unknown): Result<Intake, Failure> {
	if (!Array.isArray(input)) return err(invalid("parts", "it must be an array"));
	if (input.length > METRICS_PER_BATCH_MAX)
		return err(tooLarge("different metrics in one batch", METRICS_PER_BATCH_MAX, input.length));
	const names = new Set<string>();
	let columns = 0;
	let samples = 0;
	let clean = true;
	for (let i = 0; i < input.length; i++) {
		const issue = partIssue(input[i], `parts[${i}]`);
		if (issue !== null) return err(issue);
		const part = input[i] as MetricPart;
		if (names.has(part.name)) return err(invalid(`parts[${i}].name`, "another part has this name: one part a metric"));
		names.add(part.name);
		columns += part.labels.length;
		samples += part.values.length;
		if (columns > COLUMNS_PER_BATCH_MAX)
			return err(tooLarge("different series in one batch", COLUMNS_PER_BATCH_MAX, columns));
		if (samples > SAMPLES_PER_BATCH_MAX) return err(tooLarge("samples in one batch", SAMPLES_PER_BATCH_MAX, samples));
		clean &&= part.values.length > 0 && isClean(part);
	}
	const parts = input as MetricPart[];
	if (!clean) return ok(withoutWrong(parts));
	return ok({ parts: parts.map(plain), placeOf: placeIn, kindsOf: () => null, dropped: 0, drops: [] });
}

function placeIn(part: number, index: number): string {
	return `parts[${part}].values[${index}]`;
}

function tooLarge(what: string, limit: number, got: number): Failure {
	return { code: "too_large", what, limit, got };
}

/** Nothing but what we know goes on to the objects. */
function plain({ name, kind, unit, help, labels, ends, values, timestampsMs }: MetricPart): MetricPart {
	return {
		name,
		kind: kind ?? null,
		unit: unit ?? null,
		help: help ?? null,
		labels,
		ends,
		values,
		timestampsMs: timestampsMs ?? null,
	};
}

/** What is wrong with the form of a part: then nothing of the batch can be trusted. */
function partIssue(input: unknown, place: string): Failure | null {
	if (typeof input !== "object" || input === null) return invalid(place, "it must be an object");
	const { name, kind, unit, help, labels, ends, values, timestampsMs } = input as Record<string, unknown>;
	const nameIssue = recordedNameIssue(name);
	if (nameIssue !== null) return invalid(`${place}.name`, nameIssue);
	if (kind !== null && kind !== undefined && !RECORDED_KINDS.includes(kind as MetricKind)) {
		return invalid(`${place}.kind`, `kind must be ${RECORDED_KINDS.join(", ")}, or null`);
	}
	if (unit !== null && unit !== undefined && (typeof unit !== "string" || unitIssue(unit) !== null)) {
		return invalid(`${place}.unit`, "unit must be a short text, or null");
	}
	if (help !== null && help !== undefined && (typeof help !== "string" || help.length > HELP_CHARS_MAX)) {
		return invalid(`${place}.help`, `help must be a text of at most ${HELP_CHARS_MAX} characters, or null`);
	}
	if (!(values instanceof Float64Array)) return invalid(`${place}.values`, "values must be a Float64Array");
	if (timestampsMs !== null && timestampsMs !== undefined) {
		if (!(timestampsMs instanceof Float64Array) || timestampsMs.length !== values.length) {
			return invalid(`${place}.timestampsMs`, "timestampsMs must be a Float64Array as long as values, or null");
		}
	}
	return columnsIssue(labels, ends, values.length, place);
}

function columnsIssue(labels: unknown, ends: unknown, count: number, place: string): Failure | null {
	if (!Array.isArray(labels) || !Array.isArray(ends) || labels.length !== ends.length) {
		return invalid(place, "labels and ends must be arrays of the same length");
	}
	if (labels.length > COLUMNS_PER_BATCH_MAX) {
		return tooLarge("different series in one batch", COLUMNS_PER_BATCH_MAX, labels.length);
	}
	let before = 0;
	for (let i = 0; i < ends.length; i++) {
		const end: unknown = ends[i];
		if (typeof end !== "number" || !Number.isInteger(end) || end < before || end > count) {
			return invalid(`${place}.ends[${i}]`, "ends must ascend, and the last one must be the number of values");
		}
		before = end;
		if (!isCanonical(labels[i])) return invalid(`${place}.labels[${i}]`, "it is not the canonical key of a label set");
	}
	if (before !== count) return invalid(`${place}.ends`, "the last end must be the number of values");
	return new Set(labels).size === labels.length ? null : invalid(`${place}.labels`, "a label set stands twice");
}

const canonical = new Set<string>();

/** Whether a text is what `labelsKey` makes of a valid label set. */
function isCanonical(key: unknown): key is LabelsKey {
	if (typeof key !== "string") return false;
	if (key === "[]" || canonical.has(key)) return true;
	let pairs: unknown;
	try {
		pairs = JSON.parse(key);
	} catch {
		return false;
	}
	if (!Array.isArray(pairs) || pairs.length % 2 !== 0 || pairs.length > 2 * LABELS_PER_SERIES_MAX) return false;
	for (let i = 0; i < pairs.length; i += 2) {
		const name: unknown = pairs[i];
		if (typeof name !== "string" || pairs[i + 1] === "" || labelIssue(name, pairs[i + 1]) !== null) return false;
		if (i > 0 && !(name > (pairs[i - 2] as string))) return false;
	}
	if (JSON.stringify(pairs) !== key) return false;
	if (canonical.size >= LABELS_MEMO_MAX) canonical.clear();
	if (key.length <= LABELS_MEMO_CHARS_MAX) canonical.add(key);
	return true;
}

function isClean({ values, timestampsMs }: MetricPart): boolean {
	for (let i = 0; i < values.length; i++) if (!(Math.abs(values[i] as number) <= SAMPLE_MAGNITUDE_MAX)) return false;
	if (timestampsMs === null || timestampsMs === undefined) return true;
	for (let i = 0; i < timestampsMs.length; i++) if (!isTime(timestampsMs[i] as number)) return false;
	return true;
}

/** NaN stands for "when it arrives". */
function isTime(timestampMs: number): boolean {
	return Number.isNaN(timestampMs) || (timestampMs >= 0 && timestampMs <= TIMESTAMP_MS_MAX);
}

function withoutWrong(parts: readonly MetricPart[]): Intake {
	const columns = new Columns();
	const places: [part: number, index: number][] = [];
	for (const [p, part] of parts.entries()) {
		const metric = columns.metric(part.name);
		columns.note(metric, part.unit ?? null, part.help ?? null);
		let column = 0;
		for (let i = 0; i < part.values.length; i++) {
			while ((part.ends[column] as number) <= i) column++;
			const value = part.values[i] as number;
			const timestampMs = part.timestampsMs?.[i] ?? Number.NaN;
			if (!(Math.abs(value) <= SAMPLE_MAGNITUDE_MAX)) {
				columns.drop(placeIn(p, i), "not_finite", "the value is not a finite number");
			} else if (!isTime(timestampMs)) {
				columns.drop(`parts[${p}].timestampsMs[${i}]`, "invalid", "timestamps are Unix milliseconds, from 0");
			} else {
				const to = columns.column(metric, part.labels[column] as LabelsKey, part.kind ?? null);
				columns.add(to, value, timestampMs, places.length);
				places.push([p, i]);
			}
		}
	}
	return columns.build((ordinal) => placeIn(...(places[ordinal] ?? [0, 0])));
}

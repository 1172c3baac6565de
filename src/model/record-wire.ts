/**
 * A part of a batch on its way to its object. One sample a call is the usual case, and there the names of an object's members
 * cost structured clone more than what they name: a call takes plain arguments, and lists of one stand for themselves. New
 * arguments are added at the end, so that the version before and after reads them.
 */
import type { RecordRequest } from "./batch.ts";
import type { MetricKind } from "./metric.ts";

/** The arguments of `MetricApi.record`. */
export type RecordArguments = readonly [
	id: string,
	createdMs: number,
	name: string,
	kind: MetricKind | null,
	unit: string | null,
	help: string | null,
	/** One column: its label set. */
	labels: string | readonly string[],
	/** One value: itself. */
	values: number | Float64Array,
	/** Null: one column. */
	ends: readonly number[] | null,
	timestampsMs: Float64Array | null,
];

export function packRequest({ id, createdMs, part }: RecordRequest): RecordArguments {
	const { name, kind, unit, help, labels, ends, values, timestampsMs } = part;
	const isOneColumn = labels.length === 1;
	return [
		id,
		createdMs,
		name,
		kind,
		unit,
		help,
		isOneColumn ? (labels[0] as string) : labels,
		// A NaN on its own may lose its bits on the way, and with them that it is a stale marker.
		values.length === 1 && !Number.isNaN(values[0]) ? (values[0] as number) : values,
		isOneColumn ? null : ends,
		timestampsMs,
	];
}

export function unpackRequest(request: RecordArguments): RecordRequest {
	const [id, createdMs, name, kind, unit, help, labels, value, end, timestampsMs] = request;
	const values = typeof value === "number" ? Float64Array.of(value) : value;
	const part = {
		name,
		kind,
		unit,
		help,
		labels: typeof labels === "string" ? [labels] : labels,
		ends: end ?? [values.length],
		values,
		timestampsMs,
	};
	return { id, createdMs, part };
}

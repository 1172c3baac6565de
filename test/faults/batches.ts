/** Batches as applications send them: 1 to 50 samples of several metrics, whole numbers so that every sum is exact. */
import { uuid7 } from "../../src/lib/uuid7.ts";
import { type Labels, labelsKey } from "../../src/model/labels.ts";
import { HOUR_MS, MINUTE_MS } from "../../src/model/limits.ts";
import type { Chance } from "./chance.ts";

/** Samples of one series in one batch. */
export type Column = {
	readonly name: string;
	readonly kind: "counter" | "distribution";
	readonly labels: Labels;
	readonly values: readonly number[];
	/** Unix milliseconds; null: they have the time at which they arrive. */
	readonly timestamps: readonly number[] | null;
};

export type Batch = {
	readonly id: string;
	readonly createdMs: number;
	readonly columns: readonly Column[];
	readonly accepted: number;
	/** Samples from two hours ahead, which no run may ever count. */
	readonly dropped: number;
	readonly body: string;
};

const SAMPLES_MAX = 50;
const METRICS = [
	["requests", "counter"],
	["bytes", "counter"],
	["latency", "distribution"],
	["size", "distribution"],
	["delta", "distribution"],
] as const;
const ENDPOINTS = ["/a", "/b", "/c", "/d"];
const STATUSES = ["200", "500"];

/** Names of the metrics of one generation: new ones are born now and then, under load. */
export function metricNames(generation: number): string[] {
	return METRICS.map(([name]) => nameOf(name, generation));
}

/** One batch made at `nowMs`. */
export function newBatch(chance: Chance, generation: number, nowMs: number): Batch {
	const metrics = chance.hits(0.5) ? [chance.pick(METRICS)] : METRICS.filter(() => chance.hits(0.6));
	const chosen = metrics.length === 0 ? [METRICS[0]] : metrics;
	const isTimed = chance.hits(0.25);
	const columns: Column[] = [];
	let left = chance.whole(1, SAMPLES_MAX);
	for (let i = 0; left > 0; i++) {
		const [name, kind] = chosen[i % chosen.length] as (typeof METRICS)[number];
		const labels = { endpoint: chance.pick(ENDPOINTS), status: chance.pick(STATUSES) };
		const count = chance.whole(1, left);
		left -= count;
		const values = Array.from({ length: count }, () =>
			kind === "counter" ? chance.whole(0, 20) : chance.whole(-5, 900),
		);
		// Up to forty minutes back: late enough for hours that are closed already.
		const timestamps = isTimed ? values.map(() => nowMs - chance.whole(0, 40 * MINUTE_MS)) : null;
		columns.push({ name: nameOf(name, generation), kind, labels, values, timestamps });
	}
	const samples = columns.flatMap(({ name, kind, labels, values, timestamps }) =>
		values.map((value, i) => ({ name, kind, labels, value, ...(timestamps && { timestamp: timestamps[i] }) })),
	);
	const accepted = samples.length;
	const isHalfBad = chance.hits(0.05) && columns[0] !== undefined;
	if (isHalfBad) {
		const { name, kind, labels } = columns[0] as Column;
		samples.push({ name, kind, labels, value: 1_000_000, timestamp: nowMs + 2 * HOUR_MS });
	}
	// Both forms of the body; columns cannot say that one sample of many has a time.
	const series = columns.map(({ timestamps, ...rest }) => ({ ...rest, ...(timestamps && { timestamps }) }));
	const body = JSON.stringify(isHalfBad || chance.hits(0.5) ? { samples } : { series });
	return {
		id: uuid7(nowMs, chance.bytes(10)),
		createdMs: nowMs,
		columns,
		accepted,
		dropped: samples.length - accepted,
		body,
	};
}

/** Names one series of one metric. */
export function seriesKey(name: string, labels: Labels): string {
	return `${name} ${labelsKey(labels)}`;
}

function nameOf(name: string, generation: number): string {
	return `fault.${name}.${generation}`;
}

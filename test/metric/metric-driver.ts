/** Drives a real metric object in a test: parts from plain samples, a clock that moves, and evictions. */

import { evictDurableObject, runInDurableObject } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { expect } from "vitest";
import { moveClock } from "../../src/lib/clock.ts";
import { ok, type Result } from "../../src/lib/result.ts";
import type { MetricPart, RecordRequest } from "../../src/model/batch.ts";
import type { Failure } from "../../src/model/errors.ts";
import { type Labels, labelsKey } from "../../src/model/labels.ts";
import type { MetricKind } from "../../src/model/metric.ts";
import type { Description, MetricApi, SelectedSeries, SelectRequest } from "../../src/model/metric-rpc.ts";
import { cleanReceipt, type PartReceipt } from "../../src/model/receipt.ts";
import { packRequest } from "../../src/model/record-wire.ts";
import type {
	Range,
	RangeRequest,
	RecentSample,
	SeriesInfo,
	Summary,
	SummaryRequest,
} from "../../src/model/summary.ts";
import { metricStub } from "../../src/peers/stubs.ts";

export type TestSample = { readonly value: number; readonly labels?: Labels; readonly timestampMs?: number };

/** A moment in the future on an hour's edge: alarms of other objects never fire by themselves. */
export const START_MS = Date.UTC(2031, 0, 1);

let ids = 0;

/** A batch id that no other test uses. */
export function newId(): string {
	ids++;
	return ids.toString(16).padStart(32, "0");
}

/** Sets the clock of the isolate, in which tests and objects run. */
export function setClock(toMs: number): void {
	moveClock(toMs - Date.now(), true);
}

/** One column for each label set, in order of first appearance. */
export function partOf(name: string, samples: readonly TestSample[], kind: MetricKind | null = null): MetricPart {
	const columns = new Map<string, TestSample[]>();
	for (const sample of samples) {
		const key = labelsKey(sample.labels ?? {});
		const column = columns.get(key);
		if (column === undefined) columns.set(key, [sample]);
		else column.push(sample);
	}
	const ordered = [...columns.values()].flat();
	let end = 0;
	return {
		name,
		kind,
		unit: null,
		help: null,
		labels: [...columns.keys()],
		ends: [...columns.values()].map((column) => (end += column.length)),
		values: Float64Array.from(ordered, (sample) => sample.value),
		timestampsMs: ordered.some((sample) => sample.timestampMs !== undefined)
			? Float64Array.from(ordered, (sample) => sample.timestampMs ?? Number.NaN)
			: null,
	};
}

export function rangeRequest(startMs: number, endMs: number, stepMs: number): RangeRequest {
	return { startMs, endMs, stepMs, quantiles: [], by: { kind: "all" }, matchers: [], sketches: false };
}

/** mulberry32: the same numbers at every run. */
export function seeded(seed: number): () => number {
	let state = seed;
	return () => {
		state = (state + 0x6d2b79f5) | 0;
		let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
		mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
		return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
	};
}

/** The nearest-rank quantile of a list. */
export function exactQuantile(values: readonly number[], q: number): number {
	const sorted = [...values].sort((a, b) => a - b);
	return sorted[Math.max(0, Math.ceil(q * sorted.length) - 1)] as number;
}

type DriverApi = Omit<MetricApi, "record"> & { record(request: RecordRequest): Promise<Result<PartReceipt, Failure>> };

export class MetricDriver {
	readonly name: string;
	readonly kind: MetricKind;

	constructor(name: string, kind: MetricKind = "distribution") {
		this.name = name;
		this.kind = kind;
	}

	/** A fresh stub; what `record` answers in short is written out. */
	get api(): DriverApi {
		const stub = metricStub(env, this.name);
		const record = async (request: RecordRequest): Promise<Result<PartReceipt, Failure>> => {
			const answer = await stub.record(...packRequest(request));
			return typeof answer === "number" ? ok(cleanReceipt(answer)) : answer;
		};
		return new Proxy(stub, {
			get: (target, member) => (member === "record" ? record : Reflect.get(target, member)),
		}) as unknown as DriverApi;
	}

	request(samples: readonly TestSample[], nowMs: number, id = newId()): RecordRequest {
		return { id, createdMs: nowMs, part: partOf(this.name, samples, this.kind) };
	}

	/** Records at `nowMs`; the receipt, or the failure as an error. */
	async record(samples: readonly TestSample[], nowMs: number, id = newId()) {
		setClock(nowMs);
		const answer = await this.api.record(this.request(samples, nowMs, id));
		if (!answer.ok) throw new Error(JSON.stringify(answer.failure));
		return answer.value;
	}

	async summary(windowMs: number, nowMs: number, more: Partial<SummaryRequest> = {}): Promise<Summary> {
		setClock(nowMs);
		const request: SummaryRequest = {
			windowMs,
			quantiles: [],
			by: { kind: "all" },
			matchers: [],
			sketches: false,
			...more,
		};
		const answer = await this.api.summary(request);
		if (!answer.ok) throw new Error(JSON.stringify(answer.failure));
		return answer.value;
	}

	async range(startMs: number, endMs: number, stepMs: number, more: Partial<RangeRequest> = {}): Promise<Range> {
		const answer = await this.api.range({ ...rangeRequest(startMs, endMs, stepMs), ...more });
		if (!answer.ok) throw new Error(JSON.stringify(answer.failure));
		return answer.value;
	}

	/** Points in [startMs, endMs], as a query sees them at `endMs` (or later, when the clock was set so). */
	async select(startMs: number, endMs: number, more: Partial<SelectRequest> = {}): Promise<readonly SelectedSeries[]> {
		return this.api.select({ view: "value", matchers: [], startMs: startMs - 1, endMs, ...more });
	}

	async series(): Promise<readonly SeriesInfo[]> {
		return this.api.series([]);
	}

	async recent(limit = 1_000): Promise<readonly RecentSample[]> {
		return this.api.recent(limit);
	}

	async describe(): Promise<Description> {
		return this.api.describe();
	}

	/** Waits until the catalog knows the metric: the flag is a row of its own, written some time after the first samples. */
	async registered(): Promise<void> {
		const flag = () =>
			runInDurableObject(env.METRIC.getByName(this.name), (_object, state) =>
				state.storage.sql.exec<{ registered: number }>("SELECT registered FROM metric").toArray(),
			);
		await expect.poll(flag).toEqual([{ registered: 1 }]);
	}

	evict(): Promise<void> {
		return evictDurableObject(env.METRIC.getByName(this.name));
	}
}

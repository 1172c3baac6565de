/**
 * Which metrics exist. Rows are the truth, the map is a copy of them; when a metric was last seen runs ahead of its row by up to
 * LAST_SEEN_SAVE_EVERY_MS, which is what a crash can lose of it.
 */
import { err, ok, type Result } from "../lib/result.ts";
import type { Registration } from "../model/catalog-rpc.ts";
import { type Failure, invalid } from "../model/errors.ts";
import { LAST_SEEN_SAVE_EVERY_MS, METRICS_MAX } from "../model/limits.ts";
import { type MetricInfo, metricNameIssue, type ShardStep } from "../model/metric.ts";
import type { MetricLoad } from "../model/metric-rpc.ts";
import { withStep } from "./shard-schedule.ts";
import { deleteMetric, loadLastSeen, loadMetrics, type MetricRow, saveLastSeen, saveMetric } from "./storage.ts";

const ONE_SHARD: readonly ShardStep[] = [{ fromMs: 0, count: 1 }];

export class MetricBook {
	/** Grows with every change that isolates have to learn of, since this object woke. */
	changes = 0;
	readonly #sql: SqlStorage;
	readonly #rows: Map<string, MetricRow>;
	readonly #seen: Map<number, number>;
	#nextId: number;
	#seenSavedMs = Number.NEGATIVE_INFINITY;
	#seenChanged = false;

	constructor(sql: SqlStorage) {
		this.#sql = sql;
		const rows = loadMetrics(sql);
		this.#rows = new Map(rows.map((row) => [row.name, row]));
		this.#seen = loadLastSeen(sql);
		this.#nextId = (rows.at(-1)?.id ?? 0) + 1;
	}

	list(): MetricInfo[] {
		const infos: MetricInfo[] = [];
		for (const row of this.#rows.values()) if (!row.forgotten) infos.push(this.#infoOf(row));
		return infos;
	}

	/**
	 * A metric as its shard 0 says it is. Twice the same changes nothing. A later birth under a known name means that it was
	 * forgotten there and recorded anew, maybe as another kind.
	 */
	register(metric: Registration): Result<MetricInfo, Failure> {
		const issue = metricNameIssue(metric.name);
		if (issue !== null) return err(invalid("name", issue));
		const known = this.#rows.get(metric.name);
		if (known === undefined) {
			if (this.#rows.size >= METRICS_MAX) {
				return err({ code: "too_large", what: "metrics", limit: METRICS_MAX, got: this.#rows.size + 1 });
			}
			return ok(this.#save({ id: this.#nextId++, ...metric, shards: ONE_SHARD, forgotten: false }));
		}
		if (known.forgotten || metric.firstSeenMs > known.firstSeenMs) {
			return ok(this.#save({ ...known, ...metric, forgotten: false }));
		}
		if (known.kind !== metric.kind) {
			return err({ code: "conflict", reason: `'${metric.name}' is a ${known.kind}, not a ${metric.kind}` });
		}
		const unit = metric.unit ?? known.unit;
		const help = metric.help ?? known.help;
		if (unit === known.unit && help === known.help) return ok(this.#infoOf(known));
		return ok(this.#save({ ...known, unit, help }));
	}

	/** `firstSeenMs`: only the metric that was born then. */
	forget(name: string, firstSeenMs: number | null): void {
		const known = this.#rows.get(name);
		if (known === undefined || known.forgotten) return;
		if (firstSeenMs !== null && known.firstSeenMs !== firstSeenMs) return;
		this.#seen.delete(known.id);
		if (known.shards.length > 1) {
			// Isolates go on to place samples by the schedule they know: it must be the same when the name comes back.
			this.#save({ ...known, forgotten: true });
			return;
		}
		deleteMetric(this.#sql, known.id);
		this.#rows.delete(name);
		this.changes++;
	}

	scheduleShards(name: string, count: number, fromMs: number, nowMs: number): Result<MetricInfo, Failure> {
		const known = this.#rows.get(name);
		if (known === undefined || known.forgotten) return err({ code: "not_found", what: `metric '${name}'` });
		const shards = withStep(known.shards, count, fromMs, nowMs);
		if (!shards.ok) return shards;
		return ok(shards.value === known.shards ? this.#infoOf(known) : this.#save({ ...known, shards: shards.value }));
	}

	/** Takes in what the homes of a tick said of themselves; writes one row, seldom. */
	noteLoads(loads: readonly MetricLoad[], nowMs: number): void {
		for (const { name, lastSeenMs } of loads) {
			const row = this.#rows.get(name);
			if (row === undefined || row.forgotten || !(lastSeenMs > (this.#seen.get(row.id) ?? row.firstSeenMs))) continue;
			this.#seen.set(row.id, lastSeenMs);
			this.#seenChanged = true;
		}
		const early = nowMs >= this.#seenSavedMs && nowMs - this.#seenSavedMs < LAST_SEEN_SAVE_EVERY_MS;
		if (!this.#seenChanged || early) return;
		saveLastSeen(this.#sql, this.#seen);
		this.#seenSavedMs = nowMs;
		this.#seenChanged = false;
		this.changes++;
	}

	#save(row: MetricRow): MetricInfo {
		saveMetric(this.#sql, row);
		this.#rows.set(row.name, row);
		this.changes++;
		return this.#infoOf(row);
	}

	#infoOf(row: MetricRow): MetricInfo {
		const { name, kind, unit, help, shards, firstSeenMs } = row;
		return { name, kind, unit, help, shards, firstSeenMs, lastSeenMs: this.#seen.get(row.id) ?? firstSeenMs };
	}
}

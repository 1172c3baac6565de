/**
 * What the catalog knows, kept by each isolate for DIRECTORY_CACHE_MS, so that recording does not wait for the catalog: a stale
 * copy is used when it does not answer. Values are kept, never promises: workerd forbids awaiting another request's I/O.
 */
import { err, ok, type Result } from "../lib/result.ts";
import type { Directory, TokenHash } from "../model/catalog-rpc.ts";
import type { Failure } from "../model/errors.ts";
import {
	DIRECTORY_CACHE_MS,
	DIRECTORY_LOADING_MS,
	DIRECTORY_MISS_MS,
	FANOUT_TIMEOUT_MS,
	SECOND_MS,
} from "../model/limits.ts";
import type { MetricInfo } from "../model/metric.ts";
import { type NamedView, prometheusIndex } from "./prometheus-names.ts";
import { ask, catalogStub, type ObjectEnv } from "./stubs.ts";

export class DirectoryView {
	readonly metrics: readonly MetricInfo[];
	readonly tokens: readonly TokenHash[];
	readonly rulesVersion: number;
	readonly version: string | undefined;
	readonly #byName: ReadonlyMap<string, MetricInfo>;
	/** Made when first asked for: an isolate that only records never does. */
	#byPrometheusName: ReadonlyMap<string, readonly NamedView[]> | null = null;

	constructor(directory: Directory) {
		this.metrics = directory.metrics;
		this.tokens = directory.tokens;
		this.rulesVersion = directory.rulesVersion;
		this.version = directory.version;
		this.#byName = new Map(directory.metrics.map((info) => [info.name, info]));
	}

	/** A metric by its name as recorded. */
	metric(name: string): MetricInfo | null {
		return this.#byName.get(name) ?? null;
	}

	/** What a name of Prometheus stands for: several recorded names may read the same. Sorted by recorded name. */
	named(prometheusName: string): readonly NamedView[] {
		this.#byPrometheusName ??= prometheusIndex(this.metrics);
		return this.#byPrometheusName.get(prometheusName) ?? [];
	}
}

/** This isolate's copy. Between two events it may be dropped: the catalog has it. */
let view: DirectoryView | null = null;
let loadedMs = Number.NEGATIVE_INFINITY;
let loadingSinceMs = Number.NEGATIVE_INFINITY;
/** Grows with every invalidation: what was asked for before one does not count as fresh after it. */
let generation = 0;

/**
 * The directory, at most DIRECTORY_CACHE_MS old as long as the catalog answers. An isolate that cannot reach the catalog for longer
 * than SHARD_NOTICE_MS while others can may miss a step of a shard schedule. Fails only when this isolate never had a copy:
 * without it the shard of a batch is unknown, and a wrong one would let a retry count twice.
 */
export async function directoryOf(env: ObjectEnv, nowMs: number): Promise<Result<DirectoryView, Failure>> {
	if (
		view !== null &&
		(within(loadedMs, DIRECTORY_CACHE_MS, nowMs) || within(loadingSinceMs, DIRECTORY_LOADING_MS, nowMs))
	) {
		return ok(view);
	}
	// Stays set after a failure: as long as the catalog is away, one request in five seconds waits for it, not each.
	loadingSinceMs = nowMs;
	const asked = generation;
	const known = view;
	const timeoutMs = known === null ? FANOUT_TIMEOUT_MS : SECOND_MS;
	const answer = await ask("catalog", () => catalogStub(env).directory(known?.version), timeoutMs);
	if (!answer.ok) return known === null ? err(answer.failure) : ok(known);
	const fresh = answer.value.unchanged === true && known !== null ? known : new DirectoryView(answer.value);
	view = fresh;
	if (asked !== generation) return ok(fresh);
	loadedMs = nowMs;
	loadingSinceMs = Number.NEGATIVE_INFINITY;
	return ok(fresh);
}

/** The directory, asked for anew when `isThere` does not find what it looks for and the copy is not from this second. */
export async function directoryWith(
	env: ObjectEnv,
	nowMs: number,
	isThere: (directory: DirectoryView) => boolean,
): Promise<Result<DirectoryView, Failure>> {
	const first = await directoryOf(env, nowMs);
	if (!first.ok || isThere(first.value) || within(loadedMs, DIRECTORY_MISS_MS, nowMs)) return first;
	invalidateDirectory();
	return directoryOf(env, nowMs);
}

/** The next caller in this isolate asks the catalog. For whoever changed something there; other isolates take their time. */
export function invalidateDirectory(): void {
	generation++;
	loadedMs = Number.NEGATIVE_INFINITY;
	loadingSinceMs = Number.NEGATIVE_INFINITY;
}

/** A clock that was moved back makes everything stale. */
function within(sinceMs: number, forMs: number, nowMs: number): boolean {
	return nowMs >= sinceMs && nowMs - sinceMs < forMs;
}

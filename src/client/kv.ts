/** A KV namespace that measures itself: latencies, errors, and what was found. Keys and values are in no label. */
import type { Clock } from "./clock.ts";
import { intercept, watched } from "./intercept.ts";
import type { Meter } from "./meter.ts";

type Method = (...args: unknown[]) => Promise<unknown>;

/** `namespace`, measured. Label `operation`: get, getWithMetadata, put, delete, list. A read that finds null is a miss. */
export function monitorKv<Key extends string>(
	namespace: KVNamespace<Key>,
	meter: Meter,
	clock: Clock,
): KVNamespace<Key> {
	const timed =
		(operation: string, method: Method, found: (result: unknown) => readonly boolean[]): Method =>
		async (...args) => {
			const result = await watched(
				clock.nowMs,
				() => method.apply(namespace, args),
				(durationMs, failed) => {
					meter.record("kv.latency", durationMs, { operation }, { unit: "ms" });
					if (failed) meter.count("kv.errors", 1, { operation });
				},
			);
			const seen = found(result);
			const hits = seen.filter((hit) => hit).length;
			if (hits > 0) meter.count("cache.hits", hits);
			if (hits < seen.length) meter.count("cache.misses", seen.length - hits);
			return result;
		};
	return intercept(namespace, {
		get: timed("get", namespace.get as Method, (result) => each(result, (value) => value !== null)),
		getWithMetadata: timed("getWithMetadata", namespace.getWithMetadata as Method, (result) => each(result, hasValue)),
		put: timed("put", namespace.put as Method, () => []),
		delete: timed("delete", namespace.delete as Method, () => []),
		list: timed("list", namespace.list as Method, () => []),
	});
}

/** A read of several keys answers a Map, of one key the thing itself. */
function each(result: unknown, hit: (value: unknown) => boolean): readonly boolean[] {
	return result instanceof Map ? [...result.values()].map(hit) : [hit(result)];
}

function hasValue(entry: unknown): boolean {
	return ((entry as { readonly value?: unknown } | null)?.value ?? null) !== null;
}

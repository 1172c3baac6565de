/**
 * How objects are found: names to stubs, and one call with a bound on its time. A stub is dead for ever after an exception that
 * broke it, so none is ever kept: each attempt asks for a fresh one, which costs no network.
 */
import { settleWithin } from "../lib/async.ts";
import { err, ok, type Result } from "../lib/result.ts";
import type { AlertingApi } from "../model/alerting-rpc.ts";
import type { CatalogApi } from "../model/catalog-rpc.ts";
import type { Failure } from "../model/errors.ts";
import { FANOUT_TIMEOUT_MS } from "../model/limits.ts";
import type { MetricApi } from "../model/metric-rpc.ts";
import type { NotifierApi } from "../model/notification.ts";

/** The bindings through which objects are reached. */
export type ObjectEnv = Pick<Env, "METRIC" | "CATALOG" | "NOTIFIER">;

/** The one catalog, and the one notifier, of a deployment. */
export const CATALOG_NAME = "catalog";
export const NOTIFIER_NAME = "notifier";

/** The object of a metric's shard: `name` for shard 0, then `name#1`, `name#2`; no metric's name holds a '#'. */
export function shardObject(metric: string, shard: number): string {
	return shard === 0 ? metric : `${metric}#${shard}`;
}

/** A fresh stub of a metric's object (`shardObject`) or of a rule's own home. */
export function metricStub(env: ObjectEnv, objectName: string): MetricApi {
	return env.METRIC.getByName(objectName) as unknown as MetricApi;
}

export function catalogStub(env: ObjectEnv): CatalogApi {
	return env.CATALOG.getByName(CATALOG_NAME) as unknown as CatalogApi;
}

export function notifierStub(env: ObjectEnv): NotifierApi & AlertingApi {
	return env.NOTIFIER.getByName(NOTIFIER_NAME) as unknown as NotifierApi & AlertingApi;
}

/**
 * One call to an object, repeated once when the platform says that this helps (`.retryable`), never when the object has too much
 * to do (`.overloaded`). `call` makes its own stub each time. The call may have taken place although this fails: what is called
 * must stand being called twice.
 */
export async function ask<T>(
	what: string,
	call: () => Promise<T>,
	timeoutMs: number | null = FANOUT_TIMEOUT_MS,
): Promise<Result<T, Failure>> {
	for (let attempt = 0; ; attempt++) {
		const settled = await settleWithin(call, timeoutMs);
		if (settled.kind === "value") return ok(settled.value);
		if (settled.kind === "late") return err({ code: "unavailable", what, retryAfterS: 1 });
		const error = settled.error as { readonly retryable?: unknown; readonly overloaded?: unknown } | null;
		if (error?.overloaded === true) {
			return err({ code: "overloaded", reason: `${what} has too much to do`, retryAfterS: 5 });
		}
		if (attempt > 0 || error?.retryable !== true) {
			// What it threw is for the log of the object that threw it; the caller learns who did not answer.
			return err({ code: "unavailable", what, retryAfterS: 1 });
		}
	}
}

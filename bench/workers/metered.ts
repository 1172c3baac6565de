/**
 * Perdure itself, with every billed row counted where it is written: what SQLite says of each statement, and one for each alarm
 * that is set. The counts live in the isolate, which all objects of a local process share. Must change nothing else.
 */
import worker, { CatalogObject, MetricObject, NotifierObject } from "../../src/index.ts";

// biome-ignore lint/performance/noBarrelFile: the platform takes the classes of its objects from the entry.
export { Recorder } from "../../src/index.ts";

/** A statement reports its rows only after it has run to its end. */
const statements: { readonly who: string; readonly cursor: SqlStorageCursor<Record<string, SqlStorageValue>> }[] = [];
const alarms: string[] = [];

/** Counts what an object writes from here on. */
function meter(ctx: DurableObjectState, who: string): DurableObjectState {
	const { storage } = ctx;
	const { sql } = storage;
	const exec = sql.exec.bind(sql);
	Object.defineProperty(sql, "exec", {
		value: (query: string, ...bindings: SqlStorageValue[]) => {
			const cursor = exec(query, ...bindings);
			statements.push({ who, cursor });
			return cursor;
		},
	});
	Object.defineProperty(storage, "sql", { value: sql });
	const setAlarm = storage.setAlarm.bind(storage);
	Object.defineProperty(storage, "setAlarm", {
		value: (at: number | Date) => {
			alarms.push(who);
			return setAlarm(at);
		},
	});
	return ctx;
}

class MeteredMetric extends MetricObject {
	constructor(ctx: DurableObjectState, env: Env) {
		super(meter(ctx, ctx.id.name?.startsWith("perdure.") === true ? "perdure.*" : "metrics"), env);
	}
}

class MeteredCatalog extends CatalogObject {
	constructor(ctx: DurableObjectState, env: Env) {
		super(meter(ctx, "catalog"), env);
	}
}

class MeteredNotifier extends NotifierObject {
	constructor(ctx: DurableObjectState, env: Env) {
		super(meter(ctx, "notifier"), env);
	}
}

export { MeteredCatalog as CatalogObject, MeteredMetric as MetricObject, MeteredNotifier as NotifierObject };

export default {
	...worker,
	async fetch(request: Request, env: Env, ctx: ExecutionContext): Promise<Response> {
		if (new URL(request.url).pathname !== "/bench/rows") return worker.fetch(request as never, env, ctx);
		const rows: Record<string, number> = { metrics: 0, "perdure.*": 0, catalog: 0, notifier: 0 };
		for (const { who, cursor } of statements.splice(0)) rows[who] = (rows[who] ?? 0) + cursor.rowsWritten;
		for (const who of alarms.splice(0)) rows[who] = (rows[who] ?? 0) + 1;
		return Response.json(rows);
	},
};

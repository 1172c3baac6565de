/** What an application holds: records samples, times things, wraps bindings. Every method is safe to call from anywhere. */
import type { Result } from "../lib/result.ts";
import type { MessageStatus } from "../model/app-message.ts";
import type { Labels } from "../model/labels.ts";
import {
	CLIENT_FLUSH_AT_SAMPLES,
	CLIENT_FLUSH_EVERY_MS,
	CLIENT_FLUSH_EVERY_MS_MAX,
	CLIENT_SAMPLES_MAX,
} from "../model/limits.ts";
import type { Receipt } from "../model/receipt.ts";
import type { RecorderApi } from "../model/recorder-api.ts";
import type { RecordedKind } from "./buffer.ts";
import { type Clock, SYSTEM_CLOCK } from "./clock.ts";
import { type D1Options, monitorD1 } from "./d1.ts";
import { type HttpTarget, httpTransport } from "./http-transport.ts";
import { monitorKv } from "./kv.ts";
import type { Meter } from "./meter.ts";
import { monitorQueue, type QueueOptions } from "./queue.ts";
import { type DurableFailure, Recorder, type WaitUntil } from "./recorder.ts";
import { rpcTransport } from "./rpc-transport.ts";
import { type MonitorStats, Tally } from "./tally.ts";
import { NOWHERE, type Transport } from "./transport.ts";

/** The service binding to Perdure's `Recorder` entrypoint, as whatever `wrangler types` calls it; or an address and a token. */
export type MonitorTarget = RecorderApi | Fetcher | HttpTarget | null | undefined;

export type MonitorOptions = {
	/** A flush is due so long after the first sample, milliseconds. Default 1,000, at most 20,000: `waitUntil` ends at 30 s. */
	readonly flushEveryMs?: number;
	/** A flush is due at so many values in the buffer. Default 5,000. */
	readonly flushAtSamples?: number;
	/** `waitUntil` of `cloudflare:workers`: then any call inside a request schedules its own flush, without `bind`. */
	readonly waitUntil?: WaitUntil;
	/** Says the first drop of each kind. Default `console.warn`. */
	readonly warn?: (line: string) => void;
	/** Time and chance. Default: the machine's. */
	readonly clock?: Clock;
};

/** What an application knows of a message that it sent to a user of its own. */
export type MessageReport = {
	readonly messageId: string;
	readonly userId: string;
	/** Such as email, sms, webhook. */
	readonly channel: string;
	readonly template: string;
	/** pending is kept in the history only; success and failed are counted, once each time they are reported. */
	readonly status: MessageStatus;
	/** From acceptance to delivery, milliseconds. */
	readonly latencyMs?: number | null;
	readonly retryCount?: number;
	/** Why it failed. Must hold no secret: it is kept. */
	readonly error?: string | null;
	/** Names of the variables that the template was given, for a diagnosis; never their values. */
	readonly variables?: readonly string[] | null;
};

/**
 * Records for one target. Nothing here throws or rejects for a reason of its own: what cannot be recorded is counted in
 * `stats()`, by reason, and said once on the console. What an isolate has not yet flushed dies with it: at most
 * `flushEveryMs`. Time stands still between I/O in production, so a timer around pure CPU reads 0.
 */
export interface Monitor extends Meter {
	/** As `record` (or another kind), but sends at once and resolves when it is durable. Costs a request of its own. */
	recordDurable(
		name: string,
		value: number,
		labels?: Labels,
		options?: { readonly unit?: string; readonly kind?: RecordedKind },
	): Promise<Result<Receipt, DurableFailure>>;
	/** Runs `fn` and records how long it took, in ms, also when it throws; then throws on what `fn` threw. */
	time<T>(name: string, fn: () => T | Promise<T>, labels?: Labels): Promise<T>;
	/** Reports a message of the application's own: counts it, and passes it on to Perdure's history of messages. */
	message(message: MessageReport): void;
	/** Sends now what is buffered. Resolves when its own attempts have ended; see `stats()` for what came of them. */
	flush(): Promise<void>;
	stats(): MonitorStats;
	/** The same monitor, with a request (or an object) in whose `waitUntil` it flushes. */
	bind(ctx: { waitUntil(promise: Promise<unknown>): void }): Monitor;
	/** The database, measured: `db.query_time` (ms), `db.errors`, `db.slow_queries`. */
	d1(database: D1Database, options?: D1Options): D1Database;
	/** The namespace, measured: `kv.latency` (ms), `kv.errors`, `cache.hits`, `cache.misses`. */
	kv<Key extends string>(namespace: KVNamespace<Key>): KVNamespace<Key>;
	/** The producer, measured: `queue.sent`, `queue.errors`, `queue.send_time` (ms), `queue.backlog`. */
	queue<Body>(queue: Queue<Body>, options?: QueueOptions): Queue<Body>;
}

/**
 * Makes a monitor. Do it once for each isolate (see `oncePerEnv`), so that all requests share one buffer. It never throws:
 * with no target, everything is counted as dropped.
 */
export function createMonitor(target: MonitorTarget, options: MonitorOptions = {}): Monitor {
	const clock = options.clock ?? SYSTEM_CLOCK;
	const settings = {
		flushEveryMs: within(options.flushEveryMs, CLIENT_FLUSH_EVERY_MS, 0, CLIENT_FLUSH_EVERY_MS_MAX),
		flushAtSamples: within(options.flushAtSamples, CLIENT_FLUSH_AT_SAMPLES, 1, CLIENT_SAMPLES_MAX),
		clock,
	};
	const tally = new Tally(options.warn ?? ((line) => console.warn(line)));
	return view(new Recorder(transportOf(target, clock), settings, tally), options.waitUntil ?? null);
}

function view(recorder: Recorder, waitUntil: WaitUntil | null): Monitor {
	const add = (kind: RecordedKind, name: string, value: number, labels: unknown, unit: string | null) =>
		recorder.add({ kind, name, value, labels, unit }, waitUntil);
	const monitor: Monitor = {
		count: (name, delta = 1, labels) => add("counter", name, delta, labels, null),
		gauge: (name, value, labels) => add("gauge", name, value, labels, null),
		record: (name, value, labels, options) => add("distribution", name, value, labels, options?.unit ?? null),
		recordDurable: (name, value, labels, options) =>
			recorder.durable({ kind: options?.kind ?? "distribution", name, value, labels, unit: options?.unit ?? null }),
		time: async (name, fn, labels) => {
			const startMs = recorder.clock.nowMs();
			try {
				return await fn();
			} finally {
				add("distribution", name, recorder.clock.nowMs() - startMs, labels, "ms");
			}
		},
		message: (message) => {
			const taken = recorder.addMessage(message, waitUntil);
			if (taken === null || taken.status === "pending") return;
			const labels = { channel: taken.channel, status: taken.status, template: taken.template };
			add("counter", "notification.total", 1, labels, null);
			if (taken.status === "success") add("counter", "notification.success", 1, labels, null);
			if (taken.latencyMs !== null) add("distribution", "notification.delivery_time", taken.latencyMs, labels, "ms");
		},
		flush: () => recorder.flush(),
		stats: () => recorder.tally.stats(),
		bind: (ctx) => view(recorder, (promise) => ctx.waitUntil(promise)),
		d1: (database, options) => monitorD1(database, monitor, recorder.clock, options),
		kv: (namespace) => monitorKv(namespace, monitor, recorder.clock),
		queue: (queue, options) => monitorQueue(queue, monitor, recorder.clock, options),
	};
	return monitor;
}

/** An RPC stub answers to every name, so only a text under `url` tells an address from a binding. */
function transportOf(target: MonitorTarget, clock: Clock): Transport {
	if (target === null || target === undefined) return NOWHERE;
	if (typeof (target as HttpTarget).url === "string") return httpTransport(target as HttpTarget, clock.nowMs);
	return rpcTransport(target as RecorderApi);
}

function within(value: number | undefined, usual: number, least: number, most: number): number {
	return typeof value === "number" && !Number.isNaN(value) ? Math.min(Math.max(value, least), most) : usual;
}

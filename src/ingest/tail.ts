/**
 * How invocations of other Workers ended, from tail events: `worker.outcomes{script, outcome}` and `worker.exceptions`.
 * This is where exceeded memory and CPU are seen, which no Worker can measure of itself. It never counts Perdure's own
 * events, which would feed themselves, and keeps no logs.
 */
import { configOf } from "../config.ts";
import { nowMs } from "../lib/clock.ts";
import { uuid7 } from "../lib/uuid7.ts";
import { isRetryable } from "../model/errors.ts";
import { labelsKey } from "../model/labels.ts";
import { LABEL_VALUE_CHARS_MAX, TAIL_ATTEMPTS_MAX, TAIL_FLUSH_EVERY_MS, TAIL_SERIES_MAX } from "../model/limits.ts";
import { flushSelf, selfCount } from "../peers/self-meter.ts";
import type { ObjectEnv } from "../peers/stubs.ts";
import { Columns, type Intake } from "./columns.ts";
import { record } from "./record.ts";

/** What a tail event says that we count. */
export type Outcome = {
	readonly scriptName?: string | null;
	readonly outcome: string;
	readonly exceptions?: readonly { readonly name?: string }[];
};

/** Sums by metric and label set. What an isolate's death takes is lost: at most TAIL_FLUSH_EVERY_MS of it. */
let sums = new Map<string, { readonly metric: string; readonly key: string; amount: number }>();
let isWaiting = false;

/** Every script of Perdure's own, whatever it was deployed as. */
const OWN_NAME = "perdure";

/** The tail handler: counts, and tells the sums behind the back of the event. */
export function receiveTail(events: readonly Outcome[], env: Env, ctx: Pick<ExecutionContext, "waitUntil">): void {
	const now = nowMs();
	tallyOutcomes(events, [OWN_NAME, configOf(env).serviceName]);
	ctx.waitUntil(flushOutcomes(env, nowMs));
	flushSelf(env, now, (promise) => ctx.waitUntil(promise));
}

/** Adds events to this isolate's sums. `ownNames`: the scripts that are Perdure itself. */
export function tallyOutcomes(events: readonly Outcome[], ownNames: readonly string[]): void {
	for (const event of events) {
		const script = clean(event.scriptName ?? "unknown");
		if (ownNames.includes(script)) continue;
		add("worker.outcomes", { script, outcome: clean(event.outcome) }, 1);
		if (event.exceptions !== undefined && event.exceptions.length > 0) {
			add("worker.exceptions", { script }, event.exceptions.length);
		}
	}
}

/**
 * Tells the sums within TAIL_FLUSH_EVERY_MS: one write for all that an isolate sees in that time, since a write for each
 * invocation would saturate the object.
 */
export async function flushOutcomes(env: ObjectEnv, clock: () => number): Promise<void> {
	if (isWaiting || sums.size === 0) return;
	isWaiting = true;
	try {
		await scheduler.wait(TAIL_FLUSH_EVERY_MS);
	} finally {
		isWaiting = false;
	}
	const intake = takeOutcomes();
	const createdMs = clock();
	const id = uuid7(createdMs, crypto.getRandomValues(new Uint8Array(10))).replaceAll("-", "");
	for (let attempt = 0; attempt < TAIL_ATTEMPTS_MAX; attempt++) {
		const recorded = await record(env, { id, createdMs, timed: true }, intake, clock());
		if (recorded.ok || !isRetryable(recorded.failure)) return;
		await scheduler.wait(TAIL_FLUSH_EVERY_MS);
	}
	selfCount("tail_dropped");
}

/** The sums so far; nothing is left behind. */
export function takeOutcomes(): Intake {
	const columns = new Columns();
	let ordinal = 0;
	for (const { metric, key, amount } of sums.values()) {
		const index = columns.metric(metric);
		columns.add(columns.column(index, key, "counter"), amount, Number.NaN, ordinal++);
	}
	sums = new Map();
	return columns.build((sample) => `outcomes[${sample}]`);
}

function add(metric: string, labels: Record<string, string>, amount: number): void {
	const key = labelsKey(labels);
	const at = `${metric}\n${key}`;
	const known = sums.get(at);
	if (known !== undefined) known.amount += amount;
	else if (sums.size < TAIL_SERIES_MAX) sums.set(at, { metric, key, amount });
	else selfCount("tail_dropped");
}

/** A label's value out of foreign text. */
function clean(text: string): string {
	return text.replace(/\p{Cc}/gu, "").slice(0, LABEL_VALUE_CHARS_MAX);
}

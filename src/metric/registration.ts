/**
 * Tells the catalog that this metric exists: once, retried with later writes until the catalog took it. Recording never
 * waits for it. Told twice, the catalog changes nothing; the flag is written after its answer, so a crash tells it again.
 */
import { REGISTER_AGAIN_MS } from "../model/limits.ts";
import { ask, catalogStub, type ObjectEnv } from "../peers/stubs.ts";
import type { History } from "./history.ts";
import type { MetricStorage } from "./storage.ts";

export class Registration {
	readonly #env: ObjectEnv;
	readonly #name: string;
	readonly #storage: MetricStorage;
	#lastTryMs = Number.NEGATIVE_INFINITY;

	constructor(env: ObjectEnv, name: string, storage: MetricStorage) {
		this.#env = env;
		this.#name = name;
		this.#storage = storage;
	}

	/** Shards other than the first are known by the schedule that made them. */
	isDue(history: History, nowMs: number): boolean {
		const isKnown = history.metric.registered === 1 || this.#name.includes("#");
		return !isKnown && nowMs - this.#lastTryMs >= REGISTER_AGAIN_MS;
	}

	async register(history: History, nowMs: number): Promise<void> {
		this.#lastTryMs = nowMs;
		const { kind, unit, help, first_ms: firstSeenMs } = history.metric;
		const registration = { name: this.#name, kind, unit, help, firstSeenMs };
		const answer = await ask("catalog", () => catalogStub(this.#env).register(registration));
		if (!answer.ok || !answer.value.ok) return;
		// While we asked, the metric may have been forgotten: nothing but the flag is written, and only if it is still there.
		history.metric = { ...history.metric, registered: 1 };
		this.#storage.markRegistered(firstSeenMs);
	}
}

/**
 * Tells the catalog that this metric exists, and later what was learned of it: once, retried with later writes until the
 * catalog took it. Told twice, the catalog changes nothing; the flag is written after its answer, so a crash tells it again.
 * Only the very first acknowledgement of a metric waits for it, and not for long: a process that died in between would leave
 * a metric that nobody lists until its next sample.
 */
import { settleWithin } from "../lib/async.ts";
import { REGISTER_AGAIN_MS, REGISTER_WAIT_MS } from "../model/limits.ts";
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

	/** Registers the metric. The answer is there when the catalog answered, or, at the first try, REGISTER_WAIT_MS later. */
	async register(history: History, nowMs: number, waitUntil: (promise: Promise<void>) => void): Promise<void> {
		const isFirst = this.#lastTryMs === Number.NEGATIVE_INFINITY;
		this.#lastTryMs = nowMs;
		const told = this.#tell(history);
		waitUntil(told);
		if (isFirst) await settleWithin(() => told, REGISTER_WAIT_MS);
	}

	/**
	 * Unit and help that came after the first sample: the first of each stays. Written at once, so that it is not lost with the
	 * object; run twice it changes nothing.
	 */
	learn(history: History, unit: string | null, help: string | null): void {
		const known = history.metric;
		const isNews = (unit !== null && known.unit === null) || (help !== null && known.help === null);
		if (!isNews) return;
		history.metric = { ...known, unit: known.unit ?? unit, help: known.help ?? help, registered: 0 };
		this.#storage.saveMetric(history.metric);
		this.#lastTryMs = Math.min(this.#lastTryMs, 0);
	}

	async #tell(history: History): Promise<void> {
		const { kind, unit, help, first_ms: firstSeenMs } = history.metric;
		const registration = { name: this.#name, kind, unit, help, firstSeenMs };
		const answer = await ask("catalog", () => catalogStub(this.#env).register(registration));
		if (!answer.ok || !answer.value.ok) return;
		// While we asked, the metric may have been forgotten, or learned of: only the flag is written, and only if all is as it was.
		if (history.metric.unit !== unit || history.metric.help !== help) return;
		history.metric = { ...history.metric, registered: 1 };
		this.#storage.markRegistered(firstSeenMs);
	}
}

/**
 * The minute's tick, run by cron. Its time is when cron should have come, not when it came. It may die anywhere: events that no home
 * heard acknowledged come again with the next tick, and if cron stays away the catalog's alarm ticks.
 */
import { clockOffsetMs, nowMs } from "../lib/clock.ts";
import type { CatalogApi, TickReport } from "../model/catalog-rpc.ts";
import { UNREACHABLE_NAMED_MAX } from "../model/limits.ts";
import { catalogStub } from "../peers/stubs.ts";
import { runTick } from "../peers/tick.ts";
import { CATALOG_SILENT, type JobOutcome } from "./outcome.ts";

/**
 * Runs every tick that is due by `scheduledMs`, the real time for which cron was asked (a moved clock is added here). Failed: a rule
 * could not be judged, an object did not answer, or the catalog did not. Whatever went as it should is quiet.
 */
export async function evaluate(env: Env, scheduledMs: number): Promise<JobOutcome> {
	const catalog = new Listener(env);
	const reports = await runTick(env, scheduledMs + clockOffsetMs(), { by: "cron", clock: nowMs, catalog });
	const result = reports.map(resultOf);
	if (catalog.isSilent) return { kind: "failed", result, error: CATALOG_SILENT };
	const failed = reports.reduce((sum, report) => sum + report.failed, 0);
	const unreachable = reports.reduce((sum, report) => sum + report.unreachable.length, 0);
	if (failed === 0 && unreachable === 0) return { kind: "quiet", result };
	return { kind: "failed", result, error: `${failed} rules failed, ${unreachable} objects did not answer` };
}

/** The catalog, and whether it owes an answer: a tick says nothing of that, for it goes on without. */
class Listener implements Pick<CatalogApi, "beginTick" | "endTick"> {
	/** Methods whose last call was not answered; a call that is tried again may be. */
	readonly #owed = new Set<"beginTick" | "endTick">();
	readonly #env: Env;

	constructor(env: Env) {
		this.#env = env;
	}

	get isSilent(): boolean {
		return this.#owed.size > 0;
	}

	beginTick(timeMs: number): ReturnType<CatalogApi["beginTick"]> {
		return this.#hear("beginTick", (catalog) => catalog.beginTick(timeMs));
	}

	endTick(...args: Parameters<CatalogApi["endTick"]>): Promise<void> {
		return this.#hear("endTick", (catalog) => catalog.endTick(...args));
	}

	async #hear<T>(method: "beginTick" | "endTick", call: (catalog: CatalogApi) => Promise<T>): Promise<T> {
		this.#owed.add(method);
		// A stub of its own each time: one that threw may be broken for good.
		const answer = await call(catalogStub(this.#env));
		this.#owed.delete(method);
		return answer;
	}
}

function resultOf({ tickMs, rules, failed, unreachable, events }: TickReport): unknown {
	return { tickMs, rules, failed, unreachable: unreachable.slice(0, UNREACHABLE_NAMED_MAX), events };
}

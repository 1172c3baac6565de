/** What a check is: one question to one service, with a bound on its time. A check never writes, however it goes. */
import type { Config } from "../config.ts";
import { settleWithin } from "../lib/async.ts";
import { CHECK_TIMEOUT_MS } from "../model/limits.ts";

export type Health = "healthy" | "degraded" | "unhealthy";

export type Finding = {
	readonly status: Health;
	/** For operators; never shown without a token. It names no secret. */
	readonly details: string;
	/** Figures beside the usual ones, such as a backlog. */
	readonly figures?: Readonly<Record<string, number | readonly string[]>>;
	/** Parts of their own, such as one for each receiver. */
	readonly parts?: Readonly<
		Record<string, { readonly status: Health; readonly available: boolean; readonly details: string }>
	>;
};

export type Check = {
	readonly name: string;
	/** As health+json has it: datastore, component, system. */
	readonly componentType: string;
	/** Whether Perdure cannot do its work without it: then its failure makes the whole unhealthy, else degraded. */
	readonly isVital: boolean;
	readonly run: (env: Env, config: Config, nowMs: number) => Promise<Finding>;
};

export type CheckResult = Finding & {
	readonly name: string;
	readonly componentType: string;
	readonly isVital: boolean;
	readonly responseTimeMs: number;
};

/** Runs a check. It never throws and ends in time: what throws or takes too long is unhealthy, and says so. */
export async function runCheck(check: Check, env: Env, config: Config, nowMs: number): Promise<CheckResult> {
	const { name, componentType, isVital } = check;
	const startedMs = Date.now();
	const settled = await settleWithin(() => check.run(env, config, nowMs), CHECK_TIMEOUT_MS);
	const finding = settled.kind === "value" ? settled.value : failed(settled);
	return { ...finding, name, componentType, isVital, responseTimeMs: Date.now() - startedMs };
}

function failed(settled: { readonly kind: "late" } | { readonly kind: "thrown"; readonly error: unknown }): Finding {
	if (settled.kind === "late") return { status: "unhealthy", details: `no answer within ${CHECK_TIMEOUT_MS} ms` };
	const why = settled.error instanceof Error ? settled.error.message : String(settled.error);
	return { status: "unhealthy", details: `failed: ${why.slice(0, 200)}` };
}

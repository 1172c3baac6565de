/**
 * The way over a service binding to Perdure's `Recorder` entrypoint. The binding belongs to the isolate, so any request
 * may call it; the promise of a call belongs to the request that made it, and must stay there.
 */
import type { Result } from "../lib/result.ts";
import type { Failure } from "../model/errors.ts";
import type { RecorderApi } from "../model/recorder-api.ts";
import { type Outcome, outcomeOfFailure, type Transport } from "./transport.ts";

/** A transport over a binding. One call is one attempt. */
export function rpcTransport(binding: RecorderApi): Transport {
	return {
		record: (batch) => attempt(() => binding.record(batch)),
		messages: (messages) => attempt(() => binding.messages(messages)),
	};
}

async function attempt<T>(call: () => Promise<Result<T, Failure>>): Promise<Outcome<T>> {
	let result: Result<T, Failure>;
	try {
		result = await call();
	} catch (thrown) {
		return outcomeOfThrown(thrown);
	}
	const outcome: Outcome<T> = result.ok ? { kind: "accepted", value: result.value } : outcomeOfFailure(result.failure);
	// A result of RPC that is an object holds resources on the other side until it is disposed of or collected.
	(result as Partial<Disposable>)[Symbol.dispose]?.();
	return outcome;
}

/** Retries what the platform marks as retryable, and never an overload: more calls would make that worse. */
function outcomeOfThrown(thrown: unknown): Outcome<never> {
	const { retryable, overloaded, message } = (thrown ?? {}) as Partial<Record<string, unknown>>;
	const reason = `call failed: ${String(message ?? thrown).slice(0, 200)}`;
	if (retryable === true && overloaded !== true) return { kind: "retry", reason, afterMs: null };
	return { kind: "refused", reason, expired: false };
}

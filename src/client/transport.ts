/** How a batch reaches Perdure: one interface, two ways (a service binding, HTTP). A transport makes one attempt. */
import type { AppMessage, MessagesReceipt } from "../model/app-message.ts";
import type { Batch } from "../model/batch.ts";
import { type Failure, isRetryable } from "../model/errors.ts";
import type { Receipt } from "../model/receipt.ts";

/** What one attempt came to. `afterMs`: not before that long from now, if the other side said so. */
export type Outcome<T> =
	| { readonly kind: "accepted"; readonly value: T }
	| { readonly kind: "retry"; readonly reason: string; readonly afterMs: number | null }
	| { readonly kind: "refused"; readonly reason: string; readonly expired: boolean };

/** One attempt a call. Never throws: what goes wrong is an outcome. */
export interface Transport {
	record(batch: Batch): Promise<Outcome<Receipt>>;
	messages(messages: readonly AppMessage[]): Promise<Outcome<MessagesReceipt>>;
}

/** The outcome of a failure that Perdure answered with. */
export function outcomeOfFailure(failure: Failure): Outcome<never> {
	const reason = `${failure.code}: ${explain(failure)}`;
	if (!isRetryable(failure)) return { kind: "refused", reason, expired: failure.code === "expired" };
	const afterMs = "retryAfterS" in failure && failure.retryAfterS > 0 ? failure.retryAfterS * 1_000 : null;
	return { kind: "retry", reason, afterMs };
}

/** The way to nowhere, when no target was given: recording must not break the host that forgot a binding. */
export const NOWHERE: Transport = {
	record: async () => NO_TARGET,
	messages: async () => NO_TARGET,
};

const NO_TARGET: Outcome<never> = {
	kind: "refused",
	reason: "no target: createMonitor needs the service binding to Perdure's Recorder, or { url, token }",
	expired: false,
};

function explain(failure: Failure): string {
	switch (failure.code) {
		case "invalid":
			return failure.issues
				.slice(0, 3)
				.map(({ place, reason }) => `${place}: ${reason}`)
				.join("; ");
		case "too_large":
			return `${failure.what} has ${failure.got}, the limit is ${failure.limit}`;
		case "not_found":
		case "unavailable":
			return failure.what;
		case "forbidden":
			return `the token lacks the scope '${failure.scope}'`;
		case "method_not_allowed":
			return `allowed: ${failure.allow.join(", ")}`;
		default:
			return failure.reason;
	}
}

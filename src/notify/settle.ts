/** What becomes of a delivery after an attempt. Pure: the clock and chance come in, the move goes out. */
import { unreachable } from "../lib/assert.ts";
import { DELIVERY_AGE_MS_MAX, DELIVERY_ATTEMPTS_MAX } from "../model/limits.ts";
import type { Outcome } from "../model/notification.ts";
import { backoffMs } from "./backoff.ts";
import type { Open } from "./lane.ts";

export type Move =
	/** Nothing changes: the outcome is of an earlier hand-out, or came before. */
	| { readonly kind: "ignore" }
	| { readonly kind: "delivered" }
	| { readonly kind: "again"; readonly nextMs: number; readonly error: string }
	| { readonly kind: "dead"; readonly error: string };

/** Moves a delivery by the outcome of hand-out number `attempt`. Accepted is accepted, however late it is heard. */
export function afterOutcome(open: Open, attempt: number, outcome: Outcome, nowMs: number, random: number): Move {
	if (outcome.kind === "delivered") return { kind: "delivered" };
	if (open.phase === "pending" || open.attempts !== attempt) return { kind: "ignore" };
	switch (outcome.kind) {
		case "never":
			return { kind: "dead", error: outcome.why };
		case "retry":
			if (isExhausted(open, nowMs)) return { kind: "dead", error: `${outcome.why}; given up` };
			return {
				kind: "again",
				nextMs: nowMs + backoffMs(open.attempts - open.lost, random, outcome.retryAfterMs),
				error: outcome.why,
			};
		default:
			return unreachable(outcome);
	}
}

/**
 * Whether a delivery has had all its attempts, or its day. Lost hand-outs count here: a message that ends the process each time it is
 * sent is never answered, and must end too.
 */
export function isExhausted(open: Open, nowMs: number): boolean {
	return open.attempts >= DELIVERY_ATTEMPTS_MAX || nowMs - (open.firstMs ?? nowMs) >= DELIVERY_AGE_MS_MAX;
}

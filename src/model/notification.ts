/** What is said to whom: a delivery is one message to one receiver about one alert event, kept until accepted or dead. */
import type { Result } from "../lib/result.ts";
import type { AlertEvent } from "./alert.ts";
import type { Failure } from "./errors.ts";

/** The channels that exist; each is one file in notify/channels and one line in its list. */
export const CHANNELS = ["log", "webhook"] as const;
export type Channel = (typeof CHANNELS)[number];

export const SEVERITIES = ["critical", "warning", "info"] as const;
export type Severity = (typeof SEVERITIES)[number];

/** What a channel says of one attempt. `why` names no URL and no secret. */
export type Outcome =
	| { readonly kind: "delivered"; readonly httpStatus: number | null }
	| {
			readonly kind: "retry";
			readonly why: string;
			readonly httpStatus: number | null;
			readonly retryAfterMs: number | null;
	  }
	| { readonly kind: "never"; readonly why: string; readonly httpStatus: number | null };

/** pending: waits for its time. sending: handed to the queue, or being sent. dead: never to be delivered, kept and told. */
export type DeliveryState = "pending" | "sending" | "delivered" | "dead";

export type Delivery = {
	/** Stable over all attempts: receivers that honour an idempotency key get it. */
	readonly id: string;
	readonly receiver: string;
	readonly channel: Channel;
	readonly event: AlertEvent;
	readonly state: DeliveryState;
	readonly attempts: number;
	readonly createdMs: number;
	/** Not before this time. */
	readonly nextMs: number;
	readonly lastError: string | null;
};

/** What travels on the queue: the queue only executes, the notifier owns the delivery. `attempt` counts hand-outs, from 1. */
export type DeliveryMessage = { readonly deliveryId: string; readonly attempt: number; readonly delivery: Delivery };

export type DeliveryOutcome = {
	readonly deliveryId: string;
	readonly attempt: number;
	readonly outcome: Outcome;
	readonly startedMs: number;
	readonly endedMs: number;
};

/** What became of a delivery after an outcome. `nextMs` is when it is tried again; null: never. */
export type DeliverySettlement = { readonly state: DeliveryState; readonly nextMs: number | null };

/** A receiver as health shows it: configured or skipped, and how it fares. */
export type ReceiverHealth = {
	readonly receiver: string;
	readonly channel: Channel | null;
	readonly configured: boolean;
	readonly pending: number;
	readonly dead: number;
	readonly lastDeliveredMs: number | null;
	readonly lastError: string | null;
	/** Since ever; `dead` counts those that are kept and can be replayed. */
	readonly deadTotal?: number;
	/** What is wrong with its settings; never their values. */
	readonly problem?: string | null;
};

export interface NotifierApi {
	/** Takes events over; answers the ids it now owns (or owned before). Handing the same event over again changes nothing. */
	accept(events: readonly AlertEvent[]): Promise<Result<readonly string[], Failure>>;
	/** Whether this hand-out may be sent now. A consumer asks before each send, since a queue may deliver late, or twice. */
	claim(deliveryId: string, attempt: number): Promise<boolean>;
	/** How an attempt went; the same outcome again changes nothing. Null: the delivery is not known (any more). */
	outcome(outcome: DeliveryOutcome): Promise<DeliverySettlement | null>;
	/** Re-arms what is overdue; every tick calls it, since an alarm may not fire. */
	tick(): Promise<void>;
	receivers(): Promise<readonly ReceiverHealth[]>;
	deliveries(state: DeliveryState | null, limit: number): Promise<readonly Delivery[]>;
	/** A dead delivery is tried again. */
	replay(deliveryId: string): Promise<Result<null, Failure>>;
}

/** What is said to whom: a delivery is one message to one target about one group of alerts, kept until accepted or dead. */
import type { Result } from "../lib/result.ts";
import type { AlertEvent } from "./alert.ts";
import type { Channel } from "./channel.ts";
import type { Failure } from "./errors.ts";
import type { Message, MessageCause } from "./message.ts";
import type { IntegrationConfig } from "./routing.ts";

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

/** What keeps an alert from being told. `by`: the silence's id, the inhibiting alerts, the interval's name, a person. */
export type MuteReason = {
	readonly kind: "silence" | "inhibition" | "time interval" | "acknowledged" | "flapping";
	readonly by: string;
};

/** pending: waits for its time. sending: handed to the queue, or being sent. dead: never to be delivered, kept and told. */
export type DeliveryState = "pending" | "sending" | "delivered" | "dead";

export type Delivery = {
	/** Stable over all attempts: receivers that honour an idempotency key get it. */
	readonly id: string;
	readonly receiver: string;
	/** One integration of the receiver: `name/0`. */
	readonly target: string;
	readonly channel: Channel;
	/** Of the look at the group that caused it: messages to several targets share it. */
	readonly saidId: string;
	readonly groupKey: string;
	readonly status: Message["status"];
	readonly cause: MessageCause;
	/** Alerts in it. */
	readonly alerts: number;
	readonly state: DeliveryState;
	readonly attempts: number;
	readonly createdMs: number;
	/** Not before this time. */
	readonly nextMs: number;
	readonly lastError: string | null;
};

/** What travels on the queue: the queue only executes, the notifier owns the delivery. `attempt` counts hand-outs, from 1. */
export type DeliveryMessage = { readonly deliveryId: string; readonly attempt: number };

/** What a consumer needs to send. `version` names the configuration: with it the integration that was opened stays the same. */
export type Claim = { readonly delivery: Delivery; readonly message: Message; readonly version: string };

/** What an integration is opened from. Holds secrets: between objects only, never in a reply and never on a log. */
export type IntegrationSource = {
	readonly version: string;
	readonly config: IntegrationConfig;
	readonly global: Readonly<Record<string, unknown>>;
	/** Uploaded template files. */
	readonly templates: readonly { readonly name: string; readonly text: string }[];
};

export type DeliveryOutcome = {
	readonly deliveryId: string;
	readonly attempt: number;
	readonly outcome: Outcome;
	readonly startedMs: number;
	readonly endedMs: number;
};

/** What became of a delivery after an outcome. `nextMs` is when it is tried again; null: never. */
export type DeliverySettlement = { readonly state: DeliveryState; readonly nextMs: number | null };

/** One attempt, as the log has it. `settlement` is null when the notifier could not be told. */
export type Attempt = {
	readonly delivery: Delivery;
	readonly attempt: number;
	readonly outcome: Outcome;
	readonly settlement: DeliverySettlement | null;
	readonly payloadHash: string;
	readonly startedMs: number;
	readonly endedMs: number;
};

/** What goes to D1, to look back: an event of an own rule, an attempt, a message that died unsent, or what was muted. */
export type LogEntry =
	| { readonly kind: "event"; readonly event: AlertEvent }
	| { readonly kind: "attempt"; readonly attempt: Attempt }
	| { readonly kind: "dead"; readonly delivery: Delivery; readonly error: string; readonly atMs: number }
	| {
			readonly kind: "muted";
			readonly groupKey: string;
			readonly receiver: string;
			readonly fingerprint: string;
			readonly startsAtMs: number;
			readonly why: string;
			readonly atMs: number;
	  };

/** A target as health shows it: configured or skipped, and how it fares. */
export type ReceiverHealth = {
	/** `name/0`, or the channel where nothing is configured for it. */
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
	/** What may be sent now under each hand-out; null: nothing. A queue may deliver late, or twice. */
	claims(handOuts: readonly DeliveryMessage[]): Promise<readonly (Claim | null)[]>;
	/** What a target is opened from; null: the configuration has no such target (any more). */
	integration(target: string): Promise<IntegrationSource | null>;
	/** How attempts went; the same outcome again changes nothing. Null: the delivery is not known (any more). */
	outcomes(outcomes: readonly DeliveryOutcome[]): Promise<readonly (DeliverySettlement | null)[]>;
	/** Keeps what D1 did not take, until it does. */
	keepLog(entries: readonly LogEntry[]): Promise<void>;
	/** Re-arms what is overdue; every tick calls it, since an alarm may not fire. */
	tick(): Promise<void>;
	receivers(): Promise<readonly ReceiverHealth[]>;
	deliveries(state: DeliveryState | null, limit: number): Promise<readonly Delivery[]>;
	/** One delivery with what it says; null: not known (any more). */
	delivery(deliveryId: string): Promise<{ readonly delivery: Delivery; readonly message: Message } | null>;
	/** A dead delivery is tried again. */
	replay(deliveryId: string): Promise<Result<null, Failure>>;
}

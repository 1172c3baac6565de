/**
 * What a receiver is told at once: the alerts of one group, as they stood when the group was flushed. The shape is that of
 * Alertmanager's notification data, so that its templates and its webhook payload can be made of it.
 */
import type { Labels } from "./labels.ts";

/** One alert in a message. Times are Unix milliseconds. */
export type MessageAlert = {
	/** Of the labels, as Prometheus prints it: 16 hex digits. */
	readonly fingerprint: string;
	readonly status: "firing" | "resolved";
	/** With `alertname`. */
	readonly labels: Labels;
	readonly annotations: Readonly<Record<string, string>>;
	readonly startsAtMs: number;
	/** Null while it fires. */
	readonly endsAtMs: number | null;
	/** "" when its sender gave none. */
	readonly generatorUrl: string;
	/** What the expression gave; null for alerts of other senders. */
	readonly value: number | null;
	/** Why it ended, in words, where Perdure knows. */
	readonly reason: string | null;
	/** Of an own alert: its rule, and the object that keeps its state. Of no interest to a receiver. */
	readonly origin?: { readonly ruleId: string; readonly home: string };
};

/** Why a message is sent. */
export type MessageCause = "first" | "changed" | "resolved" | "repeat" | "escalated" | "told" | "test";

export type Message = {
	/** The name of the receiver, as the route has it. */
	readonly receiver: string;
	/** firing as long as one of the alerts fires. */
	readonly status: "firing" | "resolved";
	/** As Alertmanager writes it: `{}/{severity="critical"}:{alertname="X"}`. The same for the life of a group. */
	readonly groupKey: string;
	readonly groupLabels: Labels;
	readonly commonLabels: Labels;
	readonly commonAnnotations: Readonly<Record<string, string>>;
	/** Sorted as Alertmanager sorts them: by job, by instance, by labels. Never empty. */
	readonly alerts: readonly MessageAlert[];
	/** Alerts of the group for which there was no place. */
	readonly truncatedAlerts: number;
	/** Where Perdure itself is reached; "" when it does not know. */
	readonly externalUrl: string;
	readonly cause: MessageCause;
	/** How many messages that could not leave this one stands for, itself included: 1 mostly. */
	readonly coalesced: number;
	readonly createdMs: number;
};

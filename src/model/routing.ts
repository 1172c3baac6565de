/** Who is told: the routing tree, its receivers, what mutes, in the words of Alertmanager's configuration file. */

import type { Channel } from "./channel.ts";
import type { Matcher } from "./matcher.ts";

/** Labels that make a group; `...`: each alert is its own. */
export type GroupBy = readonly string[] | "...";

/** One node of the routing tree. What a child does not say it has from its parent: everything is filled in. */
export type Route = {
	/** Alertmanager's key of a route: `{}/{severity="critical"}/...`; with `#n` behind it where two siblings are equal. */
	readonly key: string;
	readonly receiver: string;
	/** Sorted as Alertmanager sorts them. All must hold; none: everything. */
	readonly matchers: readonly Matcher[];
	readonly groupBy: GroupBy;
	readonly groupWaitMs: number;
	readonly groupIntervalMs: number;
	readonly repeatIntervalMs: number;
	readonly continue: boolean;
	readonly muteTimeIntervals: readonly string[];
	readonly activeTimeIntervals: readonly string[];
	/** Receivers that are told in turn while nobody acknowledges; empty: no escalation. */
	readonly escalation: readonly EscalationStep[];
	/** How long a group that flaps keeps quiet between two messages; null: it may flap. */
	readonly flapHoldMs: number | null;
	readonly routes: readonly Route[];
};

/** `afterMs` from the group's first message; 0: with it. */
export type EscalationStep = { readonly receiver: string; readonly afterMs: number };

/** One entry of a receiver's `<channel>_configs`. The settings may hold secrets: never in a reply, never on a log. */
export type IntegrationConfig = {
	readonly channel: Channel;
	readonly sendResolved: boolean;
	/** The mapping as it stood in the file; the channel has checked it. */
	readonly settings: Readonly<Record<string, unknown>>;
};

export type ReceiverConfig = { readonly name: string; readonly integrations: readonly IntegrationConfig[] };

/** While an alert that matches `source` fires, those that match `target` and have the same `equal` labels are muted. */
export type InhibitRule = {
	readonly source: readonly Matcher[];
	readonly target: readonly Matcher[];
	readonly equal: readonly string[];
};

/** Inclusive at both ends; days of month may count from the end (-1: the last). */
export type NumberRange = { readonly from: number; readonly to: number };

/** All given parts must hold; an empty list holds always. Minutes of the day: `from` in, `to` (up to 1440) out. */
export type TimeInterval = {
	readonly times: readonly NumberRange[];
	/** 0 is Sunday. */
	readonly weekdays: readonly NumberRange[];
	readonly daysOfMonth: readonly NumberRange[];
	readonly months: readonly NumberRange[];
	readonly years: readonly NumberRange[];
	/** IANA name; "UTC" when the file says nothing. */
	readonly location: string;
};

export type RoutingConfig = {
	readonly route: Route;
	readonly receivers: readonly ReceiverConfig[];
	readonly inhibitRules: readonly InhibitRule[];
	/** By name. */
	readonly timeIntervals: Readonly<Record<string, readonly TimeInterval[]>>;
	/** When an alert whose sender gave no end counts as resolved, from its last arrival. */
	readonly resolveTimeoutMs: number;
	/** The `global` section as it stood: channels take their defaults from it. May hold secrets. */
	readonly global: Readonly<Record<string, unknown>>;
};

/** A silence: alerts that all matchers mean are not told of, from its start to its end. */
export type Silence = {
	/** UUID. */
	readonly id: string;
	readonly matchers: readonly Matcher[];
	readonly startsAtMs: number;
	readonly endsAtMs: number;
	readonly updatedAtMs: number;
	readonly createdBy: string;
	readonly comment: string;
	/** Silent only within these intervals, between start and end; null: all the time. */
	readonly recurring: readonly TimeInterval[] | null;
	/** How long before the end its receivers are reminded; null: not at all. */
	readonly remindBeforeMs: number | null;
};

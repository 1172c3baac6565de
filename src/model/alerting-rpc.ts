/** What the notifier answers about alerts, groups, silences and its configuration. Times are Unix milliseconds. */
import type { Result } from "../lib/result.ts";
import type { Failure, Issue } from "./errors.ts";
import type { Labels } from "./labels.ts";
import type { Matcher } from "./matcher.ts";
import type { MuteReason } from "./notification.ts";
import type { Route, Silence } from "./routing.ts";

/** An alert as another sender posted it; null: not given. */
export type PostedAlert = {
	readonly labels: Labels;
	readonly annotations: Readonly<Record<string, string>>;
	readonly startsAtMs: number | null;
	readonly endsAtMs: number | null;
	readonly generatorUrl: string;
	/** Of senders that may repeat themselves late: what is said under one id counts once. */
	readonly id?: string;
};

/** What became of posted alerts: each that was refused has its place, such as `[3].labels`. */
export type PostedReceipt = { readonly accepted: number; readonly issues: readonly Issue[] };

export type AlertView = {
	readonly fingerprint: string;
	readonly labels: Labels;
	readonly annotations: Readonly<Record<string, string>>;
	readonly startsAtMs: number;
	/** Null: until it is said to have ended. */
	readonly endsAtMs: number | null;
	readonly updatedAtMs: number;
	readonly generatorUrl: string;
	/** unprocessed: no group has looked at it yet. */
	readonly state: "unprocessed" | "active" | "suppressed";
	readonly mutedBy: readonly MuteReason[];
	readonly receivers: readonly string[];
};

export type GroupView = {
	/** `{}/{severity="critical"}:{alertname="X"}`. */
	readonly key: string;
	readonly labels: Labels;
	readonly receiver: string;
	readonly alerts: readonly AlertView[];
	readonly acknowledged: { readonly by: string; readonly comment: string; readonly atMs: number } | null;
	/** Steps of its escalation that were taken. */
	readonly escalated: number;
	readonly nextLookMs: number | null;
};

/** What an answer has room for, and how many alerts there are with those that had none; one in two groups counts twice there. */
export type Listed<T> = { readonly items: readonly T[]; readonly shown: number; readonly total: number };

/** As the parameters of Alertmanager's `GET /api/v2/alerts`. */
export type AlertsQuery = {
	readonly matchers: readonly Matcher[];
	readonly active: boolean;
	readonly silenced: boolean;
	readonly inhibited: boolean;
	readonly unprocessed: boolean;
	/** RE2 over the whole name; null: any. */
	readonly receiver: string | null;
};

/**
 * A silence that is wanted. With an id: in place of that one. `newId`: the UUID under which a new one is kept, so that a call
 * that is repeated makes one silence, not two; left out: the notifier chooses.
 */
export type SilenceWish = Omit<Silence, "id" | "updatedAtMs"> & { readonly id: string | null; readonly newId?: string };

/** The configuration in force, without secrets. */
export type ConfigView = {
	readonly version: string;
	/** False: the default by severity, out of the deployment's variables. */
	readonly isUploaded: boolean;
	/** What was uploaded, secrets blotted out; null: nothing. */
	readonly text: string | null;
	readonly problem: string | null;
	readonly warnings: readonly Issue[];
	readonly route: Route;
	readonly receivers: readonly string[];
	readonly templates: readonly string[];
};

export interface AlertingApi {
	/** Takes alerts of another sender in; the same again changes nothing. */
	postAlerts(alerts: readonly PostedAlert[]): Promise<Result<PostedReceipt, Failure>>;
	alerts(query: AlertsQuery): Promise<Result<Listed<AlertView>, Failure>>;
	groups(query: AlertsQuery): Promise<Result<Listed<GroupView>, Failure>>;
	silences(matchers: readonly Matcher[]): Promise<Result<readonly Silence[], Failure>>;
	/** The id under which it is kept: a new one where the old one cannot be changed. */
	putSilence(wish: SilenceWish): Promise<Result<string, Failure>>;
	/** Ends a silence now. */
	expireSilence(id: string): Promise<Result<null, Failure>>;
	/** Takes a group on: quiet until it is over or gets worse. An empty `by` gives it back. */
	acknowledge(groupKey: string, by: string, comment: string): Promise<Result<null, Failure>>;
	config(): Promise<ConfigView>;
	/** Null: back to the default. The warnings name what has no effect. */
	putConfig(text: string | null): Promise<Result<readonly Issue[], Failure>>;
	/** A file with `{{ define }}` blocks; null: forgets it. */
	putTemplates(name: string, text: string | null): Promise<Result<null, Failure>>;
	templates(): Promise<readonly { readonly name: string; readonly text: string }[]>;
	/** Which receivers these labels reach, and why. */
	explain(labels: Labels): Promise<unknown>;
	/** Sends a test message to every integration of a receiver; answers the ids of the deliveries. */
	sendTest(receiver: string): Promise<Result<readonly string[], Failure>>;
}

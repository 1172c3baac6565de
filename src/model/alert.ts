/** The state of one alert (a rule and a label set), what an evaluation says of it, and the events that are told. */
import type { Labels } from "./labels.ts";

/** What one evaluation says of one label set. */
export type Verdict =
	| { readonly kind: "breached"; readonly value: number }
	| { readonly kind: "ok" }
	/** No series that the rule reads has this label set any longer, while others do. */
	| { readonly kind: "vanished" }
	/** Every selector of the rule came back empty. */
	| { readonly kind: "no_data" };

/** Common to every state that is kept: what was told, and since when nothing may be told again. */
export type AlertMemory = {
	/** Tick time of the last firing that was told; null: none yet. The cooldown counts from here. */
	readonly toldMs: number | null;
	/** Grows with every event of this alert, over all its lives. */
	readonly sequence: number;
};

/** Times are tick times, Unix milliseconds. An alert without a kept state is inactive with an empty memory. */
export type AlertState = AlertMemory &
	(
		| { readonly kind: "inactive" }
		| { readonly kind: "pending"; readonly sinceMs: number; readonly value: number }
		| {
				readonly kind: "firing";
				readonly sinceMs: number;
				readonly startsAtMs: number;
				readonly value: number;
				/** False while the cooldown holds the news back: nobody was told yet, so nobody is told of its end. */
				readonly told: boolean;
				/** Since when it is no longer breached but kept by `keep_firing_for`; null: it is breached. */
				readonly keptSinceMs: number | null;
		  }
	);

/** Why an alert ended; `no data` is also said of a firing that comes from the policy `alert`. */
export type ResolveReason = "recovered" | "vanished" | "no data" | "rule changed";

/** What has to be told. `id` is the same however often it is handed over: rule, label set, start and sequence. */
export type AlertEvent = {
	readonly id: string;
	readonly kind: "firing" | "resolved";
	readonly ruleId: string;
	readonly group: string;
	readonly alertname: string;
	/** With `alertname`; the identity of the alert. */
	readonly labels: Labels;
	readonly annotations: Readonly<Record<string, string>>;
	/** The last one that was breached; always finite (see alert/evaluation.ts), 0 when it fires for want of data. */
	readonly value: number;
	readonly startsAtMs: number;
	/** Null while it fires. */
	readonly endsAtMs: number | null;
	readonly reason: ResolveReason | null;
	/** Tick that caused it. */
	readonly atMs: number;
	/** Name of the object that keeps the alert's state, so that it can be told when nobody could be reached. */
	readonly home?: string;
};

/** One alert as `GET /api/v1/alerts` and `/api/v1/rules` show it. */
export type ActiveAlert = {
	readonly ruleId: string;
	readonly group: string;
	readonly labels: Labels;
	readonly annotations: Readonly<Record<string, string>>;
	readonly state: "pending" | "firing";
	readonly activeAtMs: number;
	readonly value: number;
	readonly told: boolean;
};

/** How the last evaluation of a rule went. */
export type RuleHealth = {
	readonly ruleId: string;
	readonly health: "ok" | "err" | "unknown";
	readonly lastError: string | null;
	readonly lastEvaluationMs: number;
	readonly evaluationMs: number;
};

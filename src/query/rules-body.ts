/** Rules and their alerts in the JSON of Prometheus' `rules` and `alerts`, filtered and paged as Prometheus 3 does. Pure. */
import type { ActiveAlert, RuleHealth } from "../model/alert.ts";
import { compileMatchers, type LabelTest, type Matcher } from "../model/matcher.ts";
import { isRecording, type RecordingRule, type Rule, rulesInOrder, type StoredRuleGroup } from "../model/rule.ts";
import { validate } from "../promql/check.ts";
import { printExpression } from "../promql/format.ts";
import { formatFloat } from "../template/float.ts";
import type { RuleState } from "./alerts.ts";

/** What Prometheus calls the file of a group: all of them are kept in the catalog. */
export const RULE_FILE_NAME = "perdure";
const NEVER = "0001-01-01T00:00:00Z";

/** Which rules are wanted. An empty list of names, files or selectors: all. */
export type RulesQuestion = {
	readonly type: "alert" | "record" | null;
	readonly rules: readonly string[];
	readonly groups: readonly string[];
	readonly files: readonly string[];
	/** On the labels of a rule as they are written. One of them has to accept. */
	readonly selectors: readonly (readonly Matcher[])[];
	readonly withAlerts: boolean;
};

export type GroupBody = {
	readonly name: string;
	readonly file: string;
	readonly rules: readonly RuleBody[];
} & Readonly<Record<string, unknown>>;
export type RuleBody = { readonly evaluationTime: number; readonly lastEvaluation: string } & Readonly<
	Record<string, unknown>
>;

/** The groups that have a rule which is wanted, in their order. */
export function groupBodies({ groups, health, alerts }: RuleState, question: RulesQuestion): readonly GroupBody[] {
	const healthOf = new Map(health.map((one) => [one.ruleId, one]));
	const alertsOf = Map.groupBy(alerts, (alert) => alert.ruleId);
	const isMeant = testOf(question.selectors);
	const isWanted = (rule: Rule | RecordingRule): boolean => {
		const [type, name] = isRecording(rule) ? (["record", rule.record] as const) : (["alert", rule.alert] as const);
		return (question.type ?? type) === type && includes(question.rules, name) && isMeant(rule.labels);
	};
	return groups
		.filter(({ name }) => includes(question.groups, name) && includes(question.files, RULE_FILE_NAME))
		.map((group) => {
			const rules = rulesInOrder(group);
			const all = rules.map((rule) => {
				const ruleHealth = healthOf.get(rule.id);
				if (isRecording(rule)) return recordingBody(rule, ruleHealth);
				return ruleBody(rule, ruleHealth, alertsOf.get(rule.id) ?? [], question.withAlerts);
			});
			return groupBody(
				group,
				all,
				all.filter((_, i) => isWanted(rules[i] as Rule | RecordingRule)),
			);
		})
		.filter(({ rules }) => rules.length > 0);
}

/** `data` of `alerts`. */
export function alertsBody({ alerts }: RuleState): unknown {
	return { alerts: alerts.map(alertBody) };
}

/** The times of a group are those of all its rules, shown or not. */
function groupBody(group: StoredRuleGroup, all: readonly RuleBody[], rules: readonly RuleBody[]): GroupBody {
	const last = all.map((rule) => rule.lastEvaluation).sort();
	return {
		name: group.name,
		file: RULE_FILE_NAME,
		rules,
		interval: group.intervalMs / 1_000,
		limit: rulesInOrder(group)[0]?.limit ?? 0,
		evaluationTime: all.reduce((sum, rule) => sum + rule.evaluationTime, 0),
		lastEvaluation: last.at(-1) ?? NEVER,
	};
}

function ruleBody(
	rule: Rule,
	health: RuleHealth | undefined,
	alerts: readonly ActiveAlert[],
	withAlerts: boolean,
): RuleBody {
	const firing = alerts.some((alert) => alert.state === "firing");
	return {
		state: firing ? "firing" : alerts.length > 0 ? "pending" : "inactive",
		name: rule.alert,
		query: printed(rule.expr),
		duration: rule.forMs / 1_000,
		keepFiringFor: rule.keepFiringForMs / 1_000,
		labels: rule.labels,
		annotations: rule.annotations,
		alerts: withAlerts ? alerts.map(alertBody) : null,
		...healthBody(health),
		type: "alerting",
	};
}

function recordingBody(rule: RecordingRule, health: RuleHealth | undefined): RuleBody {
	return {
		name: rule.record,
		query: printed(rule.expr),
		...(Object.keys(rule.labels).length === 0 ? {} : { labels: rule.labels }),
		...healthBody(health),
		type: "recording",
	};
}

function healthBody(health: RuleHealth | undefined) {
	return {
		health: health?.health ?? "unknown",
		...(health?.lastError == null ? {} : { lastError: health.lastError }),
		evaluationTime: (health?.evaluationMs ?? 0) / 1_000,
		lastEvaluation:
			health === undefined || health.lastEvaluationMs === 0 ? NEVER : new Date(health.lastEvaluationMs).toISOString(),
	};
}

/** As Prometheus shows it: in its own layout, whatever that of the file is. */
function printed(text: string): string {
	const expr = validate(text);
	return expr.ok ? printExpression(expr.value, text) : text;
}

function alertBody(alert: ActiveAlert) {
	return {
		labels: alert.labels,
		annotations: alert.annotations,
		state: alert.state,
		activeAt: new Date(alert.activeAtMs).toISOString(),
		// Unlike everywhere else in its API Prometheus always writes an exponent here.
		value: formatFloat(alert.value, "e", "shortest"),
	};
}

function testOf(selectors: readonly (readonly Matcher[])[]): LabelTest {
	if (selectors.length === 0) return () => true;
	const tests = selectors.map((matchers) => compileMatchers(matchers));
	return (labels) => tests.some((test) => test.ok && test.value(labels));
}

function includes(wanted: readonly string[], name: string): boolean {
	return wanted.length === 0 || wanted.includes(name);
}

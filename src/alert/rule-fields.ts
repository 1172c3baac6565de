/** The fields of one rule of a rule file, checked one by one, with the extensions taken out of the annotations. */
import { err, ok, type Result } from "../lib/result.ts";
import { type Fields, knownFields, readDuration } from "../lib/yaml-fields.ts";
import type { YamlNode, YamlSource } from "../lib/yaml-source.ts";
import { labelIssue } from "../model/labels.ts";
import {
	ANNOTATION_CHARS_MAX,
	ANNOTATIONS_PER_RULE_MAX,
	EXPRESSION_CHARS_MAX,
	LABEL_NAME_CHARS_MAX,
	LABELS_PER_SERIES_MAX,
	MINUTE_MS,
	RULE_NAME_BYTES_MAX,
} from "../model/limits.ts";
import { NO_DATA_POLICIES, type NoDataPolicy, type Rule } from "../model/rule.ts";
import { checkRuleTemplate } from "../template/rule-template.ts";
import { complainInside, type ExpressionIssue } from "./expression-place.ts";

/** Whether a text is an expression that can be evaluated; a failure counts lines and columns from 1. */
export type CheckExpression = (expr: string) => Result<unknown, ExpressionIssue>;

/** The checks of the languages inside a rule. */
export type RuleChecks = { readonly expression: CheckExpression; readonly template: typeof checkTemplate };

/** Whether a label or an annotation is a template. What only fails when it is expanded passes, as in Prometheus. */
export function checkTemplate(text: string): Result<null, ExpressionIssue> {
	const issue = checkRuleTemplate(text);
	return issue === null ? ok(null) : err({ ...issue, reason: `template: ${issue.reason}` });
}

/** `perdure_cooldown` of a rule that names none, as the seed of the default rules has it. */
export const COOLDOWN_MS_DEFAULT = 5 * MINUTE_MS;

const RULE_FIELDS = ["alert", "record", "expr", "for", "keep_firing_for", "labels", "annotations"];
const EXTENSION_PREFIX = "perdure_";
/** Two underscores are left to Prometheus, and `__proto__` to nobody. */
const ANNOTATION_NAME = /^(?!__)[a-zA-Z_][a-zA-Z0-9_]*$/;
const EXTENSIONS = ["perdure_cooldown", "perdure_no_data", "perdure_recover"];

/** The fields of a rule of either kind. */
export function readRuleFields(source: YamlSource, from: YamlNode): Fields | null {
	const entries = source.entries(from, "a rule");
	return entries === null ? null : knownFields(source, entries, "a rule", RULE_FIELDS);
}

/** An alerting rule without its group; null when it has no name. Every issue is noted in the source. */
export function readAlertingRule(
	source: YamlSource,
	from: YamlNode,
	fields: Fields,
	check: RuleChecks,
): Omit<Rule, "id" | "group" | "limit"> | null {
	const alert = readName(source, fields, "alert", from);
	const expr = readRequiredExpression(source, fields, from, check);
	const forMs = readDuration(source, fields.get("for"), "for") ?? 0;
	const keepFiringForMs = readDuration(source, fields.get("keep_firing_for"), "keep_firing_for") ?? 0;
	const labels = readLabels(source, fields.get("labels"), check.template);
	const { annotations, ...extensions } = readAnnotations(source, fields.get("annotations"), check);
	if (alert === null) return null;
	// Prometheus sets it from `alert`, whatever is written.
	delete labels["alertname"];
	return { alert, expr: expr ?? "", forMs, keepFiringForMs, labels, annotations, ...extensions };
}

/** A name that is a label value and part of an object's name. */
export function readName(source: YamlSource, fields: Fields, field: string, at: YamlNode): string | null {
	const from = fields.get(field);
	const name = from === undefined ? null : source.scalar(from, field);
	if (from === undefined || name === null || name === "") return source.complain(from ?? at, `'${field}' is missing`);
	const bytes = new TextEncoder().encode(name).length;
	if (bytes > RULE_NAME_BYTES_MAX) {
		return source.complain(from, `${field} has ${bytes} bytes; the limit is ${RULE_NAME_BYTES_MAX}`);
	}
	if (/\p{Cc}/u.test(name)) return source.complain(from, `${field} holds a control character`);
	return name;
}

/** The expression that every rule has. */
export function readRequiredExpression(
	source: YamlSource,
	fields: Fields,
	rule: YamlNode,
	check: Pick<RuleChecks, "expression">,
): string | null {
	if (!fields.has("expr")) return source.complain(rule, "'expr' is missing");
	return readExpression(source, fields.get("expr"), "expr", check.expression);
}

function readExpression(
	source: YamlSource,
	from: YamlNode | undefined,
	what: string,
	check: CheckExpression,
): string | null {
	if (from === undefined) return null;
	const text = source.scalar(from, what);
	if (text === null || text.trim() === "") return source.complain(from, `'${what}' is empty`);
	if (text.length > EXPRESSION_CHARS_MAX) {
		return source.complain(from, `${what} has ${text.length} characters; the limit is ${EXPRESSION_CHARS_MAX}`);
	}
	const checked = check(text);
	return checked.ok ? text : complainInside(source, from, checked.failure);
}

/** A record of texts, each with where it stands. */
function readTexts(
	source: YamlSource,
	from: YamlNode | undefined,
	what: string,
	max: number,
): [string, string, YamlNode][] {
	const entries = from === undefined ? null : source.entries(from, what);
	if (from === undefined || entries === null) return [];
	if (entries.size > max) {
		source.complain(from, `${entries.size} ${what}; the limit is ${max}`);
		return [];
	}
	return [...entries].map(([name, { value }]) => [
		name,
		source.scalar(value, `${what}: ${name.slice(0, 60)}`) ?? "",
		value,
	]);
}

/** Labels of a rule or a group; an empty one takes that label away. `template`: null where they are no templates. */
export function readLabels(
	source: YamlSource,
	from: YamlNode | undefined,
	template: RuleChecks["template"] | null,
): Record<string, string> {
	const labels: Record<string, string> = {};
	for (const [name, value, node] of readTexts(source, from, "labels", LABELS_PER_SERIES_MAX)) {
		const issue = labelIssue(name, value);
		if (issue !== null) source.complain(node, issue);
		else labels[name] = value;
		if (issue === null && template !== null) complainOfTemplate(source, node, `label '${name}'`, template(value));
	}
	return labels;
}

/** A template that does not parse is refused where it stands. */
function complainOfTemplate(source: YamlSource, from: YamlNode, what: string, checked: TemplateCheck): void {
	if (checked.ok) return;
	complainInside(source, from, { ...checked.failure, reason: `${what}: ${checked.failure.reason}` });
}

type TemplateCheck = ReturnType<typeof checkTemplate>;

type Extensions = Pick<Rule, "annotations" | "cooldownMs" | "noData" | "recover">;

function readAnnotations(source: YamlSource, from: YamlNode | undefined, check: RuleChecks): Extensions {
	const annotations: Record<string, string> = {};
	const extensions = new Map<string, YamlNode>();
	for (const [name, value, node] of readTexts(source, from, "annotations", ANNOTATIONS_PER_RULE_MAX)) {
		if (EXTENSIONS.includes(name)) extensions.set(name, node);
		else if (name.startsWith(EXTENSION_PREFIX)) {
			source.complain(node, `annotation '${name.slice(0, 60)}' is no extension: there are ${EXTENSIONS.join(", ")}`);
		} else if (!ANNOTATION_NAME.test(name) || name.length > LABEL_NAME_CHARS_MAX) {
			source.complain(
				node,
				`annotation name '${name.slice(0, 60)}' must be letters, digits and _, not begin with __, and be short`,
			);
		} else if (value.length > ANNOTATION_CHARS_MAX) {
			const got = `annotation '${name}' has ${value.length} characters`;
			source.complain(node, `${got}; the limit is ${ANNOTATION_CHARS_MAX}`);
		} else {
			annotations[name] = value;
			complainOfTemplate(source, node, `annotation '${name}'`, check.template(value));
		}
	}
	const cooldownMs =
		readDuration(source, extensions.get("perdure_cooldown"), "perdure_cooldown") ?? COOLDOWN_MS_DEFAULT;
	const recover = readExpression(source, extensions.get("perdure_recover"), "perdure_recover", check.expression);
	return { annotations, cooldownMs, noData: readNoData(source, extensions.get("perdure_no_data")), recover };
}

function readNoData(source: YamlSource, from: YamlNode | undefined): NoDataPolicy {
	const text = from === undefined ? null : source.scalar(from, "perdure_no_data");
	const policy = NO_DATA_POLICIES.find((known) => known === text);
	if (from !== undefined && text !== null && policy === undefined) {
		source.complain(from, `perdure_no_data must be one of ${NO_DATA_POLICIES.join(", ")}`);
	}
	return policy ?? "ok";
}

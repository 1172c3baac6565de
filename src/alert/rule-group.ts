/** One group of a rule file: its options, and its rules of both kinds with their ids and places. Notes every issue in the source. */
import { type Fields, knownFields, readDuration } from "../lib/yaml-fields.ts";
import type { Entries, YamlNode, YamlSource } from "../lib/yaml-source.ts";
import {
	ALERTS_PER_RULE_MAX,
	GROUP_INTERVAL_MS_MIN,
	METRIC_NAME_CHARS_MAX,
	MINUTE_MS,
	QUERY_OFFSET_MS_MAX,
	RULES_MAX,
	RULES_PER_GROUP_MAX,
} from "../model/limits.ts";
import type { RecordingRule, Rule, RuleGroup } from "../model/rule.ts";
import {
	type RuleChecks,
	readAlertingRule,
	readLabels,
	readName,
	readRequiredExpression,
	readRuleFields,
} from "./rule-fields.ts";

/** The interval of a group that names none (`global.evaluation_interval` of Prometheus). */
export const GROUP_INTERVAL_MS_DEFAULT = MINUTE_MS;

const GROUP_FIELDS = ["name", "interval", "query_offset", "limit", "labels", "rules"];
/** Names that every Prometheus takes; a dot would be read as an underscore by everyone who asks for the metric. */
const RECORD_NAME = /^[a-zA-Z_:][a-zA-Z0-9_:]*$/;
/** What a recording rule cannot have. */
const OF_ALERTS = ["for", "keep_firing_for", "annotations"];

/** Options of a group that its rules carry. */
type Shared = { readonly limit?: number; readonly queryOffsetMs?: number };
type Read = { readonly kind: "alert"; readonly rule: Omit<Rule, "id" | "group"> } | ReadRecord;
type ReadRecord = { readonly kind: "record"; readonly rule: Omit<RecordingRule, "id" | "group" | "place"> };

/** Reads a group; null when it has no name or too many rules. `places`: how many rules the file may still have. */
export function readGroup(
	source: YamlSource,
	from: YamlNode,
	entries: Entries,
	check: RuleChecks,
	places: number,
): RuleGroup | null {
	const fields = knownFields(source, entries, "a group", GROUP_FIELDS);
	const name = readName(source, fields, "name", from);
	const intervalMs = readInterval(source, fields.get("interval"));
	const shared = { ...readLimit(source, fields.get("limit")), ...readOffset(source, fields.get("query_offset")) };
	const labels = readLabels(source, fields.get("labels"), check.template);
	delete labels["alertname"];
	const list = fields.get("rules");
	const items = list === undefined ? [] : (source.items(list, "rules") ?? []);
	if (items.length > Math.min(places, RULES_PER_GROUP_MAX)) {
		const limits = `a group has at most ${RULES_PER_GROUP_MAX}, a file ${RULES_MAX}`;
		return source.complain(list ?? from, `${items.length} rules are too many: ${limits}`);
	}
	const found: Read[] = [];
	for (const item of items) {
		if (source.isExhausted) break;
		const read = readRule(source, item, check);
		if (read !== null) found.push(withShared(read, labels, shared));
	}
	return name === null ? null : groupOf(name, intervalMs, found);
}

/** The id of an alerting rule: `group/alert`, with the ordinal from the second of that name on. `/` and `%` in a name are escaped. */
export function ruleId(group: string, alert: string, ordinal: number): string {
	return withOrdinal(`${escapeName(group)}/${escapeName(alert)}`, ordinal);
}

function groupOf(name: string, intervalMs: number, found: readonly Read[]): RuleGroup {
	const ordinals = new Map<string, number>();
	const ordinalOf = (id: string): number => {
		const ordinal = (ordinals.get(id) ?? 0) + 1;
		ordinals.set(id, ordinal);
		return ordinal;
	};
	const rules: Rule[] = [];
	const recordings: RecordingRule[] = [];
	for (const [place, read] of found.entries()) {
		if (read.kind === "alert") {
			const { alert } = read.rule;
			rules.push({ id: ruleId(name, alert, ordinalOf(ruleId(name, alert, 1))), group: name, ...read.rule });
		} else {
			const id = `${escapeName(name)}//${read.rule.record}`;
			recordings.push({ id: withOrdinal(id, ordinalOf(id)), group: name, ...read.rule, place });
		}
	}
	return { name, intervalMs, rules, ...(recordings.length === 0 ? {} : { recordings }) };
}

/** The labels of the group, the rule's own over them, and the options. */
function withShared(read: Read, labels: Readonly<Record<string, string>>, shared: Shared): Read {
	const own = { ...labels, ...read.rule.labels };
	return { ...read, rule: { ...read.rule, labels: own, ...shared } } as Read;
}

function readRule(source: YamlSource, from: YamlNode, check: RuleChecks): Read | null {
	const fields = readRuleFields(source, from);
	if (fields === null) return null;
	if (isGiven(source, fields, "record")) return readRecording(source, from, fields, check);
	if (!isGiven(source, fields, "alert")) return source.complain(from, "one of 'record' or 'alert' must be set");
	const rule = readAlertingRule(source, from, fields, check);
	return rule === null ? null : { kind: "alert", rule };
}

/** Whether a field says anything: empty is as good as left out. */
function isGiven(source: YamlSource, fields: Fields, field: string): boolean {
	const from = fields.get(field);
	return from !== undefined && source.scalar(from, field) !== "" && !source.isNothing(from);
}

function readRecording(source: YamlSource, from: YamlNode, fields: Fields, check: RuleChecks): Read | null {
	if (isGiven(source, fields, "alert")) {
		source.complain(fields.get("record") ?? from, "only one of 'record' and 'alert' must be set");
	}
	const record = readName(source, fields, "record", from);
	if (record !== null && !RECORD_NAME.test(record)) {
		source.complain(fields.get("record") ?? from, `record must be the name of a metric: letters, digits, _ and :`);
	} else if (record !== null && record.length > METRIC_NAME_CHARS_MAX) {
		const got = `record has ${record.length} characters`;
		source.complain(fields.get("record") ?? from, `${got}; the limit is ${METRIC_NAME_CHARS_MAX}`);
	}
	for (const field of OF_ALERTS) {
		const given = fields.get(field);
		if (given !== undefined && !isEmpty(source, given, field)) {
			source.complain(given, `invalid field '${field}' in recording rule`);
		}
	}
	const expr = readRequiredExpression(source, fields, from, check);
	const labels = readLabels(source, fields.get("labels"), null);
	return record === null ? null : { kind: "record", rule: { record, expr: expr ?? "", labels } };
}

/** Prometheus passes `for: 0s` and `annotations: {}` of a recording rule. */
function isEmpty(source: YamlSource, from: YamlNode, field: string): boolean {
	if (source.isNothing(from)) return true;
	if (field === "annotations") return source.entries(from, field)?.size === 0;
	return readDuration(source, from, field) === 0;
}

/** Zero is what Prometheus writes for "the default". */
function readInterval(source: YamlSource, from: YamlNode | undefined): number {
	const given = readDuration(source, from, "interval");
	const intervalMs = given === null || given === 0 ? GROUP_INTERVAL_MS_DEFAULT : given;
	if (from !== undefined && intervalMs < GROUP_INTERVAL_MS_MIN) {
		source.complain(from, `interval must be at least ${GROUP_INTERVAL_MS_MIN / 1_000}s`);
	}
	return intervalMs;
}

/** Zero, or less, is "none". What is above the bound of all rules changes nothing. */
function readLimit(source: YamlSource, from: YamlNode | undefined): Shared {
	const text = from === undefined ? null : source.scalar(from, "limit");
	if (from === undefined || text === null) return {};
	if (!/^[+-]?\d{1,15}$/.test(text)) {
		source.complain(from, "limit must be a whole number; 0 is none");
		return {};
	}
	const limit = Number(text);
	return limit <= 0 || limit > ALERTS_PER_RULE_MAX ? {} : { limit };
}

function readOffset(source: YamlSource, from: YamlNode | undefined): Shared {
	const queryOffsetMs = readDuration(source, from, "query_offset") ?? 0;
	if (from !== undefined && queryOffsetMs > QUERY_OFFSET_MS_MAX) {
		source.complain(from, `query_offset must be at most ${QUERY_OFFSET_MS_MAX / 3_600_000}h`);
	}
	return queryOffsetMs === 0 ? {} : { queryOffsetMs };
}

function withOrdinal(id: string, ordinal: number): string {
	return ordinal > 1 ? `${id}/${ordinal}` : id;
}

function escapeName(name: string): string {
	return name.replaceAll("%", "%25").replaceAll("/", "%2F");
}

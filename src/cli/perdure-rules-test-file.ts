/** A file of tests of rules (promtool's format) from text to model. Every issue is named with its place; nothing unknown is passed. */
import { err, ok, type Result } from "../lib/result.ts";
import { type Fields, knownFields, readDuration } from "../lib/yaml-fields.ts";
import { openYaml, type YamlFailure, type YamlLimits, type YamlNode, type YamlSource } from "../lib/yaml-source.ts";
import { readBoolean } from "../lib/yaml-value.ts";
import type { Labels } from "../model/labels.ts";
import {
	MINUTE_MS,
	RULE_FILE_DEPTH_MAX,
	RULE_TEST_FILE_BYTES_MAX,
	RULE_TEST_FILE_TOKENS_MAX,
	RULE_TEST_ISSUES_MAX,
} from "../model/limits.ts";

/** Times count from the beginning of the test, in milliseconds. */
export type TestFile = {
	/** As written: paths with `*`, `?` and `[...]`, from the folder of the file. */
	readonly ruleFiles: readonly string[];
	readonly evaluationIntervalMs: number;
	/** Whether values may differ in their last bit. */
	readonly fuzzyCompare: boolean;
	readonly groupEvalOrder: readonly string[];
	readonly tests: readonly TestGroup[];
};
export type TestGroup = {
	readonly name: string;
	readonly intervalMs: number;
	readonly inputSeries: readonly { readonly series: string; readonly values: string }[];
	readonly alertTests: readonly AlertTest[];
	readonly exprTests: readonly ExprTest[];
	readonly externalLabels: Labels;
	readonly externalUrl: string;
};
export type AlertTest = {
	readonly evalTimeMs: number;
	readonly alertname: string;
	readonly expected: readonly { readonly labels: Labels; readonly annotations: Readonly<Record<string, string>> }[];
};
export type ExprTest = {
	readonly expr: string;
	readonly evalTimeMs: number;
	readonly expected: readonly ExpectedSample[];
};
/** `histogram`: as written, with its braces; null: the value counts. */
export type ExpectedSample = { readonly labels: string; readonly value: number; readonly histogram: string | null };

const LIMITS: YamlLimits = {
	what: "a file of tests",
	bytes: RULE_TEST_FILE_BYTES_MAX,
	tokens: RULE_TEST_FILE_TOKENS_MAX,
	depth: RULE_FILE_DEPTH_MAX,
	issues: RULE_TEST_ISSUES_MAX,
	paths: true,
	merge: true,
};
const FILE = ["rule_files", "evaluation_interval", "group_eval_order", "tests", "fuzzy_compare"];
const GROUP = [
	"name",
	"interval",
	"input_series",
	"alert_rule_test",
	"promql_expr_test",
	"external_labels",
	"external_url",
];
const NUMBER = /^[-+]?(?:\.\d+|\d[\d_]*(?:\.\d*)?)(?:[eE][-+]?\d+)?$/;

/** Reads a whole file or refuses it whole. */
export function parseTestFile(text: string): Result<TestFile, YamlFailure> {
	const opened = openYaml(text, LIMITS);
	if (!opened.ok) return opened;
	const source = opened.value;
	const file = readFile(source);
	const failure = source.failure();
	return failure === null ? ok(file) : err(failure);
}

function readFile(source: YamlSource): TestFile {
	const fields = fieldsOf(source, source.root, "the file", FILE);
	const given = readDuration(source, fields.get("evaluation_interval"), "evaluation_interval") ?? 0;
	const evaluationIntervalMs = given === 0 ? MINUTE_MS : given;
	return {
		ruleFiles: textList(source, fields, "rule_files"),
		evaluationIntervalMs,
		fuzzyCompare: flag(source, fields, "fuzzy_compare"),
		groupEvalOrder: textList(source, fields, "group_eval_order"),
		tests: list(source, fields, "tests", (node) => readGroup(source, node, evaluationIntervalMs)),
	};
}

function readGroup(source: YamlSource, node: YamlNode, evaluationIntervalMs: number): TestGroup {
	const fields = fieldsOf(source, node, "a test", GROUP);
	const intervalMs = readDuration(source, fields.get("interval"), "interval") ?? 0;
	return {
		name: text(source, fields, "name"),
		intervalMs: intervalMs === 0 ? evaluationIntervalMs : intervalMs,
		inputSeries: list(source, fields, "input_series", (item) => {
			const series = fieldsOf(source, item, "a series", ["series", "values"]);
			return { series: text(source, series, "series"), values: text(source, series, "values") };
		}),
		alertTests: list(source, fields, "alert_rule_test", (item) => readAlertTest(source, item)),
		exprTests: list(source, fields, "promql_expr_test", (item) => readExprTest(source, item)),
		externalLabels: texts(source, fields, "external_labels"),
		externalUrl: text(source, fields, "external_url"),
	};
}

function readAlertTest(source: YamlSource, node: YamlNode): AlertTest {
	const fields = fieldsOf(source, node, "a test of alerts", ["eval_time", "alertname", "exp_alerts"]);
	return {
		evalTimeMs: readDuration(source, fields.get("eval_time"), "eval_time") ?? 0,
		alertname: text(source, fields, "alertname"),
		expected: list(source, fields, "exp_alerts", (item) => {
			const alert = fieldsOf(source, item, "an alert", ["exp_labels", "exp_annotations"]);
			return { labels: texts(source, alert, "exp_labels"), annotations: texts(source, alert, "exp_annotations") };
		}),
	};
}

function readExprTest(source: YamlSource, node: YamlNode): ExprTest {
	const fields = fieldsOf(source, node, "a test of an expression", ["expr", "eval_time", "exp_samples"]);
	return {
		expr: text(source, fields, "expr"),
		evalTimeMs: readDuration(source, fields.get("eval_time"), "eval_time") ?? 0,
		expected: list(source, fields, "exp_samples", (item) => {
			const sample = fieldsOf(source, item, "a sample", ["labels", "value", "histogram"]);
			const histogram = text(source, sample, "histogram");
			return {
				labels: text(source, sample, "labels"),
				value: number(source, sample, "value"),
				histogram: histogram === "" ? null : histogram,
			};
		}),
	};
}

function fieldsOf(source: YamlSource, node: YamlNode, what: string, known: readonly string[]): Fields {
	const entries = source.entries(node, what);
	return entries === null ? new Map() : knownFields(source, entries, what, known);
}

function list<T>(source: YamlSource, fields: Fields, name: string, read: (node: YamlNode) => T): T[] {
	const from = fields.get(name);
	return from === undefined ? [] : (source.items(from, name) ?? []).map(read);
}

function textList(source: YamlSource, fields: Fields, name: string): string[] {
	return list(source, fields, name, (node) => source.scalar(node, name) ?? "");
}

function text(source: YamlSource, fields: Fields, name: string): string {
	const from = fields.get(name);
	return from === undefined ? "" : (source.scalar(from, name) ?? "");
}

function texts(source: YamlSource, fields: Fields, name: string): Record<string, string> {
	const from = fields.get(name);
	const entries = from === undefined ? [] : [...(source.entries(from, name) ?? [])];
	return Object.fromEntries(entries.map(([key, { value }]) => [key, source.scalar(value, `${name}: ${key}`) ?? ""]));
}

function flag(source: YamlSource, fields: Fields, name: string): boolean {
	const from = fields.get(name);
	const value = from === undefined ? "false" : (source.scalar(from, name) ?? "false");
	const truth = readBoolean(value);
	if (truth === null && from !== undefined) source.complain(from, `${name} must be true or false`);
	return truth ?? false;
}

/** A number of YAML; infinity and NaN are written `.inf` and `.nan` there. */
function number(source: YamlSource, fields: Fields, name: string): number {
	const from = fields.get(name);
	const written = from === undefined ? null : source.scalar(from, name);
	if (from === undefined || written === null) return 0;
	if (/^[-+]?\.inf$/i.test(written))
		return written.startsWith("-") ? Number.NEGATIVE_INFINITY : Number.POSITIVE_INFINITY;
	if (/^\.nan$/i.test(written)) return Number.NaN;
	if (/^0x[0-9a-f]+$/i.test(written) || NUMBER.test(written)) return Number(written.replaceAll("_", ""));
	source.complain(from, `${name} must be a number`);
	return 0;
}

/** Labels: the pairs that tell the series of one metric apart. Empty values are dropped: in PromQL they equal absence. */
import { err, ok, type Result } from "../lib/result.ts";
import { LABEL_NAME_CHARS_MAX, LABEL_VALUE_CHARS_MAX, LABELS_PER_SERIES_MAX } from "./limits.ts";

export type Labels = Readonly<Record<string, string>>;

/** The canonical text of a label set: the JSON array of its sorted pairs. Two equal sets have equal keys. */
export type LabelsKey = string;

/** The series that takes the samples of all series for which there is no place. */
export const OVERFLOW_LABELS: Labels = { __overflow__: "true" };

const NAME = /^[a-zA-Z_][a-zA-Z0-9_]*$/;
const CONTROL = /\p{Cc}/u;

/** The canonical key of a label set. */
export function labelsKey(labels: Labels): LabelsKey {
	const names = Object.keys(labels);
	if (names.length === 0) return "[]";
	if (names.length > 1) names.sort();
	const pairs: string[] = [];
	for (const name of names) {
		const value = labels[name];
		if (value !== undefined && value !== "") pairs.push(name, value);
	}
	return JSON.stringify(pairs);
}

/** The label set of a canonical key, which only `labelsKey` may have made. */
export function labelsOfKey(key: LabelsKey): Labels {
	const pairs = JSON.parse(key) as string[];
	const labels: Record<string, string> = {};
	for (let i = 0; i < pairs.length; i += 2) labels[pairs[i] as string] = pairs[i + 1] as string;
	return labels;
}

/** What is wrong with one label, or null. Names that begin with two underscores belong to Perdure and Prometheus. */
export function labelIssue(name: string, value: unknown): string | null {
	if (name.length > LABEL_NAME_CHARS_MAX)
		return `label name has ${name.length} characters; the limit is ${LABEL_NAME_CHARS_MAX}`;
	if (!NAME.test(name)) return `label name ${quote(name)} must match [a-zA-Z_][a-zA-Z0-9_]*`;
	if (name.startsWith("__")) return `label name ${quote(name)} is reserved: choose one without leading underscores`;
	if (typeof value !== "string") return `value of label '${name}' must be a string`;
	if (value.length > LABEL_VALUE_CHARS_MAX)
		return `value of label '${name}' has ${value.length} characters; the limit is ${LABEL_VALUE_CHARS_MAX}`;
	if (CONTROL.test(value)) return `value of label '${name}' holds a control character`;
	return null;
}

/** Labels from an unknown object: the first thing that is wrong, or the canonical key. */
export function parseLabels(input: unknown): Result<LabelsKey, string> {
	if (typeof input !== "object" || input === null || Array.isArray(input)) {
		return err('labels must be an object of strings, such as {"method": "GET"}');
	}
	const entries = Object.entries(input);
	if (entries.length > LABELS_PER_SERIES_MAX) {
		return err(`${entries.length} labels; the limit is ${LABELS_PER_SERIES_MAX}`);
	}
	for (const [name, value] of entries) {
		const issue = labelIssue(name, value);
		if (issue !== null) return err(issue);
	}
	return ok(labelsKey(input as Labels));
}

function quote(text: string): string {
	return JSON.stringify(text.slice(0, 60));
}

/** Label sets within the evaluator: keys, and the sets that operators make of others. Never writes to a set it was given. */
import { type Labels, labelsKey } from "../model/labels.ts";
import { labelValue } from "../model/matcher.ts";

export const NAME = "__name__";

/** Labels without the metric's name. */
export function dropName(labels: Labels): Labels {
	return Object.hasOwn(labels, NAME) ? without(labels, [NAME]) : labels;
}

/** Only these labels, where they are set. */
export function only(labels: Labels, names: readonly string[]): Labels {
	const kept: [string, string][] = [];
	for (const name of names) {
		const value = labelValue(labels, name);
		if (value !== "") kept.push([name, value]);
	}
	return Object.fromEntries(kept);
}

/** All labels but these. */
export function without(labels: Labels, names: readonly string[]): Labels {
	return Object.fromEntries(Object.entries(labels).filter(([name]) => !names.includes(name)));
}

/** Labels with one set, or removed when the value is empty. */
export function withLabel(labels: Labels, name: string, value: string): Labels {
	const rest = Object.entries(labels).filter(([other]) => other !== name);
	return Object.fromEntries(value === "" ? rest : [...rest, [name, value]]);
}

/** The key of the group that a series falls into; the metric's name never counts for `without`. */
export function groupLabels(labels: Labels, names: readonly string[], isWithout: boolean): Labels {
	return isWithout ? without(labels, [...names, NAME]) : only(labels, names);
}

/** A label set as Prometheus writes it in messages: `{__name__="name", a="b"}`. */
export function labelsText(labels: Labels): string {
	const pairs = Object.entries(labels).sort(([a], [b]) => (a < b ? -1 : 1));
	return `{${pairs.map(([name, value]) => `${name}=${JSON.stringify(value)}`).join(", ")}}`;
}

/** Order of label sets in a matrix: by their sorted pairs. */
export function compareLabels(a: Labels, b: Labels): number {
	const keyA = labelsKey(a);
	const keyB = labelsKey(b);
	return keyA < keyB ? -1 : keyA > keyB ? 1 : 0;
}

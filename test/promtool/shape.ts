/** What an answer is built like, without what it says: names of members and kinds of values. Two servers agree when these do. */

/** Members whose names are data: labels, annotations, flags, names of metrics. */
const MAPS = new Set(["metric", "labels", "annotations"]);

/**
 * The structure of a JSON value as one line for each place: `data.groups[].rules[].name: string`. An object in a list that is
 * a label set (`series`) shows as `labels`. Lists are told by all of their entries.
 */
export function shapeOf(value: unknown): readonly string[] {
	const lines = new Set<string>();
	walk(value, "", lines);
	return [...lines].sort();
}

function walk(value: unknown, path: string, lines: Set<string>): void {
	if (Array.isArray(value)) {
		lines.add(`${path}: list`);
		// [time, "value"]: a pair, whose places differ.
		const isPair = value.length === 2 && typeof value[0] === "number";
		for (const [i, each] of value.entries()) walk(each, `${path}[${isPair ? i : ""}]`, lines);
	} else if (typeof value === "object" && value !== null) {
		lines.add(`${path}: object`);
		const isMap = MAPS.has(path.split(".").at(-1) ?? "") || Object.hasOwn(value, "__name__");
		for (const [name, each] of Object.entries(value)) walk(each, `${path}.${isMap ? "*" : name}`, lines);
	} else {
		lines.add(`${path}: ${value === null ? "null" : typeof value}`);
	}
}

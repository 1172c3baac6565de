/** Random routing trees and label sets out of a seed: the same ones for every run. */
import type { Labels } from "../../src/model/labels.ts";

export type Random = (below: number) => number;

/** Mulberry32: whole numbers from 0 to below a bound. */
export function random(seed: number): Random {
	let state = seed >>> 0;
	return (below) => {
		state = (state + 0x6d2b79f5) >>> 0;
		let t = Math.imul(state ^ (state >>> 15), state | 1);
		t = (t + Math.imul(t ^ (t >>> 7), t | 61)) ^ t;
		return ((t ^ (t >>> 14)) >>> 0) % below;
	};
}

const NAMES = ["alertname", "severity", "team", "zone"];
const VALUES = ["a", "b", "ab", "a b", 'q"q', "back\\slash", "报", "line\nbreak", "dot.dot", "a|b", "x,y", ""];
const PATTERNS = [
	"a|b",
	"a.*",
	"(?i)AB?",
	"[^a].*",
	".+",
	"",
	"line.break",
	"a b|报",
	"dot\\.dot",
	'.*".*',
	"(a|b)+",
	"x,y|a",
];
const RECEIVERS = ["r0", "r1", "r2", "r3", "r4", "r5"];

function one<T>(next: Random, list: readonly T[]): T {
	return list[next(list.length)] as T;
}

/** In the classic syntax, sometimes without quotes, sometimes several in one text. */
function matcher(next: Random): string {
	const op = one(next, ["=", "!=", "=~", "!~"]);
	const value = one(next, op.includes("~") ? PATTERNS : VALUES);
	const name = one(next, NAMES);
	if (/^[a-z]+$/.test(value) && next(3) === 0) return `${name}${op}${value}`;
	const quoted = `"${value.replaceAll("\\", "\\\\").replaceAll("\n", "\\n").replaceAll('"', '\\"')}"`;
	return next(4) === 0 ? ` ${name} ${op} ${quoted} ` : `${name}${op}${quoted}`;
}

function route(next: Random, depth: number): Record<string, unknown> {
	const made: Record<string, unknown> = {};
	if (next(4) > 0) made["receiver"] = one(next, RECEIVERS);
	if (next(3) === 0) made["continue"] = true;
	const words = next(8);
	if (words === 0) made["match"] = { [one(next, NAMES)]: one(next, VALUES) };
	if (words === 1) made["match_re"] = { [one(next, NAMES)]: one(next, PATTERNS) };
	if (words >= 2) made["matchers"] = Array.from({ length: 1 + next(2) }, () => matcher(next));
	if (words === 7) made["matchers"] = [`{${matcher(next)}, ${matcher(next)},}`];
	if (depth < 4 && next(3) > 0) made["routes"] = Array.from({ length: 1 + next(3) }, () => route(next, depth + 1));
	return made;
}

/** A configuration file as JSON, which is YAML. */
export function randomConfig(next: Random): string {
	const routes = Array.from({ length: 2 + next(4) }, () => route(next, 1));
	return JSON.stringify({ route: { receiver: "r0", routes }, receivers: RECEIVERS.map((name) => ({ name })) });
}

export function randomLabels(next: Random): Labels {
	return Object.fromEntries(
		NAMES.flatMap((name) => {
			const value = one(next, VALUES);
			return value === "" || next(4) === 0 ? [] : [[name, value]];
		}),
	);
}

/** Functions on texts and times that Alertmanager gives to its notification templates. */
import { err, ok, type Result } from "../lib/result.ts";
import { fixed, variadic } from "./function.ts";
import { isZone } from "./time.ts";
import { formatBounded, ZONE_STEPS } from "./time-methods.ts";
import { type CallContext, type TemplateFunction, type TemplateTime, type TemplateValue, textList } from "./value.ts";

/** The functions by name. */
export const TEXT_FUNCTIONS: Readonly<Record<string, TemplateFunction>> = {
	toUpper: onText(toUpper),
	toLower: onText(toLower),
	title: onText(titleCase),
	trimSpace: onText((text) => text.replace(/^[\s\u0085]+/u, "").trimEnd()),
	safeHtml: fixed(["text"], ([text]) => ok({ kind: "safe", text: text as string })),
	/** The separator comes first, so that a list can be piped in. */
	join: fixed(["text", "texts"], ([separator, list], context) => join(separator as string, list ?? null, context)),
	stringSlice: variadic([], "text", (texts) => ok(textList(texts as readonly string[]))),
	date: fixed(["text", "time"], ([layout, time], context) => {
		return formatBounded(time as TemplateTime, layout as string, context);
	}),
	tz: fixed(["text", "time"], ([zone, time], context) => {
		if (!context.spend(ZONE_STEPS)) return err("too many steps");
		if (!isZone(zone as string)) return err(`unknown time zone ${(zone as string).slice(0, 60)}`);
		return ok({ ...(time as TemplateTime), zone: zone as string });
	}),
	since: fixed(["time"], ([time], { nowMs }) => {
		if (nowMs === null) return err("the time is not known here");
		return ok({ kind: "duration", ns: BigInt(Math.round(nowMs - (time as TemplateTime).ms)) * 1_000_000n });
	}),
};

/** Go's strings.Title, as Prometheus has it: the first letter of every word is raised, the others stay. */
export function raiseWords(text: string): string {
	let before = " ";
	let result = "";
	for (const char of text) {
		result += isSeparator(before) ? toTitle(char) : char;
		before = char;
	}
	return result;
}

/** By hand for each character: Go never makes two characters of one, as JavaScript does of ß. */
function toUpper(text: string): string {
	return eachChar(text, (char) => char.toUpperCase());
}

function toLower(text: string): string {
	return eachChar(text, (char) => char.toLowerCase());
}

/** The first letter of every word is raised, the others are lowered. A word goes on behind a point or an apostrophe. */
function titleCase(text: string): string {
	return text.replace(/[\p{L}\p{M}\p{N}_]+(?:[.'’:·][\p{L}\p{M}\p{N}_]+)*/gu, (word) => {
		const start = word.search(/\p{L}/u);
		if (start < 0) return word;
		const first = String.fromCodePoint(word.codePointAt(start) ?? 0);
		const raised = first === "ß" ? "Ss" : toTitle(first);
		return word.slice(0, start) + raised + word.slice(start + first.length).toLowerCase();
	});
}

function onText(change: (text: string) => string): TemplateFunction {
	return fixed(["text"], ([text]) => ok(change(text as string)));
}

function eachChar(text: string, change: (char: string) => string): string {
	let result = "";
	for (const char of text) {
		const changed = change(char);
		result += [...changed].length === 1 ? changed : char;
	}
	return result;
}

/** The letters that stand for two have a form of their own at the beginning of a word. */
function toTitle(char: string): string {
	const double: Readonly<Record<string, string>> = { ǆ: "ǅ", Ǆ: "ǅ", ǉ: "ǈ", Ǉ: "ǈ", ǌ: "ǋ", Ǌ: "ǋ", ǳ: "ǲ", Ǳ: "ǲ" };
	return double[char] ?? toUpper(char);
}

function isSeparator(char: string): boolean {
	if (char.charCodeAt(0) < 0x80) return !/[0-9A-Za-z_]/.test(char);
	return /\s/u.test(char);
}

function join(separator: string, list: TemplateValue, context: CallContext): Result<string, string> {
	const items = list !== null && typeof list === "object" && list.kind === "list" ? (list.items as string[]) : [];
	const chars = items.reduce((sum, item) => sum + item.length, separator.length * Math.max(0, items.length - 1));
	if (chars > context.charsMax) return err(`the text has more than ${context.charsMax} characters`);
	return ok(items.join(separator));
}

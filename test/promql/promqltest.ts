/**
 * Reads and runs cases in the notation of Prometheus' own tests: `load 5m`, `eval instant at 10m EXPR`, `eval range from 0 to 10m
 * step 5m EXPR`, `eval_ordered`, `eval_fail` with `expected_fail_message`, `clear`. Indented lines belong to the line above.
 */
import { parseDuration } from "../../src/lib/duration.ts";
import { labelsKey } from "../../src/model/labels.ts";
import { evaluateInstant, evaluateRange } from "../../src/promql/evaluate.ts";
import { failureText } from "../../src/promql/failure.ts";
import { isStale } from "../../src/promql/stale.ts";
import type { Value } from "../../src/promql/value.ts";
import { MemoryQuerier, readLabels, readNumber, readSeriesLine, readValues } from "./memory-querier.ts";

export type Case = {
	readonly name: string;
	readonly line: number;
	readonly run: () => Promise<{ readonly got: readonly string[]; readonly wanted: readonly string[] }>;
};

type Block = { readonly line: number; readonly head: string; readonly body: readonly string[] };

/** Every eval of a file, over the series that were loaded before it. */
export function readCases(text: string): readonly Case[] {
	const cases: Case[] = [];
	let querier = new MemoryQuerier();
	for (const block of readBlocks(text)) {
		if (block.head === "clear") querier = new MemoryQuerier();
		else if (block.head.startsWith("load ")) load(block, querier);
		else cases.push(readEval(block, querier));
	}
	return cases;
}

function readBlocks(text: string): readonly Block[] {
	const blocks: { line: number; head: string; body: string[] }[] = [];
	for (const [i, line] of text.split("\n").entries()) {
		if (line.trim() === "" || line.trim().startsWith("#")) continue;
		if (/^\s/.test(line)) blocks.at(-1)?.body.push(line.trim());
		else blocks.push({ line: i + 1, head: line.trim(), body: [] });
	}
	return blocks;
}

function load({ head, body }: Block, querier: MemoryQuerier): void {
	const stepMs = milliseconds(head.slice(5));
	for (const line of body) querier.series.push(readSeriesLine(line, stepMs));
}

const INSTANT = /^eval(_ordered|_fail)? instant at (\S+) (.*)$/;
const RANGE = /^eval(_fail)? range from (\S+) to (\S+) step (\S+) (.*)$/;

function readEval({ line, head, body }: Block, querier: MemoryQuerier): Case {
	const instant = INSTANT.exec(head);
	if (instant !== null) {
		const [, flavour, at = "", text = ""] = instant;
		const run = async () => {
			const result = await evaluateInstant(text, querier, { timeMs: milliseconds(at) });
			if (flavour === "_fail") return failed(result.ok ? null : failureText(result.failure), body);
			if (!result.ok) throw new Error(failureText(result.failure));
			return compare(result.value.value, body, flavour === "_ordered");
		};
		return { name: head, line, run };
	}
	const range = RANGE.exec(head);
	if (range === null) throw new Error(`line ${line}: not understood: ${head}`);
	const [, fails, from = "", to = "", step = "", text = ""] = range;
	const times = { startMs: milliseconds(from), endMs: milliseconds(to), stepMs: milliseconds(step) };
	const run = async () => {
		const result = await evaluateRange(text, querier, times);
		if (fails !== undefined) return failed(result.ok ? null : failureText(result.failure), body);
		if (!result.ok) throw new Error(failureText(result.failure));
		return compareRange(result.value.value, body, times);
	};
	return { name: head, line, run };
}

type Compared = { readonly got: readonly string[]; readonly wanted: readonly string[] };

function failed(reason: string | null, body: readonly string[]): Compared {
	if (reason === null) return { got: ["no failure"], wanted: ["a failure"] };
	const message = body
		.find((line) => line.startsWith("expected_fail_message "))
		?.slice("expected_fail_message ".length);
	return { got: [reason], wanted: [message ?? reason] };
}

function compare(value: Value, body: readonly string[], ordered: boolean): Compared {
	if (value.kind === "scalar")
		return { got: [write(value.value)], wanted: body.map((line) => write(readNumber(line))) };
	if (value.kind === "string") return { got: [JSON.stringify(value.text)], wanted: body };
	if (value.kind === "matrix") {
		const got = value.series.map(({ labels, values, timestampsMs }) =>
			[labelsKey(labels), ...Array.from(values, (one, i) => `${write(one)}@${timestampsMs[i]}`)].join(" "),
		);
		return { got, wanted: body };
	}
	const got = value.samples.map(({ labels, value: one }) => `${labelsKey(labels)} ${write(one)}`);
	const wanted = body.map((line) => {
		const { key, values } = readExpected(line);
		return `${key} ${write(values[0] as number)}`;
	});
	return ordered ? { got, wanted } : { got: got.sort(), wanted: wanted.sort() };
}

function compareRange(value: Value, body: readonly string[], times: { startMs: number; stepMs: number }): Compared {
	if (value.kind !== "matrix") throw new Error(`a ${value.kind} came of a range query`);
	const got = value.series.map(({ labels, timestampsMs, values }) => {
		const points: string[] = [];
		for (const [i, timeMs] of timestampsMs.entries()) {
			while (points.length < (timeMs - times.startMs) / times.stepMs) points.push("_");
			points.push(write(values[i] as number));
		}
		return `${labelsKey(labels)} ${points.join(" ")}`;
	});
	const wanted = body.map((line) => {
		const { key, values } = readExpected(line);
		while (values.at(-1) === null) values.pop();
		return `${key} ${values.map((one) => (one === null ? "_" : write(one as number))).join(" ")}`;
	});
	return { got: got.sort(), wanted: wanted.sort() };
}

function readExpected(line: string): { key: string; values: (number | "stale" | null)[] } {
	const found = /^([a-zA-Z_:][\w:]*)?(?:\{(.*?)\})?\s+(\S.*)$/.exec(line);
	if (found === null) throw new Error(`not an expected series: ${line}`);
	const labels = { ...readLabels(found[2] ?? ""), ...(found[1] === undefined ? {} : { __name__: found[1] }) };
	return { key: labelsKey(labels), values: readValues(found[3] as string) };
}

/** Eleven digits: rounding apart, numbers are the same. */
function write(value: number): string {
	if (Number.isNaN(value)) return isStale(Float64Array.of(value), 0) ? "stale" : "NaN";
	return Number.isFinite(value) ? String(Number(value.toPrecision(11)) + 0) : value > 0 ? "+Inf" : "-Inf";
}

function milliseconds(text: string): number {
	const duration = parseDuration(text);
	if (duration.ok) return duration.value;
	const seconds = Number(text);
	if (Number.isNaN(seconds)) throw new Error(`not a duration: ${text}`);
	return seconds * 1_000;
}

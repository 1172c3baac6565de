/** `perdure rules backtest`: asks a deployment what rules would have done with the history that it keeps. */
import { readFileSync } from "node:fs";
import { parseDuration } from "../lib/duration.ts";
import { err, ok, type Result } from "../lib/result.ts";
import type { CliFailure } from "./perdure-api.ts";
import type { Command, Input } from "./perdure-command.ts";
import { pairs, table } from "./perdure-table.ts";

type Transition = {
	readonly time: string;
	readonly group: string;
	readonly alert: string;
	readonly labels: Readonly<Record<string, string>>;
	readonly from: string;
	readonly to: string;
	readonly value: number;
	readonly told: string | null;
};
type Answer = {
	readonly ticks: number;
	readonly transitions: readonly Transition[];
	readonly errors: readonly { readonly rule: string; readonly error: string; readonly count: number }[];
	readonly resolution: readonly { readonly from: string; readonly to: string; readonly slots: string }[];
	readonly points: readonly string[];
};

const TITLES = ["TIME", "ALERT", "FROM", "TO", "TOLD", "VALUE", "LABELS"];

export const BACKTEST_COMMAND: Command = {
	words: "rules backtest",
	operands: "FILE",
	operandsMin: 1,
	operandsMax: 1,
	about: "what the rules of a file would have done with the history that is kept",
	help: `  FILE           a rule file; it need not be stored
  --from TIME    from when: 2026-01-31T12:00:00Z, Unix seconds, or 6h for six hours ago (needed)
  --to TIME      until when; now if nothing is said
  --step 5m      evaluates every group so often; at its own interval if nothing is said

Alerts begin as if there never had been any. The last lines say how fine the history is.`,
	options: { from: { type: "string" }, to: { type: "string" }, step: { type: "string" } },
	run,
};

async function run({ api, operands, option, nowMs }: Input): ReturnType<Command["run"]> {
	const from = option("from");
	if (from === null) return err({ code: "usage", reason: "say from when, with --from" });
	const rules = readRules(operands[0] ?? "");
	if (!rules.ok) return rules;
	const to = option("to");
	const answer = await api.post("/api/v1/rules/backtest", {
		rules: rules.value,
		from: timeOf(from, nowMs),
		to: to === null ? null : timeOf(to, nowMs),
		step: option("step"),
	});
	if (!answer.ok) return answer;
	const { ticks, transitions, errors, resolution, points } = answer.value as Answer;
	const rows = transitions.map(({ time, alert, labels, from: before, to: after, value, told }) => [
		time,
		alert,
		before,
		after,
		told ?? "",
		String(value),
		pairs(labels, ["alertname"]),
	]);
	const lines = [
		table(TITLES, rows, "No alert would have changed."),
		...errors.map(({ rule, error, count }) => `FAILED ${count} of ${ticks} ticks: ${rule}: ${error}\n`),
		...resolution.map((part) => `${part.from} to ${part.to}: slots of ${part.slots}\n`),
		...(points.length === 0 ? [] : [`point by point: ${points.join(", ")}\n`]),
	];
	return ok({ body: answer.value, text: lines.join(""), isBad: errors.length > 0 });
}

function readRules(file: string): Result<string, CliFailure> {
	try {
		return ok(readFileSync(file, "utf8"));
	} catch (error) {
		return err({ code: "failed", reason: `${file} cannot be read: ${error instanceof Error ? error.message : error}` });
	}
}

/** So long ago, or what was given: the deployment reads it. */
function timeOf(text: string, nowMs: number): string {
	const ago = parseDuration(text);
	return ago.ok && /\D/.test(text) ? new Date(nowMs - ago.value).toISOString() : text;
}

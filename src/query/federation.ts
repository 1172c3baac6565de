/**
 * The latest sample of each series that selectors mean, as text for another Prometheus (`/federate`): untyped and with its time,
 * as Prometheus writes it. Native distributions have no form there; their counts, sums and buckets do.
 */
import { type Labels, labelsKey } from "../model/labels.ts";
import { LOOKBACK_MS } from "../model/limits.ts";
import type { Matcher } from "../model/matcher.ts";
import { querierOf } from "../peers/querier.ts";
import type { ObjectEnv } from "../peers/stubs.ts";
import { sampleText } from "./prometheus-body.ts";

export type Federation = {
	readonly text: string;
	/** Series beyond the bound. */
	readonly leftOut: number;
	readonly missing: readonly string[];
};

type Latest = { readonly name: string; readonly labels: Labels; readonly value: number; readonly timeMs: number };

/** At most `linesMax` series. Times are Unix milliseconds. */
export async function federation(
	env: ObjectEnv,
	selectors: readonly (readonly Matcher[])[],
	linesMax: number,
	nowMs: number,
): Promise<Federation> {
	const querier = querierOf(env, nowMs);
	// Up to now and no further: the point of a slot that is still open would change under the same time.
	const answers = await Promise.all(
		selectors.map((matchers) => querier.select(matchers, nowMs - LOOKBACK_MS + 1, nowMs)),
	);
	const found = new Map<string, Latest>();
	for (const { labels, timestampsMs, values, histograms } of answers.flat()) {
		const { __name__: name = "", ...rest } = labels;
		const timeMs = timestampsMs.findLast((each) => each <= nowMs);
		const value = timeMs === undefined ? undefined : values[timestampsMs.lastIndexOf(timeMs)];
		if (timeMs === undefined || value === undefined || (histograms ?? null) !== null) continue;
		found.set(labelsKey(labels), { name, labels: rest, value, timeMs });
	}
	const sorted = [...found].sort(([a, x], [b, y]) => order(x.name, y.name) || order(a, b)).map(([, latest]) => latest);
	const shown = sorted.slice(0, linesMax);
	return { text: render(shown), leftOut: sorted.length - shown.length, missing: querier.missing?.() ?? [] };
}

function render(series: readonly Latest[]): string {
	const lines: string[] = [];
	let family = "";
	for (const { name, labels, value, timeMs } of series) {
		if (name !== family) lines.push(`# TYPE ${name} untyped`);
		family = name;
		lines.push(`${name}${labelsText(labels)} ${sampleText(value)} ${timeMs}`);
	}
	return lines.length === 0 ? "" : `${lines.join("\n")}\n`;
}

/** An empty `instance` keeps who scrapes this from putting its own in its place. */
function labelsText(labels: Labels): string {
	const pairs = Object.entries(labels).sort(([a], [b]) => order(a, b));
	if (!Object.hasOwn(labels, "instance")) pairs.push(["instance", ""]);
	return `{${pairs.map(([name, value]) => `${name}="${escapeLabel(value)}"`).join(",")}}`;
}

function escapeLabel(value: string): string {
	return value.replace(/\\/g, "\\\\").replace(/\n/g, "\\n").replace(/"/g, '\\"');
}

function order(a: string, b: string): number {
	return a === b ? 0 : a < b ? -1 : 1;
}

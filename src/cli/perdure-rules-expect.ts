/** What a test of rules expected beside what there was: empty, or one text that shows both. Pure. */
import type { StandingAlert } from "../alert/group-run.ts";
import { formatDuration } from "../lib/duration.ts";
import { quote } from "../lib/go-string.ts";
import { type Labels, labelsKey } from "../model/labels.ts";
import type { NativeHistogram } from "../promql/series-data.ts";
import { readHistogram } from "./perdure-rules-histogram.ts";
import { readMetric } from "./perdure-rules-metric.ts";
import type { AlertTest, ExpectedSample } from "./perdure-rules-test-file.ts";

export type StandingAlerts = readonly Pick<StandingAlert, "labels" | "annotations">[];
type GotSample = { readonly labels: Labels; readonly value: number; readonly histogram?: NativeHistogram | null };

/** `got`: what fires under the name of the test. Order means nothing. */
export function compareAlerts(testName: string, test: AlertTest, got: StandingAlerts): readonly string[] {
	const expected = test.expected.map(({ labels, annotations }) => ({
		labels: { ...labels, alertname: test.alertname },
		annotations,
	}));
	const wanted = expected.map(alertText).sort();
	const there = got.map(alertText).sort();
	if (wanted.join("\n") === there.join("\n")) return [];
	const name = testName === "" ? "" : `    name: ${testName},\n`;
	const where = `    alertname: ${test.alertname}, time: ${formatDuration(test.evalTimeMs)}, `;
	return [`${name}${where}\n        exp:${listText(wanted)}, \n        got:${listText(there)}`];
}

/** Values are equal to the last bit, or but for it when `fuzzy`; a NaN equals nothing. */
export function compareSamples(
	where: string,
	expected: readonly ExpectedSample[],
	got: readonly GotSample[],
	fuzzy: boolean,
): readonly string[] {
	const wanted: GotSample[] = [];
	for (const { labels, value, histogram } of expected) {
		const metric = labels.trim() === "" ? null : readMetric(labels);
		if (metric?.ok === false) return [`${where} err: labels ${quote(labels)}: ${metric.failure}`];
		const read = histogram === null ? null : readHistogram(histogram.trim().replace(/^\{\{|\}\}$/g, ""));
		if (read?.ok === false) return [`${where} err: histogram ${quote(histogram ?? "")}: ${read.failure}`];
		wanted.push({ labels: metric?.value ?? {}, value, histogram: read?.value ?? null });
	}
	wanted.sort(byLabels);
	const there = got.toSorted(byLabels);
	const isEqual = wanted.length === there.length && wanted.every((one, i) => isSame(one, there[i] as GotSample, fuzzy));
	if (isEqual) return [];
	return [`${where}\n        exp: ${samplesText(wanted)}\n        got: ${samplesText(there)}`];
}

function isSame(a: GotSample, b: GotSample, fuzzy: boolean): boolean {
	if (labelsKey(a.labels) !== labelsKey(b.labels)) return false;
	const [left = null, right = null] = [a.histogram, b.histogram];
	if (left === null || right === null) return left === right && isClose(a.value, b.value, fuzzy);
	const numbers = ({ count, sum, lowers, uppers, counts }: NativeHistogram) => [
		count,
		sum,
		...lowers,
		...uppers,
		...counts,
	];
	const theirs = numbers(right);
	const ours = numbers(left);
	return ours.length === theirs.length && ours.every((value, i) => isClose(value, theirs[i] as number, true));
}

function isClose(a: number, b: number, fuzzy: boolean): boolean {
	if (a === b) return true;
	return fuzzy && Number.isFinite(a) && Number.isFinite(b) && distance(a, b) <= 1n;
}

/** How many doubles lie between two of them. */
function distance(a: number, b: number): bigint {
	const apart = ordinal(a) - ordinal(b);
	return apart < 0n ? -apart : apart;
}

/** Doubles in their order as whole numbers. */
function ordinal(value: number): bigint {
	const bits = new DataView(new ArrayBuffer(8));
	bits.setFloat64(0, value);
	const whole = bits.getBigInt64(0);
	return whole < 0n ? -(whole & 0x7fffffffffffffffn) : whole;
}

function alertText({ labels, annotations }: { labels: Labels; annotations: Labels }): string {
	return `Labels:${labelsText(labels)}\nAnnotations:${labelsText(annotations)}`;
}

function listText(alerts: readonly string[]): string {
	if (alerts.length === 0) return "[]";
	const items = alerts.map((alert, i) => `${i}:\n${alert.replaceAll(/^/gm, "  ")}`);
	return `[\n${items.join(",\n")}\n]`.replaceAll("\n", "\n            ");
}

function samplesText(samples: readonly GotSample[]): string {
	if (samples.length === 0) return "nil";
	return samples
		.map(({ labels, value, histogram = null }) => {
			const { __name__: name = "", ...rest } = labels;
			const metric = name === "" || Object.keys(rest).length > 0 ? `${name}${labelsText(rest)}` : name;
			return `${metric} ${histogram === null ? numberText(value) : histogramText(histogram)}`;
		})
		.join(", ");
}

function histogramText({ count, sum, lowers, uppers, counts }: NativeHistogram): string {
	const bins = Array.from(counts, (one, i) => `(${lowers[i]}, ${uppers[i]}]:${one}`);
	return `{count:${count}, sum:${sum}${bins.map((bin) => `, ${bin}`).join("")}}`;
}

function numberText(value: number): string {
	return Number.isFinite(value) ? String(value) : Number.isNaN(value) ? "NaN" : value > 0 ? "+Inf" : "-Inf";
}

function labelsText(labels: Labels): string {
	const pairs = Object.entries(labels).toSorted(([a], [b]) => (a < b ? -1 : 1));
	return `{${pairs.map(([name, value]) => `${name}=${quote(value)}`).join(", ")}}`;
}

function byLabels(a: GotSample, b: GotSample): number {
	const left = labelsKey(a.labels);
	const right = labelsKey(b.labels);
	return left < right ? -1 : left > right ? 1 : 0;
}

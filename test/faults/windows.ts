/** Compares what windows say with an exact account of the same samples: counts, sums, extremes, quantiles within 1 %. */
import { call } from "../../bench/api.ts";
import type { Workerd } from "../../bench/workerd.ts";
import type { Book, Tally } from "./book.ts";

/** Nothing in a run is older than its start less forty minutes; its clock moves on by less than a day in 60 rounds. */
const WINDOWS = ["24h", "7d"];
const QUANTILES = [0.5, 0.99];
const ERROR_MAX = 0.01;

type Group = {
	readonly labels: Readonly<Record<string, string>>;
	readonly count: number;
	readonly sum: number;
	readonly min: number | null;
	readonly max: number | null;
	readonly quantiles: Readonly<Record<string, number | null>>;
};

/** One sentence for each group of each window that is not as it should be. */
export async function checkWindows(workerd: Workerd, book: Book, names: readonly string[]): Promise<string[]> {
	const checks = names.map((name) => checkMetric(workerd, name, book.of(name)));
	return (await Promise.all(checks)).flat();
}

async function checkMetric(workerd: Workerd, name: string, series: readonly Tally[]): Promise<string[]> {
	const wrong: string[] = [];
	if (series.length > 0) {
		for (const window of WINDOWS) {
			for (const by of ["", "endpoint"]) {
				const path = `/api/metrics/${name}?window=${window}&quantiles=${QUANTILES.join(",")}&by=${by}`;
				const answer = JSON.parse(await call(workerd, "GET", path)) as Group & { readonly groups?: readonly Group[] };
				// Without `by` the figures stand in the answer itself.
				const groups = answer.groups ?? [{ ...answer, labels: {} }];
				const wanted = Map.groupBy(series, ({ labels }) => (by === "" ? "" : (labels["endpoint"] ?? "")));
				if (groups.length !== wanted.size) wrong.push(`${path}: ${groups.length} groups, not ${wanted.size}`);
				for (const group of groups) {
					const problem = difference(group, wanted.get(group.labels["endpoint"] ?? "") ?? []);
					if (problem !== null) wrong.push(`${path} ${JSON.stringify(group.labels)}: ${problem}`);
				}
			}
		}
	}
	return wrong;
}

function difference(group: Group, series: readonly Tally[]): string | null {
	const values = series.flatMap((one) => one.values).sort((a, b) => a - b);
	const sum = values.reduce((total, value) => total + value, 0);
	if (group.count !== values.length) return `count ${group.count}, not ${values.length}`;
	if (group.sum !== sum) return `sum ${group.sum}, not ${sum}`;
	const isDistribution = group.min !== null;
	if (isDistribution && group.min !== values[0]) return `min ${group.min}, not ${values[0]}`;
	if (isDistribution && group.max !== values.at(-1)) return `max ${group.max}, not ${values.at(-1)}`;
	for (const quantile of QUANTILES) {
		const got = group.quantiles[String(quantile)];
		if (got === null || got === undefined) continue;
		const exact = values[Math.max(0, Math.ceil(quantile * values.length) - 1)] as number;
		if (Math.abs(got - exact) > ERROR_MAX * Math.abs(exact)) return `p${quantile * 100} ${got}, not ${exact}`;
	}
	return null;
}

/** What every benchmark prints: tables for people, or with `--json` one object. Must never turn a miss into silence. */

/**
 * One measured figure. `what` is "group: item"; rows of one group make a table. `ratio` says how many times better Perdure is
 * than this row (below 1: worse), or null where there is nothing to compare.
 */
export type Row = {
	readonly what: string;
	readonly value: number;
	readonly unit: string;
	readonly ratio: number | null;
};

/** One aim: what was wanted and what came, both as text, and whether it is met. */
export type Aim = { readonly aim: string; readonly want: string; readonly got: string; readonly ok: boolean };

export type Report = { readonly bench: string; readonly rows: readonly Row[]; readonly aims: readonly Aim[] };

/** Prints the report to stdout: exactly one JSON object, or tables. */
export function printReport(report: Report, { json }: { readonly json: boolean }): void {
	if (json) {
		const { bench, rows, aims } = report;
		process.stdout.write(`${JSON.stringify({ bench, rows, aims })}\n`);
		return;
	}
	const groups = Map.groupBy(report.rows, (row) => groupOf(row.what));
	for (const [group, rows] of groups) {
		const cells = rows.map((row) => [
			itemOf(row.what),
			figure(row.value),
			row.unit,
			row.ratio === null ? "" : times(row.ratio),
		]);
		process.stdout.write(`\n${group}\n${table(cells)}`);
	}
	const met = report.aims.filter((aim) => aim.ok).length;
	process.stdout.write(`\nAims of bench:${report.bench}: ${met} of ${report.aims.length} met\n`);
	process.stdout.write(
		table(
			report.aims.map((aim) => [aim.ok ? "met" : "MISSED", aim.aim, `want ${aim.want}`, `got ${aim.got}`]),
			1,
		),
	);
}

/** Says on stderr what is going on, for runs longer than two seconds. */
export function progress(text: string): void {
	process.stderr.write(`${text}\n`);
}

/** The middle of the figures. */
export function median(figures: readonly number[]): number {
	const sorted = [...figures].sort((a, b) => a - b);
	return sorted[Math.floor(sorted.length / 2)] ?? Number.NaN;
}

/** What a quarter of the figures stay below: on a machine that others use too, disturbances only ever add. */
export function lowerQuartile(figures: readonly number[]): number {
	const sorted = [...figures].sort((a, b) => a - b);
	return sorted[Math.floor(sorted.length / 4)] ?? Number.NaN;
}

/** Three significant digits, with thousands apart. */
export function figure(value: number): string {
	if (!Number.isFinite(value)) return String(value);
	if (Math.abs(value) >= 1000) return Math.round(value).toLocaleString("en-US");
	return String(Number(value.toPrecision(3)));
}

/** A ratio as people say it: "3.2x". */
export function times(ratio: number): string {
	return `${figure(ratio)}x`;
}

function groupOf(what: string): string {
	return what.slice(0, Math.max(0, what.indexOf(": "))) || "figures";
}

function itemOf(what: string): string {
	return what.slice(what.indexOf(": ") < 0 ? 0 : what.indexOf(": ") + 2);
}

/** Columns as wide as their widest cell; numbers (the second column) to the right unless `textColumns` covers them. */
function table(rows: readonly (readonly string[])[], textColumns = 0): string {
	const widths = (rows[0] ?? []).map((_, column) => Math.max(...rows.map((row) => row[column]?.length ?? 0)));
	const lines = rows.map((row) =>
		row
			.map((cell, i) =>
				(i === 1 && textColumns === 0) || (i === 3 && textColumns === 0)
					? cell.padStart(widths[i] ?? 0)
					: cell.padEnd(widths[i] ?? 0),
			)
			.join("  "),
	);
	return lines.map((line) => `  ${line.trimEnd()}\n`).join("");
}

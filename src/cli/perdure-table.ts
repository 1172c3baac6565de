/** Tables for people: columns as wide as they need, and no line that a receiver of alerts could break. Pure. */

/** Rows below their titles; `empty` when there is none. */
export function table(titles: readonly string[], rows: readonly (readonly string[])[], empty: string): string {
	if (rows.length === 0) return `${empty}\n`;
	const cells = [titles, ...rows.map((row) => row.map(clean))];
	const widths = titles.map((_, column) => Math.max(...cells.map((row) => (row[column] ?? "").length)));
	const line = (row: readonly string[]): string =>
		row.map((cell, column) => cell.padEnd(column === row.length - 1 ? 0 : (widths[column] ?? 0))).join("  ");
	return `${cells.map(line).join("\n")}\n`;
}

/** Text of others: nothing that a terminal obeys, breaks the line, or turns the order of letters. */
export function clean(text: string): string {
	return text.replaceAll(/[\p{Cc}\p{Zl}\p{Zp}\p{Bidi_Control}]+/gu, " ").trim();
}

/** How long ago, or how long until: `3m`, `2h`, `5d`. */
export function age(time: unknown, nowMs: number): string {
	const ms = typeof time === "string" ? Math.abs(nowMs - Date.parse(time)) : Number.NaN;
	if (Number.isNaN(ms)) return "";
	for (const [unit, size] of UNITS) if (ms >= size) return `${Math.floor(ms / size)}${unit}`;
	return "0s";
}

const UNITS = [
	["d", 86_400_000],
	["h", 3_600_000],
	["m", 60_000],
	["s", 1_000],
] as const;

/** `{a="b", c="d"}` without the braces. */
export function pairs(labels: Readonly<Record<string, string>>, without: readonly string[]): string {
	return Object.entries(labels)
		.filter(([name]) => !without.includes(name))
		.map(([name, value]) => `${name}=${JSON.stringify(value)}`)
		.join(" ");
}

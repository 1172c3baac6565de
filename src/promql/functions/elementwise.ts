/** Functions of one number: each element of a vector becomes another, and loses its metric's name. */
import { type Column, FLOAT, newColumn, setFloat } from "../column.ts";
import { dropName } from "../labels.ts";

export type OfNumber = (value: number) => number;

/** By Prometheus' names. */
export const OF_NUMBER: ReadonlyMap<string, OfNumber> = new Map<string, OfNumber>([
	["abs", Math.abs],
	["ceil", Math.ceil],
	["floor", Math.floor],
	["exp", Math.exp],
	["ln", Math.log],
	["log2", Math.log2],
	["log10", Math.log10],
	["sqrt", Math.sqrt],
	["sgn", Math.sign],
	// Multiplied first, as Prometheus does: the last digit shows where a number becomes a label.
	["deg", (value) => (value * 180) / Math.PI],
	["rad", (value) => (value * Math.PI) / 180],
	["acos", Math.acos],
	["acosh", Math.acosh],
	["asin", Math.asin],
	["asinh", Math.asinh],
	["atan", Math.atan],
	["atanh", Math.atanh],
	["cos", Math.cos],
	["cosh", Math.cosh],
	["sin", Math.sin],
	["sinh", Math.sinh],
	["tan", Math.tan],
	["tanh", Math.tanh],
	["minute", (value) => date(value).getUTCMinutes()],
	["hour", (value) => date(value).getUTCHours()],
	["day_of_week", (value) => date(value).getUTCDay()],
	["day_of_month", (value) => date(value).getUTCDate()],
	["day_of_year", (value) => dayOfYear(date(value))],
	["days_in_month", (value) => daysInMonth(date(value))],
	["month", (value) => date(value).getUTCMonth() + 1],
	["year", (value) => date(value).getUTCFullYear()],
]);

/** round: to the nearest multiple, halves up. */
export function roundTo(value: number, multiple: number): number {
	const inverse = 1 / multiple;
	return Math.floor(value * inverse + 0.5) / inverse;
}

/** Applies a function, given value and step, to the floats of every column; distributions are left out. */
export function mapFloats(columns: readonly Column[], run: (value: number, step: number) => number | null): Column[] {
	return columns.map((column) => {
		const mapped = newColumn(dropName(column.labels), column.values.length);
		for (let step = 0; step < column.values.length; step++) {
			if (column.present[step] !== FLOAT) continue;
			const value = run(column.values[step] as number, step);
			if (value !== null) setFloat(mapped, step, value);
		}
		return mapped;
	});
}

/** Seconds since 1970 as a date in UTC; what is no time gives an invalid date, whose parts are NaN. */
function date(seconds: number): Date {
	return new Date(Math.trunc(seconds) * 1_000);
}

function dayOfYear(day: Date): number {
	return (
		(Date.UTC(day.getUTCFullYear(), day.getUTCMonth(), day.getUTCDate()) - Date.UTC(day.getUTCFullYear(), 0, 1)) /
			86_400_000 +
		1
	);
}

function daysInMonth(day: Date): number {
	return new Date(Date.UTC(day.getUTCFullYear(), day.getUTCMonth() + 1, 0)).getUTCDate();
}

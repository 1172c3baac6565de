/** A time interval in Alertmanager's words, which time-words.ts reads again. Pure. */
import type { NumberRange, TimeInterval } from "../model/routing.ts";
import { MONTHS, WEEKDAYS } from "./time-words.ts";

/** Parts that hold always are left out. */
export function intervalWords(interval: TimeInterval): Readonly<Record<string, unknown>> {
	const { times, weekdays, daysOfMonth, months, years, location } = interval;
	const ranges = (list: readonly NumberRange[], word: (number: number) => string): readonly string[] =>
		list.map(({ from, to }) => (from === to ? word(from) : `${word(from)}:${word(to)}`));
	return {
		...(times.length > 0 && {
			times: times.map(({ from, to }) => ({ start_time: clock(from), end_time: clock(to) })),
		}),
		...(weekdays.length > 0 && { weekdays: ranges(weekdays, (day) => WEEKDAYS[day] ?? String(day)) }),
		...(daysOfMonth.length > 0 && { days_of_month: ranges(daysOfMonth, String) }),
		...(months.length > 0 && { months: ranges(months, (month) => MONTHS[month - 1] ?? String(month)) }),
		...(years.length > 0 && { years: ranges(years, String) }),
		location,
	};
}

/** Minutes of the day as `09:00`; the last is `24:00`. */
function clock(minute: number): string {
	return `${String(Math.floor(minute / 60)).padStart(2, "0")}:${String(minute % 60).padStart(2, "0")}`;
}

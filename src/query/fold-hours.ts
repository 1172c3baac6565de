/**
 * Folds the hours that are over into accounts. An hour's account is made of all of its rows each time, so folding twice, late, or
 * by two at once changes nothing; a row that comes late makes its hour stale, and it is folded again.
 */
import {
	beginFold,
	type CountedRow,
	endFold,
	hourKey,
	loadCountedRows,
	loadFoldedHours,
} from "../db/notification-hours.ts";
import { ok, type Result } from "../lib/result.ts";
import type { Failure } from "../model/errors.ts";
import {
	BUSINESS_WINDOW_MS_MAX,
	FOLD_HOURS_PER_RUN_MAX,
	FOLD_ROWS_PER_RUN_MAX,
	HOUR_MS,
	HOUR_ROWS_MAX,
	HOUR_ROWS_PER_READ_MAX,
} from "../model/limits.ts";
import { MessageAccount } from "./message-account.ts";

/** Rows read in one statement, and counted in all. */
export type ReadBounds = { readonly perRead: number; readonly rows: number };

const BOUNDS: ReadBounds = { perRead: HOUR_ROWS_PER_READ_MAX, rows: HOUR_ROWS_MAX };

export type FoldReport = {
	/** Hours that were folded. */
	readonly folded: number;
	/** Hours that changed while they were read: the next run has them. */
	readonly disturbed: number;
	/** Hours that wait for a further run. */
	readonly waiting: number;
};

/** Folds hours that are over and not folded, the newest first, up to the bounds of one run. `fold` names this run: no other has it. */
export async function foldHours(db: D1Database, fold: string, nowMs: number): Promise<Result<FoldReport, Failure>> {
	const open = startOfHour(nowMs);
	// One hour more than the longest window, which begins within an hour.
	const first = open - BUSINESS_WINDOW_MS_MAX - HOUR_MS;
	const known = await loadFoldedHours(db, hourKey(first), hourKey(open));
	if (!known.ok) return known;
	const due: number[] = [];
	for (let hour = open - HOUR_MS; hour >= first; hour -= HOUR_MS) if (!known.value.has(hourKey(hour))) due.push(hour);
	let folded = 0;
	let disturbed = 0;
	let rows = 0;
	for (const hour of due) {
		if (folded + disturbed >= FOLD_HOURS_PER_RUN_MAX || rows >= FOLD_ROWS_PER_RUN_MAX) break;
		const done = await foldHour(db, hour, fold, nowMs);
		if (!done.ok) return done;
		rows += done.value.rows;
		if (done.value.isFolded) folded++;
		else disturbed++;
	}
	return ok({ folded, disturbed, waiting: due.length - folded - disturbed });
}

/** Folds one hour. Not folded: it changed while it was read, or somebody else folds it. */
export async function foldHour(
	db: D1Database,
	hourMs: number,
	fold: string,
	nowMs: number,
	bounds: ReadBounds = BOUNDS,
): Promise<Result<{ readonly isFolded: boolean; readonly rows: number }, Failure>> {
	const begun = await beginFold(db, hourKey(hourMs), fold);
	if (!begun.ok) return begun;
	const account = new MessageAccount();
	const read = await countRows(db, { fromMs: hourMs, toMs: hourMs + HOUR_MS }, (row) => account.add(row), bounds);
	if (!read.ok) return read;
	account.isComplete = read.value.isAll;
	const ended = await endFold(db, hourKey(hourMs), fold, account.encode(), nowMs);
	return ended.ok ? ok({ isFolded: ended.value, rows: read.value.rows }) : ended;
}

/** Counts the rows of [fromMs, toMs) as they are now, the newest first, up to the bound; says how many, and whether that is all. */
export async function countRows(
	db: D1Database,
	range: { readonly fromMs: number; readonly toMs: number },
	count: (row: CountedRow) => void,
	bounds: ReadBounds = BOUNDS,
): Promise<Result<{ readonly rows: number; readonly isAll: boolean }, Failure>> {
	let rows = 0;
	let after: CountedRow | null = null;
	for (;;) {
		// One row more than the bound shows that there is one.
		const limit = Math.min(bounds.perRead, bounds.rows - rows + 1);
		const read = await loadCountedRows(db, range, after, limit);
		if (!read.ok) return read;
		const counted = read.value.slice(0, bounds.rows - rows);
		for (const row of counted) count(row);
		rows += counted.length;
		if (counted.length < read.value.length) return ok({ rows, isAll: false });
		if (read.value.length < limit) return ok({ rows, isAll: true });
		after = read.value.at(-1) ?? null;
	}
}

export function startOfHour(ms: number): number {
	return Math.floor(ms / HOUR_MS) * HOUR_MS;
}

/**
 * What an operator of the application asks: how many messages, how many arrived, of which templates, to how many users, and how
 * long it took. From the accounts of hours that are folded; hours that are not (the one that runs, those that changed since) are
 * counted from their own rows. Counts are exact; users beyond a bound and percentiles are estimates, and the answer says so.
 */
import { type CountedRow, type FoldedHours, hourKey, loadHours, loadTemplateUsers } from "../db/notification-hours.ts";
import { Distinct } from "../lib/distinct.ts";
import { ok, type Result } from "../lib/result.ts";
import type { Failure } from "../model/errors.ts";
import {
	BUSINESS_ROWS_PER_ANSWER_MAX,
	DISTINCT_EXACT_MAX,
	FOLDED_HOURS_PER_READ_MAX,
	HOUR_MS,
	HOUR_ROWS_PER_READ_MAX,
} from "../model/limits.ts";
import { countRows, startOfHour } from "./fold-hours.ts";
import { MessageAccount } from "./message-account.ts";

/** Templates that are named. */
const TEMPLATES_NAMED = 10;

export type Usage = { readonly template: string; readonly uses: number; readonly users: Distinct };

/** What the messages of some hours came to. */
export type BusinessAccount = {
	/** Begin of the first hour; the last one is that of now. */
	readonly fromMs: number;
	readonly account: MessageAccount;
	/** The most used first. */
	readonly templates: readonly Usage[];
	/** Finished messages among those made since `rateFromMs`. */
	readonly finished: number;
	readonly rateFromMs: number;
};

/** The account of the hours that the last `windowMs` touch. */
export async function businessAccount(
	db: D1Database,
	windowMs: number,
	nowMs: number,
	rowsMax: number = BUSINESS_ROWS_PER_ANSWER_MAX,
): Promise<Result<BusinessAccount, Failure>> {
	const fromMs = startOfHour(nowMs - windowMs);
	const open = startOfHour(nowMs);
	const account = new MessageAccount();
	const uses = new Map<string, number>();
	const folded = new Set<string>();
	const spans = spansOf(fromMs, open);
	const rateFromMs = Math.max(fromMs, open - HOUR_MS);
	let finished = 0;
	for (const [from, to] of spans) {
		const read = await loadHours(db, from, to);
		if (!read.ok) return read;
		addFolded(account, uses, folded, read.value);
		for (const { hour, statuses } of read.value.channels) {
			if (hour >= hourKey(rateFromMs)) finished += finishedOf(JSON.parse(statuses) as Record<string, number>);
		}
	}
	const rows = new MessageAccount();
	const rateFrom = new Date(rateFromMs).toISOString();
	let left = rowsMax;
	// The newest first: if anything is beyond the bound, it is what is oldest.
	for (const range of unfolded(fromMs, open, folded)) {
		const count = (row: CountedRow): void => {
			rows.add(row);
			if (row.created_at >= rateFrom) finished += isFinished(row.status) ? 1 : 0;
		};
		const read = await countRows(db, range, count, { perRead: HOUR_ROWS_PER_READ_MAX, rows: left });
		if (!read.ok) return read;
		left -= read.value.rows;
		if (!read.value.isAll) rows.isComplete = false;
	}
	const templates = await usagesOf(db, { uses, rows, folded, spans });
	if (!templates.ok) return templates;
	addRows(account, rows);
	return ok({ fromMs, account, templates: templates.value, finished, rateFromMs });
}

type Uses = {
	/** Of folded hours. */
	readonly uses: ReadonlyMap<string, number>;
	/** Of the others. */
	readonly rows: MessageAccount;
	readonly folded: ReadonlySet<string>;
	readonly spans: readonly (readonly [from: string, to: string])[];
};

/** The most used templates and their users. */
async function usagesOf(db: D1Database, { uses, rows, folded, spans }: Uses): Promise<Result<Usage[], Failure>> {
	const all = new Map(uses);
	for (const [template, { uses: more }] of rows.templates) all.set(template, (all.get(template) ?? 0) + more);
	const most = [...all].sort(([a, n], [b, m]) => m - n || (a < b ? -1 : 1)).slice(0, TEMPLATES_NAMED);
	const users = new Map(most.map(([template]) => [template, new Distinct(DISTINCT_EXACT_MAX)]));
	for (const [template, { users: more }] of rows.templates) users.get(template)?.merge(more);
	for (const [from, to] of most.length === 0 ? [] : spans) {
		const read = await loadTemplateUsers(db, [...users.keys()], from, to);
		if (!read.ok) return read;
		for (const row of read.value) if (folded.has(row.hour)) users.get(row.template_key)?.mergeEncoded(row.users);
	}
	return ok(
		most.map(([template, count]) => {
			return { template, uses: count, users: users.get(template) ?? new Distinct(DISTINCT_EXACT_MAX) };
		}),
	);
}

/** Adds what folded hours came to. */
function addFolded(
	account: MessageAccount,
	uses: Map<string, number>,
	folded: Set<string>,
	{ hours, channels, templates }: FoldedHours,
): void {
	for (const { hour, is_complete, template_uses, users } of hours) {
		folded.add(hour);
		account.templateUses += template_uses;
		account.users.mergeEncoded(users);
		if (is_complete === 0) account.isComplete = false;
	}
	for (const { channel_type, statuses, end_to_end, delivery } of channels) {
		account.mergeChannel(channel_type, JSON.parse(statuses) as Record<string, number>, end_to_end, delivery);
	}
	for (const { template_key, uses: more } of templates) uses.set(template_key, (uses.get(template_key) ?? 0) + more);
}

/** Adds what was counted from rows; templates are told apart by then. */
function addRows(account: MessageAccount, rows: MessageAccount): void {
	account.templateUses += rows.templateUses;
	account.users.merge(rows.users);
	if (!rows.isComplete) account.isComplete = false;
	for (const [name, { statuses, endToEnd, delivery }] of rows.channels) {
		const channel = account.channel(name);
		for (const [status, messages] of statuses) {
			channel.statuses.set(status, (channel.statuses.get(status) ?? 0) + messages);
		}
		channel.endToEnd.merge(endToEnd);
		channel.delivery.merge(delivery);
	}
}

function isFinished(status: string): boolean {
	return status === "success" || status === "failed";
}

function finishedOf(statuses: Readonly<Record<string, number>>): number {
	return Object.entries(statuses).reduce((sum, [status, messages]) => sum + (isFinished(status) ? messages : 0), 0);
}

/** The hours that are not folded, joined where they meet, the newest first: each range is one read, and not each hour. */
function unfolded(fromMs: number, openMs: number, folded: ReadonlySet<string>): { fromMs: number; toMs: number }[] {
	const ranges: { fromMs: number; toMs: number }[] = [];
	for (let hour = openMs; hour >= fromMs; hour -= HOUR_MS) {
		if (folded.has(hourKey(hour))) continue;
		const last = ranges.at(-1);
		if (last !== undefined && last.fromMs === hour + HOUR_MS) last.fromMs = hour;
		else ranges.push({ fromMs: hour, toMs: hour + HOUR_MS });
	}
	return ranges;
}

/** Pieces of at most FOLDED_HOURS_PER_READ_MAX hours, from the first hour up to, not with, the one that runs. */
function spansOf(fromMs: number, openMs: number): (readonly [string, string])[] {
	const spans: (readonly [string, string])[] = [];
	const step = FOLDED_HOURS_PER_READ_MAX * HOUR_MS;
	for (let from = fromMs; from < openMs; from += step) {
		spans.push([hourKey(from), hourKey(Math.min(from + step, openMs))]);
	}
	return spans;
}

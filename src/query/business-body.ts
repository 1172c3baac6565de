/** The business metrics as people get them. Pure: what it shows is in its arguments. */
import { DAY_MS, HOUR_MS, MINUTE_MS } from "../model/limits.ts";
import { Sketch } from "../sketch/sketch.ts";
import type { BusinessAccount } from "./business.ts";
import type { MessageAccount } from "./message-account.ts";

/** What waits now; null: not known. */
export type Waiting = {
	/** Messages on the queue that executes sends. */
	readonly backlog: number | null;
	/** Deliveries that the notifier keeps until they are accepted or dead. */
	readonly pending: number | null;
};

/**
 * Success rates are of the finished messages, from 0 to 1; null: none is finished. Muted ones were never sent, and are
 * in no total. Latencies are milliseconds, within 1 % of an exact sort.
 */
export function businessBody(
	{ fromMs, account, templates, finished, rateFromMs }: BusinessAccount,
	windowMs: number,
	waiting: Waiting,
	nowMs: number,
) {
	const totals = totalsOf(account);
	const minutes = Math.max(1, (nowMs - rateFromMs) / MINUTE_MS);
	return {
		timestamp: new Date(nowMs).toISOString(),
		window: durationText(windowMs),
		from: new Date(fromMs).toISOString(),
		to: new Date(nowMs).toISOString(),
		/** False: there were more rows than one answer reads, and the oldest are not counted. */
		complete: account.isComplete,
		notifications: totals,
		templates: {
			mostUsed: templates.map(({ template, uses, users }) => ({
				template_key: template,
				usage_count: uses,
				unique_users: users.count(),
				unique_users_error: users.error,
			})),
			totalUsage: account.templateUses,
		},
		users: {
			activeCount: account.users.count(),
			/** Relative standard error; 0: the count is exact. */
			activeCountError: account.users.error,
			period: durationText(windowMs),
		},
		queue: {
			...waiting,
			/** Finished messages a minute, of those made since the last full hour began. */
			processingRate: Math.round((finished / minutes) * 100) / 100,
		},
		latency: latencyOf(account),
	};
}

/** `24h`, `7d`: as it was asked for, in the largest unit that fits. */
function durationText(ms: number): string {
	if (ms % DAY_MS === 0 && ms > DAY_MS) return `${ms / DAY_MS}d`;
	if (ms % HOUR_MS === 0) return `${ms / HOUR_MS}h`;
	return `${Math.round(ms / MINUTE_MS)}m`;
}

function totalsOf({ channels }: MessageAccount) {
	const byStatus: Record<string, number> = {};
	const byChannel: Record<string, unknown> = {};
	let muted = 0;
	for (const [name, { statuses }] of [...channels].sort(([a], [b]) => (a < b ? -1 : 1))) {
		const own: Record<string, number> = {};
		for (const [status, messages] of statuses) {
			if (status === "muted") {
				muted += messages;
				continue;
			}
			own[status] = messages;
			byStatus[status] = (byStatus[status] ?? 0) + messages;
		}
		const total = sumOf(own);
		if (total > 0) byChannel[name] = { total, byStatus: own, successRate: rateOf(own) };
	}
	return { total: sumOf(byStatus), byStatus, byChannel, successRate: rateOf(byStatus), muted };
}

function sumOf(statuses: Readonly<Record<string, number>>): number {
	return Object.values(statuses).reduce((sum, messages) => sum + messages, 0);
}

function rateOf(statuses: Readonly<Record<string, number>>): number | null {
	const success = statuses["success"] ?? 0;
	const finished = success + (statuses["failed"] ?? 0);
	return finished === 0 ? null : success / finished;
}

function latencyOf({ channels }: MessageAccount) {
	const endToEnd = new Sketch();
	const delivery = new Sketch();
	const byChannel: Record<string, unknown> = {};
	for (const [name, channel] of [...channels].sort(([a], [b]) => (a < b ? -1 : 1))) {
		endToEnd.merge(channel.endToEnd);
		delivery.merge(channel.delivery);
		if (channel.endToEnd.isEmpty && channel.delivery.isEmpty) continue;
		byChannel[name] = { endToEnd: percentiles(channel.endToEnd), delivery: percentiles(channel.delivery) };
	}
	return { endToEnd: percentiles(endToEnd), delivery: percentiles(delivery), byChannel };
}

/** Null: nothing was measured. */
function percentiles(sketch: Sketch) {
	if (sketch.isEmpty) return null;
	const [p50, p95, p99] = sketch.quantiles([0.5, 0.95, 0.99]);
	const { count, sum, min, max } = sketch;
	return { count, average: sum / count, min, max, p50, p95, p99 };
}

/** How the receivers fare, as health shows it: those of the routes, and those that were once configured. Pure. */
import type { ReceiverHealth } from "../model/notification.ts";
import type { Receivers } from "./receivers.ts";
import type { ReceiverRow } from "./storage.ts";

export type ReceiverCounts = {
	readonly rows: readonly ReceiverRow[];
	readonly open: ReadonlyMap<string, number>;
	readonly dead: ReadonlyMap<string, number>;
	readonly errors: ReadonlyMap<string, string>;
};

export function receiverHealth(receivers: Receivers, counts: ReceiverCounts): readonly ReceiverHealth[] {
	const rows = new Map(counts.rows.map((row) => [row.receiver, row]));
	const names = new Set([...receivers.keys(), ...rows.keys(), ...counts.open.keys()]);
	return [...names].map((name) => {
		const entry = receivers.get(name);
		const row = rows.get(name);
		return {
			receiver: name,
			channel: entry?.channel ?? null,
			configured: entry?.receiver != null,
			pending: counts.open.get(name) ?? 0,
			dead: counts.dead.get(name) ?? 0,
			lastDeliveredMs: row?.last_delivered_ms ?? null,
			lastError: counts.errors.get(name) ?? row?.last_error ?? null,
			deadTotal: row?.dead ?? 0,
			problem: entry?.problem ?? null,
		};
	});
}

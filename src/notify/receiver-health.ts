/** How the targets fare, as health shows it: those of the configuration, and channels that could be filled in. Pure. */
import type { ReceiverHealth } from "../model/notification.ts";
import { CHANNEL_ENTRIES } from "./channels/integrations.ts";
import { type Configuration, contextOf, targetName, templateSetOf } from "./configuration.ts";
import { ROUTED_CHANNELS } from "./default-config.ts";
import type { ReceiverRow } from "./receiver-rows.ts";

export type ReceiverCounts = {
	readonly rows: readonly ReceiverRow[];
	readonly open: ReadonlyMap<string, number>;
	readonly dead: ReadonlyMap<string, number>;
	readonly errors: ReadonlyMap<string, string>;
};

export function receiverHealth(
	configuration: Configuration,
	variables: object,
	counts: ReceiverCounts,
): readonly ReceiverHealth[] {
	const { routing, text, templates, problem } = configuration;
	const rows = new Map(counts.rows.map((row) => [row.receiver, row]));
	const set = templateSetOf(templates);
	const health: ReceiverHealth[] = [];
	const channels = new Set<string>();
	for (const { name, integrations } of routing.receivers) {
		for (const [index, { channel, settings }] of integrations.entries()) {
			const target = targetName(name, index);
			const entry = CHANNEL_ENTRIES.find((one) => one.channel === channel);
			const context = set.ok
				? contextOf(routing.global, set.value, variables as Readonly<Record<string, unknown>>)
				: null;
			const opened = context === null ? null : entry?.open(settings, context);
			const wrong = opened !== null && opened !== undefined && !opened.ok ? opened.failure[0] : undefined;
			channels.add(channel);
			health.push({
				receiver: target,
				channel,
				configured: wrong === undefined,
				...figures(target, rows.get(target), counts),
				problem: wrong === undefined ? null : `${wrong.place} ${wrong.reason}`,
			});
		}
	}
	// Without a file of one's own, what could still be filled in is shown as not configured.
	for (const channel of text === null ? ROUTED_CHANNELS : []) {
		if (channels.has(channel)) continue;
		const none = { pending: 0, dead: 0, lastDeliveredMs: null, lastError: null, deadTotal: 0, problem: null };
		health.push({ receiver: channel, channel, configured: false, ...none });
	}
	if (problem !== null) {
		const none = { pending: 0, dead: 0, lastDeliveredMs: null, lastError: null, deadTotal: 0 };
		health.push({ receiver: "alertmanager.yml", channel: null, configured: false, ...none, problem });
	}
	return health;
}

function figures(target: string, row: ReceiverRow | undefined, counts: ReceiverCounts) {
	return {
		pending: counts.open.get(target) ?? 0,
		dead: counts.dead.get(target) ?? 0,
		lastDeliveredMs: row?.last_delivered_ms ?? null,
		lastError: counts.errors.get(target) ?? row?.last_error ?? null,
		deadTotal: row?.dead ?? 0,
	};
}

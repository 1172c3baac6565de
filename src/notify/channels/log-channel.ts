/** Channel `log`: one structured line on the Worker's log. Always configured, so that nothing is ever said to nobody. */
import * as v from "valibot";
import { LOG_LINE_CHARS_MAX } from "../../model/limits.ts";
import type { Message, MessageAlert } from "../../model/message.ts";
import { clip, largestCount } from "./clip.ts";
import type { ChannelEntry } from "./integration.ts";
import { formatRfc3339 } from "./plain-values.ts";
import { common, readSettings, SettingsReader } from "./settings.ts";

/** Room that id, attempts and error need on a line. */
const AROUND_CHARS = 2_000;
const VALUE_CHARS = [1_000, 100, 10] as const;

export const logChannel: ChannelEntry = {
	channel: "log",
	configKey: "log_configs",
	unused: {},
	open(settings, context) {
		const read = readSettings(v.strictObject(common), settings);
		if (!read.ok) return read;
		return new SettingsReader(context).done(() => ({
			channel: "log",
			render: (message) => messageLine(message),
			async send(attempt) {
				console.log(`${JSON.stringify({ message_id: attempt.id }).slice(0, -1)},${attempt.body.slice(1)}`);
				return { kind: "delivered", httpStatus: null };
			},
			test: async () => ({ kind: "delivered", httpStatus: null, scope: "nothing" }),
		}));
	},
	fromEnvironment: () => ({}),
};

/** The line of a delivery that died: the last word that is said of it, unless someone replays it. */
export function deadMessageLine(message: Message, id: string, attempts: number, error: string): string {
	const dead = { level: "error", type: "delivery_dead", message_id: id, attempts, error: clip(error, 500) };
	const { level, type, ...rest } = JSON.parse(messageLine(message)) as Readonly<Record<string, unknown>>;
	return JSON.stringify({ ...dead, ...rest });
}

/** A message as one line of JSON; alerts that have no place on it are counted. */
function messageLine(message: Message): string {
	for (const chars of VALUE_CHARS) {
		const line = (count: number): string => JSON.stringify(lineOf(message, count, chars));
		const fits = (count: number): boolean => line(count).length <= LOG_LINE_CHARS_MAX - AROUND_CHARS;
		const count = largestCount(message.alerts.length, fits);
		if (count > 0) return line(count);
	}
	return JSON.stringify(lineOf({ ...message, groupLabels: {} }, 0, 10));
}

function lineOf(message: Message, count: number, chars: number): object {
	return {
		timestamp: formatRfc3339(message.createdMs),
		level: message.status === "firing" ? "warn" : "info",
		type: "notification",
		status: message.status,
		cause: message.cause,
		receiver: clip(message.receiver, 200),
		group_key: clip(message.groupKey, chars),
		group_labels: shorten(message.groupLabels, chars),
		coalesced: message.coalesced,
		truncated_alerts: message.truncatedAlerts + message.alerts.length - count,
		alerts: message.alerts.slice(0, count).map((alert) => alertOf(alert, chars)),
	};
}

function alertOf(alert: MessageAlert, chars: number): object {
	return {
		fingerprint: alert.fingerprint,
		status: alert.status,
		labels: shorten(alert.labels, chars),
		annotations: shorten(alert.annotations, chars),
		value: alert.value === null || Number.isFinite(alert.value) ? alert.value : String(alert.value),
		startsAt: formatRfc3339(alert.startsAtMs),
		endsAt: alert.endsAtMs === null ? null : formatRfc3339(alert.endsAtMs),
		reason: alert.reason,
	};
}

function shorten(values: Readonly<Record<string, string>>, chars: number): Readonly<Record<string, string>> {
	return Object.fromEntries(Object.entries(values).map(([name, value]) => [name, clip(value, chars)]));
}

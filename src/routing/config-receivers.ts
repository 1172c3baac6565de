/**
 * The receivers of a configuration file. Which channels there are, and what their settings mean, is the business of those that
 * are passed in. An issue never holds the value of a setting: it may be a secret.
 */
import type { YamlNode } from "../lib/yaml-source.ts";
import { readBoolean } from "../lib/yaml-value.ts";
import type { Channel } from "../model/channel.ts";
import type { Issue } from "../model/errors.ts";
import { INTEGRATIONS_PER_RECEIVER_MAX, RECEIVER_NAME_CHARS_MAX, RECEIVERS_MAX } from "../model/limits.ts";
import type { IntegrationConfig, ReceiverConfig } from "../model/routing.ts";
import { type ConfigReading, shown } from "./config-reading.ts";

type Settings = Readonly<Record<string, unknown>>;

/** A channel as this room knows it. */
export type ConfigChannel = {
	/** The key in a receiver, such as `slack_configs`. */
	readonly configKey: string;
	readonly channel: Channel;
	/** What is wrong with the settings of one integration, each with its place within them. They come without `send_resolved`. */
	readonly check: (settings: Settings, global: Settings) => readonly Issue[];
	/** Keys (`a` or `a.b`) that are known and have no effect, with the reason: a warning each. */
	readonly unused: Readonly<Record<string, string>>;
};

/** Channels that do not tell of the end of an alert unless they are asked to, as in Alertmanager. */
const QUIET_OF_ENDS: readonly Channel[] = ["email", "slack"];

/** Integrations of Alertmanager, by the key in a receiver. */
const INTEGRATIONS: Readonly<Record<string, string>> = {
	discord: "Discord",
	email: "email",
	incidentio: "incident.io",
	jira: "Jira",
	mattermost: "Mattermost",
	msteams: "Microsoft Teams",
	msteamsv2: "Microsoft Teams",
	opsgenie: "Opsgenie",
	pagerduty: "PagerDuty",
	pushover: "Pushover",
	rocketchat: "Rocket.Chat",
	slack: "Slack",
	sns: "Amazon SNS",
	telegram: "Telegram",
	victorops: "VictorOps",
	webex: "Webex",
	webhook: "webhook",
	wechat: "WeChat",
};

/** All receivers, in the order of the file; their names are unique. Every issue is noted with its place. */
export function readReceivers(
	reading: ConfigReading,
	from: YamlNode | undefined,
	channels: readonly ConfigChannel[],
	global: Settings,
): readonly ReceiverConfig[] {
	const { source } = reading;
	const items = from === undefined ? [] : (source.items(from, "receivers") ?? []);
	if (items.length > RECEIVERS_MAX) {
		source.complain(from ?? 0, `${items.length} receivers; the limit is ${RECEIVERS_MAX}`);
		return [];
	}
	const receivers: ReceiverConfig[] = [];
	const names = new Set<string>();
	for (const item of items) {
		if (source.isExhausted) break;
		const receiver = readReceiver(reading, item, channels, global);
		if (receiver === null) continue;
		if (names.has(receiver.name))
			source.complain(item, `notification config name ${shown(receiver.name)} is not unique`);
		names.add(receiver.name);
		receivers.push(receiver);
	}
	return receivers;
}

function readReceiver(
	reading: ConfigReading,
	from: YamlNode,
	channels: readonly ConfigChannel[],
	global: Settings,
): ReceiverConfig | null {
	const { source } = reading;
	const entries = source.entries(from, "a receiver");
	if (entries === null) return null;
	const named = entries.get("name")?.value;
	const name = named === undefined ? null : source.scalar(named, "name");
	if (name === null || name === "") source.complain(named ?? from, "missing name in receiver");
	if (name !== null && (name.length > RECEIVER_NAME_CHARS_MAX || /\p{Cc}/u.test(name))) {
		source.complain(
			named ?? from,
			`a name has at most ${RECEIVER_NAME_CHARS_MAX} characters, and no control characters`,
		);
	}
	const integrations: IntegrationConfig[] = [];
	for (const [key, { keyAt, value }] of entries) {
		const channel = channels.find(({ configKey }) => configKey === key);
		if (channel !== undefined) integrations.push(...readIntegrations(reading, value, channel, global));
		else if (key !== "name") source.complain({ at: keyAt, path: value.path }, whyNot(key, channels));
	}
	if (integrations.length > INTEGRATIONS_PER_RECEIVER_MAX) {
		const got = `${integrations.length} integrations in one receiver`;
		source.complain(from, `${got}; the limit is ${INTEGRATIONS_PER_RECEIVER_MAX}`);
	}
	return name === null ? null : { name, integrations };
}

function whyNot(key: string, channels: readonly ConfigChannel[]): string {
	const known = channels.map(({ configKey }) => configKey).join(", ");
	const found = /^([a-z0-9]+)_configs$/.exec(key)?.[1] ?? "";
	const service = Object.hasOwn(INTEGRATIONS, found) ? INTEGRATIONS[found] : undefined;
	if (service === undefined) return `${shown(key)} is not known in a receiver: it has name, ${known}`;
	const instead = "webhook_configs, which posts the payload of Alertmanager's webhook to an address that passes it on";
	return `${key} is not supported: there is no channel for ${service} here. Use ${instead}. There are ${known}`;
}

function readIntegrations(
	reading: ConfigReading,
	from: YamlNode,
	channel: ConfigChannel,
	global: Settings,
): readonly IntegrationConfig[] {
	const { source } = reading;
	const items = source.items(from, channel.configKey) ?? [];
	if (items.length > INTEGRATIONS_PER_RECEIVER_MAX) {
		source.complain(from, `${items.length} entries; the limit is ${INTEGRATIONS_PER_RECEIVER_MAX}`);
		return [];
	}
	return items.flatMap((item) => {
		const value = source.value(item, `an entry of ${channel.configKey}`);
		if (typeof value !== "object" || value === null || Array.isArray(value)) {
			if (!source.isExhausted) source.complain(item, `an entry of ${channel.configKey} must be a map`);
			return [];
		}
		const { send_resolved: sendResolved, ...settings } = value as Record<string, unknown>;
		for (const [path, why] of Object.entries(channel.unused)) {
			if (hasPath(settings, path)) reading.warn(source.find(item, path), `has no effect: ${why}`);
		}
		reading.complainWithin(item, channel.check(settings, global));
		return [
			{
				channel: channel.channel,
				sendResolved: readSendResolved(reading, item, sendResolved) ?? !QUIET_OF_ENDS.includes(channel.channel),
				settings,
			},
		];
	});
}

function readSendResolved(reading: ConfigReading, from: YamlNode, value: unknown): boolean | null {
	if (value === undefined || value === null) return null;
	const read = typeof value === "boolean" ? value : typeof value === "string" ? readBoolean(value) : null;
	if (read === null) {
		reading.complainWithin(from, [{ place: "send_resolved", reason: "send_resolved must be true or false" }]);
	}
	return read;
}

function hasPath(value: unknown, path: string): boolean {
	let at: unknown = value;
	for (const key of path.split(".")) {
		if (typeof at !== "object" || at === null || !Object.hasOwn(at, key)) return false;
		at = (at as Record<string, unknown>)[key];
	}
	return true;
}

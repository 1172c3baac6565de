/** Configuration files for tests: reading with channels that stand in for the real ones, and failures as short texts. */
import type { Failure } from "../../src/model/errors.ts";
import type { Route } from "../../src/model/routing.ts";
import { type ConfigFile, parseConfig } from "../../src/routing/config-file.ts";
import type { ConfigChannel } from "../../src/routing/config-receivers.ts";

export const webhook: ConfigChannel = {
	configKey: "webhook_configs",
	channel: "webhook",
	check: (settings) =>
		typeof settings["url"] === "string"
			? Object.keys(settings)
					.filter((key) => !["url", "max_alerts", "http_config", "nested"].includes(key))
					.map((key) => ({ place: key, reason: "is not known" }))
			: [{ place: "url", reason: "is missing" }],
	unused: { "http_config.follow_redirects": "redirects are never followed" },
};
export const email: ConfigChannel = {
	configKey: "email_configs",
	channel: "email",
	check: (settings, global) =>
		settings["from"] === undefined && global["smtp_from"] === undefined
			? [{ place: "from", reason: "neither here nor in global" }]
			: [],
	unused: {},
};
export const CHANNELS = [webhook, email];

/** The file, which must be taken. */
export function fileOf(text: string, templateNames: readonly string[] = []): ConfigFile {
	const result = parseConfig(text, CHANNELS, templateNames);
	if (!result.ok) throw new Error(JSON.stringify(result.failure, null, " "));
	return result.value;
}

export function rootOf(text: string): Route {
	return fileOf(text).config.route;
}

export function failureOf(text: string): Failure {
	const result = parseConfig(text, CHANNELS, []);
	if (result.ok) throw new Error("it was taken");
	return result.failure;
}

/** Issues as `place: reason`. */
export function issuesOf(text: string): readonly string[] {
	const failure = failureOf(text);
	if (failure.code !== "invalid") throw new Error(JSON.stringify(failure));
	return failure.issues.map(({ place, reason }) => `${place}: ${reason}`);
}

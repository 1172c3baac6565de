/**
 * Integrations that this isolate has opened, by target. They are opened anew when the configuration has another version; the
 * notifier is asked for their settings, which stay in memory and are shown to nobody.
 */
import { TARGETS_OPENED_MAX } from "../model/limits.ts";
import { ask, notifierStub, type ObjectEnv } from "../peers/stubs.ts";
import type { Integration } from "./channels/integration.ts";
import { CHANNEL_ENTRIES } from "./channels/integrations.ts";
import { contextOf, templateSetOf } from "./configuration.ts";

type Opened = { readonly version: string; readonly integration: Integration };

const opened = new Map<string, Opened>();

/** The integration of a target as of a version, or why there is none, in words without secrets. */
export async function openTarget(env: ObjectEnv, target: string, version: string): Promise<Integration | string> {
	const known = opened.get(target);
	if (known?.version === version) return known.integration;
	const answer = await ask("the notifier", () => notifierStub(env).integration(target));
	if (!answer.ok) return "the notifier did not say how the receiver is reached";
	const source = answer.value;
	if (source === null) return `receiver '${target}' is not in the configuration any more`;
	const entry = CHANNEL_ENTRIES.find(({ channel }) => channel === source.config.channel);
	const templates = templateSetOf(source.templates);
	if (entry === undefined || !templates.ok) return `receiver '${target}' cannot be opened`;
	const variables = env as unknown as Readonly<Record<string, unknown>>;
	const integration = entry.open(source.config.settings, contextOf(source.global, templates.value, variables));
	// Its settings may come back: a secret that is being rotated is away for a moment.
	if (!integration.ok)
		return `receiver '${target}': ${integration.failure[0]?.place ?? ""} ${integration.failure[0]?.reason ?? ""}`;
	if (opened.size >= TARGETS_OPENED_MAX) opened.clear();
	opened.set(target, { version: source.version, integration: integration.value });
	return integration.value;
}

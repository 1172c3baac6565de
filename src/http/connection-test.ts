/**
 * Whether a receiver of Perdure's own can be reached: opens it as a delivery does, and makes the channel's own harmless call, once
 * and with a bound on its time. Sends no message.
 */
import { settleWithin } from "../lib/async.ts";
import { CHANNEL_TIMEOUT_MS } from "../model/limits.ts";
import { channelIo } from "../notify/deliver.ts";
import { openTarget } from "../notify/opened.ts";
import { ask, notifierStub } from "../peers/stubs.ts";
import type { Connection } from "../query/diagnose-facts.ts";

export async function testConnection(env: Env, target: string): Promise<Connection> {
	const config = await ask("the notifier", () => notifierStub(env).config());
	if (!config.ok) return { kind: "closed", target, why: "the notifier did not answer" };
	const integration = await openTarget(env, target, config.value.version);
	if (typeof integration === "string") return { kind: "closed", target, why: integration };
	const settled = await settleWithin(() => integration.test(channelIo(env)), CHANNEL_TIMEOUT_MS);
	if (settled.kind === "value") return { kind: "tested", target, outcome: settled.value };
	// A channel does not throw; if it does all the same, its text may hold an address.
	return settled.kind === "late" ? { kind: "late", target } : { kind: "closed", target, why: "the test broke" };
}

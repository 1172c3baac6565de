/** Tells an alert's home that nobody could be reached, so that its cooldown does not mute what nobody heard. */
import type { AlertEvent } from "../model/alert.ts";
import { ask, metricStub, type ObjectEnv } from "../peers/stubs.ts";

/** True when the home knows it, or when the event names none. Twice is harmless: a lifted cooldown stays lifted. */
export async function liftCooldown(env: ObjectEnv, event: AlertEvent): Promise<boolean> {
	const { home } = event;
	if (home === undefined) return true;
	return (await ask(`object '${home}'`, () => metricStub(env, home).untold(event.ruleId, event.labels))).ok;
}

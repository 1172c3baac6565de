/** Tells the homes of alerts that nobody could be reached, so that their cooldowns do not mute what nobody heard. */
import { mapBounded } from "../lib/async.ts";
import { UNTOLD_PER_RUN_MAX } from "../model/limits.ts";
import type { Message } from "../model/message.ts";
import { ask, metricStub, type ObjectEnv } from "../peers/stubs.ts";

/** True when all homes know it, or there are none. Twice is harmless: a lifted cooldown stays lifted. */
export async function liftCooldowns(env: ObjectEnv, { alerts }: Message): Promise<boolean> {
	const told = await mapBounded(alerts, UNTOLD_PER_RUN_MAX, async ({ origin, labels, status }) => {
		if (origin === undefined || status !== "firing") return true;
		const { home, ruleId } = origin;
		return (await ask(`object '${home}'`, () => metricStub(env, home).untold(ruleId, labels))).ok;
	});
	return told.every((isTold) => isTold);
}

/**
 * Whether a target has to be told, and why: Alertmanager's notify.DedupStage. Pure. What a target was told last is kept as
 * the alerts that fired and those that were resolved in it; the same set told again is a repeat, and waits for its time.
 */
import type { MessageCause } from "../../model/message.ts";

/** What a target was told last. Keys of alerts. */
export type Told = {
	readonly atMs: number;
	readonly firing: ReadonlySet<string>;
	readonly resolved: ReadonlySet<string>;
};

/** What would be told now. */
export type Standing = { readonly firing: ReadonlySet<string>; readonly resolved: ReadonlySet<string> };

/**
 * The cause of a message to a target that was told `told`, or null: nothing to say. `sendResolved` false: it does not want
 * to hear of what ended.
 */
export function causeOf(
	told: Told | null,
	standing: Standing,
	sendResolved: boolean,
	repeatMs: number,
	nowMs: number,
): MessageCause | null {
	if (told === null) return standing.firing.size > 0 ? "first" : null;
	if (!isSubset(standing.firing, told.firing)) return told.firing.size === 0 ? "first" : "changed";
	// Also for who does not want to hear it: the end is noted, so that the next firing is a first one.
	if (standing.firing.size === 0) return told.firing.size > 0 ? "resolved" : null;
	if (sendResolved && !isSubset(standing.resolved, told.resolved)) return "changed";
	return nowMs - told.atMs > repeatMs ? "repeat" : null;
}

function isSubset(part: ReadonlySet<string>, whole: ReadonlySet<string>): boolean {
	for (const key of part) if (!whole.has(key)) return false;
	return true;
}

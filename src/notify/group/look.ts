/**
 * One look at a group: who has to be told, why, and of whom, and what of it is muted by whom. Pure: it takes the group as it
 * stands and answers what has to be written; the caller writes it in one transaction, or nothing of it. It never reads the
 * alerts' words: a group may have a hundred thousand of them.
 */
import type { MessageCause } from "../../model/message.ts";
import type { MuteReason } from "../../model/notification.ts";
import type { Acknowledgement } from "./group-rows.ts";
import { causeOf, type Standing, type Told } from "./news.ts";

/** A member as it stands: whether it fires, and what mutes it. */
export type Member = {
	readonly key: string;
	readonly isFiring: boolean;
	readonly mutedBy: readonly MuteReason[];
};

/** Somebody to be told: one integration of a receiver. */
export type Target = {
	/** `receiver/0`: the receiver and which of its integrations. */
	readonly name: string;
	readonly receiver: string;
	readonly sendResolved: boolean;
	/** It is told because nobody acknowledged. */
	readonly isEscalation: boolean;
};

export type LookInput = {
	readonly members: readonly Member[];
	readonly targets: readonly Target[];
	readonly told: ReadonlyMap<string, Told>;
	readonly acknowledged: Acknowledgement | null;
	/** What mutes the whole group now, such as a time interval of its route. */
	readonly mutedBy: readonly MuteReason[];
	/** Why the group waits although it has something to say, such as flapping: what ended meanwhile is told afterwards. */
	readonly heldBy: MuteReason | null;
	readonly repeatIntervalMs: number;
	/** The tick to which this look belongs: repeats are counted from tick to tick, whatever the clock was late. */
	readonly tickMs: number;
};

export type Saying = {
	readonly target: Target;
	readonly cause: MessageCause;
	/** Of whom the message speaks: all that may speak, or those that fire. Nobody: the end is noted, but not told. */
	readonly hears: "all" | "firing" | "nobody";
	readonly told: Told;
};

export type LookResult = {
	readonly sayings: readonly Saying[];
	/** Members that ended, and that nobody waits for any more. */
	readonly gone: readonly string[];
	/** Members that did not speak, and why. */
	readonly muted: readonly { readonly key: string; readonly mutedBy: readonly MuteReason[] }[];
	/** The acknowledgement as it stands now: lifted when the group got worse, or is over. */
	readonly acknowledged: Acknowledgement | null;
};

export function lookAt(input: LookInput): LookResult {
	const { members } = input;
	const muted: { key: string; mutedBy: readonly MuteReason[] }[] = [];
	const speaking: Member[] = [];
	for (const member of members) {
		if (input.mutedBy.length + member.mutedBy.length === 0) speaking.push(member);
		else muted.push({ key: member.key, mutedBy: [...input.mutedBy, ...member.mutedBy] });
	}
	const standing = standingOf(speaking);
	const ended = members.filter(({ isFiring }) => !isFiring).map(({ key }) => key);
	const acknowledged = stillHolds(input.acknowledged, standing, ended.length < members.length);
	const heldBy: MuteReason | null =
		acknowledged === null ? input.heldBy : { kind: "acknowledged", by: acknowledged.by };
	if (heldBy !== null) {
		const mutedBy = [heldBy];
		for (const { key } of speaking) muted.push({ key, mutedBy });
		// What ended meanwhile stays, to be told with the end of the whole.
		return { sayings: [], gone: [], muted, acknowledged };
	}
	// Where all are muted nothing is said and nothing noted: what a target was told holds until they speak again.
	if (speaking.length === 0) return { sayings: [], gone: ended, muted, acknowledged };
	const sayings = input.targets.flatMap((target) => sayingTo(target, standing, input) ?? []);
	return { sayings, gone: ended, muted, acknowledged };
}

function sayingTo(target: Target, standing: Standing, input: LookInput): Saying | null {
	const before = input.told.get(target.name) ?? null;
	const cause = causeOf(before, standing, target.sendResolved, input.repeatIntervalMs, input.tickMs);
	if (cause === null) return null;
	const hears = target.sendResolved ? "all" : standing.firing.size > 0 ? "firing" : "nobody";
	return { target, cause: causeFor(target, cause, before), hears, told: { atMs: input.tickMs, ...standing } };
}

/** Who hears of a group first because nobody took it on is told so. */
function causeFor(target: Target, cause: MessageCause, before: Told | null): MessageCause {
	return target.isEscalation && before === null ? "escalated" : cause;
}

function standingOf(members: readonly Member[]): Standing {
	const firing = new Set<string>();
	const resolved = new Set<string>();
	for (const { key, isFiring } of members) (isFiring ? firing : resolved).add(key);
	return { firing, resolved };
}

/** An acknowledgement holds while nothing fires that it did not mean, and something still does, be it muted. */
function stillHolds(
	acknowledged: Acknowledgement | null,
	{ firing }: Standing,
	isFiring: boolean,
): Acknowledgement | null {
	if (acknowledged === null || !isFiring) return null;
	for (const key of firing) if (!acknowledged.firing.has(key)) return null;
	return acknowledged;
}

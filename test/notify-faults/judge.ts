/** What the services took, held against what had to be told. Pure. */
import type { Taken } from "./receiver.ts";
import { type Channel, isKnown, KEYED, nameOfState, type State } from "./services.ts";

export type Score = {
	/** States that had to be told. */
	expected: number;
	/** Never told. */
	missing: number;
	/** Alerts whose states came first in another order. */
	outOfOrder: number;
	/** Told, and never so. */
	unexpected: number;
	/** Told again, where an idempotency key was honoured if there is one. */
	doubled: number;
	/** Of these: again after an answer that was lost, be it on the way or with the process that heard it. */
	excused: number;
	/** Messages with a key that was known: no service that honours it tells anyone. */
	recognized: number;
	complaints: string[];
};

/** Between an answer and the moment at which it is written down. */
const NOTED_WITHIN_MS = 1_000;

export function judge(
	taken: readonly Taken[],
	channel: Channel,
	expected: ReadonlyMap<string, readonly State[]>,
	killsMs: readonly number[],
): Score {
	const score = noScore();
	const { told, recognized } = honoured(
		taken.filter((one) => one.channel === channel),
		channel,
	);
	score.recognized = recognized;
	for (const [alert, states] of expected) {
		const wanted = states.map(nameOfState);
		const heard = told.filter(({ name }) => name.startsWith(`${alert} `));
		const first = [...new Set(heard.map(({ name }) => name))];
		const missing = wanted.filter((name) => !first.includes(name));
		score.expected += wanted.length;
		score.missing += missing.length;
		score.unexpected += first.filter((name) => !wanted.includes(name)).length;
		if (first.join() !== wanted.filter((name) => first.includes(name)).join()) {
			score.outOfOrder++;
			score.complaints.push(`${alert}: told in the order ${first.join(", ")}`);
		}
		if (missing.length > 0) score.complaints.push(`${alert}: never told ${missing.join(", ")}`);
		for (const [at, one] of heard.entries()) {
			const before = heard.slice(0, at).filter(({ name }) => name === one.name);
			if (before.length === 0) continue;
			score.doubled++;
			if (before.some((other) => isLost(other.of, killsMs))) score.excused++;
			else score.complaints.push(`${one.name}: told again although its answer was heard`);
		}
	}
	return score;
}

export function addScore(to: Score, one: Score): void {
	for (const key of ["expected", "missing", "outOfOrder", "unexpected", "doubled", "excused", "recognized"] as const) {
		to[key] += one[key];
	}
	to.complaints.push(...one.complaints);
}

export function noScore(): Score {
	return {
		expected: 0,
		missing: 0,
		outOfOrder: 0,
		unexpected: 0,
		doubled: 0,
		excused: 0,
		recognized: 0,
		complaints: [],
	};
}

/** What people hear: a service that takes a key tells of each once. */
function honoured(
	taken: readonly Taken[],
	channel: Channel,
): { told: { name: string; of: Taken }[]; recognized: number } {
	const keys = new Map<string, string[]>();
	const told: { name: string; of: Taken }[] = [];
	let recognized = 0;
	for (const one of taken) {
		if (KEYED.has(channel) && one.key !== null) {
			const lane = one.states[0]?.alert ?? "";
			const known = keys.get(lane) ?? [];
			keys.set(lane, known);
			if (isKnown(channel, one.key, known)) {
				recognized++;
				continue;
			}
			known.push(one.key);
		}
		told.push(...one.states.map((state) => ({ name: nameOfState(state), of: one })));
	}
	return { told, recognized };
}

/** The answer did not arrive, or its sender was killed before it can have written it down. */
function isLost({ answeredMs, atMs }: Taken, killsMs: readonly number[]): boolean {
	return answeredMs === null || killsMs.some((killMs) => killMs >= atMs && killMs <= answeredMs + NOTED_WITHIN_MS);
}

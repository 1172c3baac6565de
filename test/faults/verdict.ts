/** What a receiver got, held against what it should have got. Pure. */
import type { Attempt } from "./receiver.ts";
import type { Told } from "./story.ts";

/** The shortest time in which a message may come again that was answered 429 with `Retry-After: 1`. */
const RETRY_AFTER_MS = 1_000;

export type Verdict = {
	expected: number;
	/** Different messages (by `webhook-id`) that were accepted. */
	got: number;
	/** Expected and never accepted. */
	missing: number;
	/** Accepted, and not expected at all. */
	unexpected: number;
	/** Two ids that say the same: a receiver that honours the key is told twice. */
	doubled: number;
	/** Alerts whose messages came in another order. */
	outOfOrder: number;
	/** One id again after it was accepted, with a kill in between (its answer or outcome was lost), and without one. */
	repeatsAfterKill: number;
	repeatsWithoutKill: number;
	unsigned: number;
	/** Came again before `Retry-After` was over. */
	early: number;
	/** All attempts, those that were refused too. */
	sent: number;
	refused: number;
	isSame: boolean;
	complaints: string[];
};

/** `stepOf`: the step in which an alert that started then started; -1: in none. Alerts that `expected` does not name are not looked at. */
export function judge(
	all: readonly Attempt[],
	expected: Readonly<Record<string, readonly Told[]>>,
	stepOf: (startsAtMs: number) => number,
): Verdict {
	const verdict = noVerdict();
	const attempts = all.filter(({ alert }) => alert in expected || /^(LEVEL|ERRORS) /.test(alert));
	judgeAttempts(attempts, verdict);
	const alerts = new Set([...Object.keys(expected), ...attempts.map(({ alert }) => alert)]);
	for (const alert of alerts) {
		const wanted = (expected[alert] ?? []).map(({ status, step }) => `${status} since step ${step}`);
		const accepted = firstAccepted(attempts.filter((attempt) => attempt.alert === alert));
		const got = accepted.map(({ status, startsAtMs }) => `${status} since step ${stepOf(startsAtMs)}`);
		const facts = new Set(accepted.map(({ status, startsAtMs }) => `${status} ${startsAtMs}`));
		verdict.expected += wanted.length;
		verdict.got += got.length;
		verdict.doubled += got.length - facts.size;
		const missing = wanted.filter((text) => !got.includes(text)).length;
		const unexpected = [...new Set(got)].filter((text) => !wanted.includes(text)).length;
		verdict.missing += missing;
		verdict.unexpected += unexpected;
		if (wanted.join() === got.join()) continue;
		verdict.isSame = false;
		if (missing === 0 && unexpected === 0 && got.length === wanted.length) verdict.outOfOrder++;
		verdict.complaints.push(`${alert}: wanted ${wanted.join(", ")}; got ${got.join(", ")}`);
	}
	return verdict;
}

export function addVerdict(to: Verdict, one: Verdict): void {
	for (const [name, value] of Object.entries(one)) {
		if (typeof value === "number") (to as unknown as Record<string, number>)[name] = (to[name as "got"] ?? 0) + value;
	}
	to.isSame &&= one.isSame;
	to.complaints.push(...one.complaints);
}

/** Nothing is missing, too much, doubled, out of order, early or unsigned; a repeat is forgiven where a kill took the answer. */
export function isFaultless(verdict: Verdict): boolean {
	const { missing, unexpected, doubled, outOfOrder, repeatsWithoutKill, unsigned, early } = verdict;
	return verdict.isSame && missing + unexpected + doubled + outOfOrder + repeatsWithoutKill + unsigned + early === 0;
}

export function noVerdict(): Verdict {
	return {
		expected: 0,
		got: 0,
		missing: 0,
		unexpected: 0,
		doubled: 0,
		outOfOrder: 0,
		repeatsAfterKill: 0,
		repeatsWithoutKill: 0,
		unsigned: 0,
		early: 0,
		sent: 0,
		refused: 0,
		isSame: true,
		complaints: [],
	};
}

function judgeAttempts(attempts: readonly Attempt[], verdict: Verdict): void {
	verdict.sent = attempts.length;
	verdict.refused = attempts.filter(({ answered }) => answered !== 204).length;
	verdict.unsigned = attempts.filter(({ isSigned }) => !isSigned).length;
	for (const same of Map.groupBy(attempts, ({ id }) => id).values()) {
		for (const [i, attempt] of same.entries()) {
			const last = same[i - 1];
			if (last === undefined) continue;
			const sameLife = last.kills === attempt.kills;
			if (last.answered === 429 && sameLife && attempt.atMs - last.atMs < RETRY_AFTER_MS) verdict.early++;
			const accepted = same.slice(0, i).findLast(({ answered }) => answered === 204);
			if (accepted === undefined) continue;
			// Refused in between or not: what counts is whether the outcome could be kept since it was accepted.
			if (accepted.kills !== attempt.kills) verdict.repeatsAfterKill++;
			else {
				verdict.repeatsWithoutKill++;
				const course = same.map(({ answered, atMs, kills }) => `${answered} at ${atMs} (kill ${kills})`).join(", ");
				verdict.complaints.push(`${attempt.alert} ${attempt.status}: ${attempt.id} came again: ${course}`);
			}
		}
	}
}

/** What a receiver that honours the idempotency key takes, in the order in which it takes it. */
function firstAccepted(attempts: readonly Attempt[]): readonly Attempt[] {
	const seen = new Set<string>();
	return attempts.filter(({ id, answered }) => {
		if (answered !== 204 || seen.has(id)) return false;
		seen.add(id);
		return true;
	});
}

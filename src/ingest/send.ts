/**
 * An intake on its way to its objects. A part of which not all samples say the same kind goes as the samples that agree with
 * one kind; when the object has another one, those that agree with that. All go under the batch's own id, which an object
 * remembers with the first samples that it counts and never with a part that it refused: so no two of them are ever counted.
 */
import { mapBounded } from "../lib/async.ts";
import { err, ok, type Result } from "../lib/result.ts";
import type { MetricPart } from "../model/batch.ts";
import type { Failure } from "../model/errors.ts";
import { FANOUT_CONCURRENCY_MAX, KIND_ATTEMPTS_MAX } from "../model/limits.ts";
import type { MetricKind } from "../model/metric.ts";
import type { PartReceipt } from "../model/receipt.ts";
import { ask, metricStub, type ObjectEnv } from "../peers/stubs.ts";
import { recordBatch } from "../peers/write.ts";
import type { BatchIdentity } from "./batch.ts";
import type { Intake } from "./columns.ts";
import { firstView, type KindView, type SaidKinds, viewOf } from "./kinds.ts";

/** A part of which not all samples say the same kind, and those of them that were sent. */
export type Mixed = { readonly said: SaidKinds; readonly view: KindView };

/** What became of a part. `mixed` null: it went as it is. `answer` null: none of its samples agrees with the metric's kind. */
export type SentPart = { readonly mixed: Mixed | null; readonly answer: Result<PartReceipt, Failure> | null };

/** Sends all parts and waits until they are durable: parallel to the intake's parts. Fails as `recordBatch` does. */
export async function sendParts(
	env: ObjectEnv,
	identity: BatchIdentity,
	intake: Intake,
	nowMs: number,
): Promise<Result<readonly SentPart[], Failure>> {
	const mixed = intake.parts.map((part, index): Mixed | null => {
		const said = intake.kindsOf(index);
		return said === null ? null : { said, view: firstView(part, said) };
	});
	const parts = intake.parts.map((part, index) => mixed[index]?.view.part ?? part);
	const recorded = await recordBatch(env, { ...identity, parts }, nowMs);
	if (!recorded.ok) return recorded;
	const sent = recorded.value.parts.map((answer, index): SentPart => ({ mixed: mixed[index] ?? null, answer }));
	let open = [...sent.keys()].filter((index) => isOpen(sent[index] as SentPart));
	for (let attempt = 0; open.length > 0; attempt++) {
		// Forgotten and begun anew as another kind, again and again: the batch may come again, and finds what holds then.
		if (attempt === KIND_ATTEMPTS_MAX) return err({ code: "unavailable", what: "the metric's kind", retryAfterS: 1 });
		const settled = await settle(env, identity, intake.parts, sent, open, nowMs);
		if (!settled.ok) return settled;
		open = settled.value;
	}
	return ok(sent);
}

/** Refused for its kind, or counted before: then as the metric's kind wanted it, which is not what was sent now. */
function isOpen({ mixed, answer }: SentPart): boolean {
	if (mixed === null || answer === null) return false;
	return answer.ok ? answer.value.duplicate : isConflict(answer);
}

/**
 * Asks for the kinds of the parts at `open`, and sends those again that were refused. Answers which were refused again: an
 * object gives one answer to all who send a batch at the same time, so another's first attempt may have spoken for this one.
 */
async function settle(
	env: ObjectEnv,
	identity: BatchIdentity,
	parts: readonly MetricPart[],
	sent: SentPart[],
	open: readonly number[],
	nowMs: number,
): Promise<Result<number[], Failure>> {
	const kinds = await mapBounded(open, FANOUT_CONCURRENCY_MAX, (index) =>
		kindOf(env, (parts[index] as MetricPart).name),
	);
	const again: number[] = [];
	for (const [at, kind] of kinds.entries()) {
		const index = open[at] as number;
		const { mixed, answer } = sent[index] as SentPart;
		if (!kind.ok) return kind;
		if (mixed === null) continue;
		// Without a kind it was forgotten meanwhile, and is new again.
		const view = kind.value === null ? mixed.view : viewOf(parts[index] as MetricPart, mixed.said, kind.value);
		sent[index] = { mixed: { said: mixed.said, view }, answer: answer?.ok ? answer : null };
		if (!answer?.ok && view.indexes.length > 0) again.push(index);
	}
	if (again.length === 0) return ok([]);
	const views = again.flatMap((index) => sent[index]?.mixed?.view.part ?? []);
	const recorded = await recordBatch(env, { ...identity, parts: views }, nowMs);
	if (!recorded.ok) return recorded;
	for (const [at, answer] of recorded.value.parts.entries()) {
		const index = again[at] as number;
		sent[index] = { mixed: sent[index]?.mixed ?? null, answer };
	}
	return ok(again.filter((index) => isConflict(sent[index]?.answer ?? null)));
}

function isConflict(answer: SentPart["answer"]): boolean {
	return answer?.ok === false && answer.failure.code === "conflict";
}

/** The kind of a metric as its object knows it now; null: there is none. */
async function kindOf(env: ObjectEnv, name: string): Promise<Result<MetricKind | null, Failure>> {
	const description = await ask(name, () => metricStub(env, name).describe());
	return description.ok ? ok(description.value.kind) : description;
}

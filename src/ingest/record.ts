/**
 * From an intake to a receipt: its parts go to their objects, and what each of them says is put together in the caller's
 * own terms. It is the one place through which every way in records; it reads no body and checks no name.
 */
import { err, ok, type Result } from "../lib/result.ts";
import type { Failure } from "../model/errors.ts";
import { RECEIPT_DROPS_MAX } from "../model/limits.ts";
import type { Drop, DropReason, PartReceipt, Receipt } from "../model/receipt.ts";
import { selfCount } from "../peers/self-meter.ts";
import type { ObjectEnv } from "../peers/stubs.ts";
import type { BatchIdentity } from "./batch.ts";
import type { Intake } from "./columns.ts";
import { contradicting } from "./kinds.ts";
import { type Mixed, sendParts } from "./send.ts";

const DETAILS: Readonly<Record<DropReason, string>> = {
	invalid: "the sample has not the right form",
	not_finite: "the value is not a finite number",
	negative_count: "a counter only grows: send how much was added since the last sample, from 0",
	late: "the timestamp is older than what is kept (30 days); timestamps are Unix milliseconds",
	future: "the timestamp is more than a minute ahead of our clock; timestamps are Unix milliseconds",
	kind: "the metric has another kind: record under another name, or forget the metric first",
	limit: "too many slots of 10 s in one batch, or too many points in one minute of a sampled series: send fewer",
	conflict: "the series has another value at this time",
};

/** Records an intake under an identity. Fails only as a whole, and then the same batch may be sent again. */
export async function record(
	env: ObjectEnv,
	identity: BatchIdentity,
	intake: Intake,
	nowMs: number,
): Promise<Result<Receipt, Failure>> {
	const receipt = new ReceiptWriter(intake);
	if (intake.parts.length > 0) {
		const sent = await sendParts(env, identity, intake, nowMs);
		if (!sent.ok) return sent;
		for (const [index, { mixed, answer }] of sent.value.entries()) {
			if (answer?.ok === false && answer.failure.code === "expired") return err(answer.failure);
			if (answer?.ok === false) receipt.refuse(index, answer.failure);
			else receipt.add(index, answer?.value ?? null, mixed);
		}
	}
	return ok(receipt.finish(identity.id));
}

/** Counts what was refused, by reason, as `perdure.rejected`. Costs no write: it goes with the isolate's next flush. */
export function countRejected(reason: DropReason | Failure["code"], amount = 1): void {
	if (amount > 0) selfCount("rejected", amount, { reason });
}

class ReceiptWriter {
	readonly #intake: Intake;
	readonly #drops: Drop[];
	#accepted = 0;
	#overflowed = 0;
	#dropped: number;
	#fresh = false;
	#parts = 0;

	constructor(intake: Intake) {
		this.#intake = intake;
		this.#drops = [...intake.drops];
		this.#dropped = intake.dropped;
		for (const drop of intake.drops) countRejected(drop.reason);
		countRejected("invalid", intake.dropped - intake.drops.length);
	}

	/** A part's receipt, or null when all of its samples contradict the metric's kind. */
	add(part: number, receipt: PartReceipt | null, mixed: Mixed | null): void {
		this.#parts++;
		if (mixed !== null) this.#contradict(part, mixed, receipt?.duplicate ?? false);
		if (receipt === null) {
			this.#fresh = true;
			return;
		}
		this.#accepted += receipt.accepted;
		this.#overflowed += receipt.overflowed;
		this.#dropped += receipt.dropped;
		this.#fresh ||= !receipt.duplicate;
		for (const { index, reason } of receipt.drops) {
			this.#drop(this.#intake.placeOf(part, mixed?.view.indexes[index] ?? index), reason, DETAILS[reason]);
			if (!receipt.duplicate) countRejected(reason);
		}
	}

	/** A whole part that its object refused for good. */
	refuse(part: number, failure: Failure): void {
		this.#parts++;
		this.#fresh = true;
		const count = this.#intake.parts[part]?.values.length ?? 0;
		const [reason, detail] = reasonOf(failure);
		this.#dropped += count;
		countRejected(reason, count);
		this.#drop(this.#intake.placeOf(part, 0), reason, count > 1 ? `${detail} (${count} samples)` : detail);
	}

	finish(batchId: string): Receipt {
		return {
			batchId,
			accepted: this.#accepted,
			overflowed: this.#overflowed,
			duplicate: this.#parts > 0 && !this.#fresh,
			dropped: this.#dropped,
			drops: this.#drops,
		};
	}

	/** The samples of a part that say another kind than the metric's. */
	#contradict(part: number, { said, view }: Mixed, duplicate: boolean): void {
		const { name, kind } = view.part;
		const indexes = contradicting(said, kind);
		this.#dropped += indexes.length;
		if (!duplicate) countRejected("kind", indexes.length);
		for (const index of indexes.slice(0, RECEIPT_DROPS_MAX)) {
			const detail = `'${name}' is a ${kind}; a ${said[index]} of the same name needs another name`;
			this.#drop(this.#intake.placeOf(part, index), "kind", detail);
		}
	}

	#drop(place: string, reason: DropReason, detail: string): void {
		if (this.#drops.length < RECEIPT_DROPS_MAX) this.#drops.push({ place, reason, detail });
	}
}

function reasonOf(failure: Failure): readonly [DropReason, string] {
	if (failure.code === "conflict") return ["kind", failure.reason];
	if (failure.code === "too_large") return ["limit", `${failure.what}: the limit is ${failure.limit}`];
	if (failure.code === "invalid") return ["invalid", failure.issues.map((issue) => issue.reason).join("; ")];
	return ["invalid", DETAILS.invalid];
}

/**
 * Table idempotency_keys: requests of administration and webhooks that must not happen twice. A key is claimed before
 * the work and completed with the answer after it. Recording samples never comes here: it does not wait for D1.
 */
import { err, ok, type Result } from "../lib/result.ts";
import type { Failure } from "../model/errors.ts";
import { D1_ROWS_PER_CALL_MAX, IDEMPOTENCY_ANSWER_CHARS_MAX } from "../model/limits.ts";
import { isoTime, readRows, runBatch } from "./rows.ts";

export type IdempotencyClaim = {
	/** The route, so that two routes may meet the same key. */
	readonly scope: string;
	readonly key: string;
	/** SHA-256 of the request's body, hex. */
	readonly requestHash: string;
	readonly nowMs: number;
	/** From then on the key may be used anew. */
	readonly expiresMs: number;
};

export type Claimed =
	/** The caller does the work, and completes or releases the claim. */
	| { readonly kind: "new" }
	/** The first answer, to be given again. */
	| { readonly kind: "done"; readonly status: number; readonly response: string }
	/** Someone else is at it. */
	| { readonly kind: "in_flight" }
	/** The key came before with another body. */
	| { readonly kind: "other_request" };

type KeyRow = {
	readonly request_hash: string;
	readonly status: number | null;
	readonly response: string | null;
	readonly created_at: string;
};

/** Claims a key. An expired claim is taken over. Of two claims at the same time one is `new`. */
export async function claimIdempotencyKey(db: D1Database, claim: IdempotencyClaim): Promise<Result<Claimed, Failure>> {
	const inserted = await runBatch(db, [
		db
			.prepare(
				`INSERT INTO idempotency_keys (scope, idempotency_key, request_hash, created_at, expires_at)
				VALUES (?1, ?2, ?3, ?4, ?5)
				ON CONFLICT (scope, idempotency_key) DO UPDATE SET
				request_hash = excluded.request_hash, status = NULL, response = NULL,
				created_at = excluded.created_at, expires_at = excluded.expires_at
				WHERE idempotency_keys.expires_at <= excluded.created_at`,
			)
			.bind(claim.scope, claim.key, claim.requestHash, isoTime(claim.nowMs), isoTime(claim.expiresMs)),
	]);
	if (!inserted.ok) return inserted;
	if (inserted.value > 0) return ok({ kind: "new" });
	const found = await readRows<KeyRow>(
		db
			.prepare("SELECT * FROM idempotency_keys WHERE scope = ? AND idempotency_key = ? LIMIT 1")
			.bind(claim.scope, claim.key),
	);
	if (!found.ok) return found;
	const row = found.value[0];
	if (row === undefined) return ok({ kind: "in_flight" });
	if (row.request_hash !== claim.requestHash) return ok({ kind: "other_request" });
	if (row.status === null) return ok({ kind: "in_flight" });
	return ok({ kind: "done", status: row.status, response: row.response ?? "" });
}

/** Keeps the answer of a claimed key, so that a repeated request gets it again. */
export async function completeIdempotencyKey(
	db: D1Database,
	scope: string,
	key: string,
	status: number,
	response: string,
): Promise<Result<number, Failure>> {
	if (response.length > IDEMPOTENCY_ANSWER_CHARS_MAX) {
		return err({
			code: "too_large",
			what: "kept answer",
			limit: IDEMPOTENCY_ANSWER_CHARS_MAX,
			got: response.length,
		});
	}
	return runBatch(db, [
		db
			.prepare("UPDATE idempotency_keys SET status = ?, response = ? WHERE scope = ? AND idempotency_key = ?")
			.bind(status, response, scope, key),
	]);
}

/** Gives a claim back whose work failed, so that the request can be tried again. */
export function releaseIdempotencyKey(db: D1Database, scope: string, key: string): Promise<Result<number, Failure>> {
	return runBatch(db, [
		db
			.prepare("DELETE FROM idempotency_keys WHERE scope = ? AND idempotency_key = ? AND status IS NULL")
			.bind(scope, key),
	]);
}

/** Deletes expired keys, at most D1_ROWS_PER_CALL_MAX a call. Answers how many. */
export function deleteExpiredIdempotencyKeys(db: D1Database, nowMs: number): Promise<Result<number, Failure>> {
	return runBatch(db, [
		db
			.prepare(
				`DELETE FROM idempotency_keys WHERE (scope, idempotency_key) IN
				(SELECT scope, idempotency_key FROM idempotency_keys WHERE expires_at <= ? LIMIT ?)`,
			)
			.bind(isoTime(nowMs), D1_ROWS_PER_CALL_MAX),
	]);
}

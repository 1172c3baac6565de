/** What a caller can cause is a value, not an exception: a `Result` carries either the answer or the failure. */

export type Ok<T> = { readonly ok: true; readonly value: T };
export type Err<F> = { readonly ok: false; readonly failure: F };
export type Result<T, F> = Ok<T> | Err<F>;

/** The answer. */
export function ok<T>(value: T): Ok<T> {
	return { ok: true, value };
}

/** The failure. */
export function err<F>(failure: F): Err<F> {
	return { ok: false, failure };
}

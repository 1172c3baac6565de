/** What one run of a job came to, and whether that is worth a row in the history: rows cost money, and most runs are quiet. */

export type JobOutcome =
	/** `done` is kept in the history; `quiet` found nothing to do, or nothing that was not said before. */
	| { readonly kind: "quiet" | "done"; readonly result: unknown }
	/** `result`: what was done all the same. `error` is for operators, and holds no secret. */
	| { readonly kind: "failed"; readonly result: unknown; readonly error: string };

export const CATALOG_SILENT = "the catalog did not answer";

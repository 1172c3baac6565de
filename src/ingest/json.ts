/** The JSON bodies of `POST /api/v1/record` become columns: the fast way for the usual ones, the slow way for the rest. */
import { err, ok, type Result } from "../lib/result.ts";
import { type Failure, invalid } from "../model/errors.ts";
import type { Intake } from "./columns.ts";
import { readSamples } from "./samples.ts";
import { scanRecord } from "./scan.ts";
import { checkJson, lineColumn } from "./strict-json.ts";

/** Samples of a body in one of the three forms. Malformed JSON is refused as a whole, with its line and column. */
export function parseRecord(bytes: Uint8Array): Result<Intake, Failure> {
	const scanned = scanRecord(bytes);
	return scanned === null ? parseRecordSlowly(bytes) : ok(scanned);
}

/** The same without the fast way, which a test holds against it. */
export function parseRecordSlowly(bytes: Uint8Array): Result<Intake, Failure> {
	const decoded = decodeUtf8(bytes);
	if (!decoded.ok) return decoded;
	const text = decoded.value;
	const check = checkJson(text);
	if (check.kind === "excessive") {
		return err({ code: "too_large", what: check.what, limit: check.limit, got: check.limit + 1 });
	}
	if (check.kind === "malformed") {
		const reason = `malformed JSON: expected ${check.expected}${hint(text, check.offset)}`;
		return err(invalid(lineColumn(text, check.offset), reason));
	}
	return readSamples(JSON.parse(text), check.duplicates);
}

/** A body as text; RFC 8259 wants UTF-8 and nothing else. */
export function decodeUtf8(bytes: Uint8Array): Result<string, Failure> {
	try {
		return ok(new TextDecoder("utf-8", { fatal: true, ignoreBOM: false }).decode(bytes));
	} catch {
		return err(invalid("", "the body must be UTF-8"));
	}
}

function hint(text: string, offset: number): string {
	if (offset >= text.length) return ", but the document ends here";
	const word = /^[-+]?(?:NaN|Infinity)/.exec(text.slice(offset, offset + 10));
	return word === null ? "" : `; JSON has no ${word[0]}: leave such samples out`;
}

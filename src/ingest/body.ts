/**
 * Bytes of a request, bounded before anything reads them: on the wire by what the header says and by what really comes,
 * and again when they are unpacked, since a kilobyte of gzip can hold a megabyte. It knows no format.
 */
import { err, ok, type Result } from "../lib/result.ts";
import { type Failure, invalid } from "../model/errors.ts";

const BODY = "bytes of the body";

/** Bodies up to here are read into one buffer of the length that they say. */
const ONE_READ_BYTES_MAX = 512 * 1024;

export type BodyBounds = { readonly wireBytesMax: number; readonly unpackedBytesMax: number };

/** What a form of body is called, and what to send instead of another one. */
export type MediaTypes = { readonly accepted: readonly string[]; readonly wish: string };

/** Whether the request says that its body has one of these types. No type at all is taken for the first one. */
export function checkMediaType(request: Request, types: MediaTypes): Result<null, Failure> {
	const header = request.headers.get("content-type");
	const type = header?.split(";")[0]?.trim().toLowerCase() ?? "";
	if (type === "" || types.accepted.includes(type)) return ok(null);
	return err({
		code: "unsupported_media_type",
		reason: `Content-Type '${type.slice(0, 80)}' is not known: ${types.wish}`,
	});
}

/** The body, unpacked. An absent one is empty. */
export async function readBody(request: Request, bounds: BodyBounds): Promise<Result<Uint8Array, Failure>> {
	const encoding = request.headers.get("content-encoding")?.trim().toLowerCase() ?? "";
	if (encoding !== "" && encoding !== "identity" && encoding !== "gzip") {
		const reason = `Content-Encoding '${encoding.slice(0, 80)}' is not known: send gzip, or none`;
		return err({ code: "unsupported_media_type", reason });
	}
	const declared = declaredBytes(request);
	if (!declared.ok) return declared;
	if (declared.value !== null && declared.value > bounds.wireBytesMax) {
		return err({ code: "too_large", what: "bytes of the body", limit: bounds.wireBytesMax, got: declared.value });
	}
	const packed = await readPacked(request, declared.value, bounds.wireBytesMax);
	if (!packed.ok) return packed;
	if (declared.value !== null && declared.value !== packed.value.length) {
		const reason = `it says ${declared.value} bytes, but ${packed.value.length} came: send the length of the body, or none`;
		return err(invalid("Content-Length", reason));
	}
	if (encoding !== "gzip") return packed;
	const unpacked = new Blob([packed.value]).stream().pipeThrough(new DecompressionStream("gzip"));
	return drain(unpacked, bounds.unpackedBytesMax, "bytes of the unpacked body");
}

function declaredBytes(request: Request): Result<number | null, Failure> {
	const header = request.headers.get("content-length");
	if (header === null) return ok(null);
	if (!/^\d{1,15}$/.test(header)) return err(invalid("Content-Length", "it must be a whole number of bytes"));
	return ok(Number(header));
}

/**
 * A body that says how long it is, and is not large, is taken in one piece: chunk by chunk costs a tenth of a request. On
 * the wire nothing can follow the length that was said (RFC 9112, 6.2); who lies to us otherwise is refused by the caller.
 */
async function readPacked(
	request: Request,
	declared: number | null,
	limit: number,
): Promise<Result<Uint8Array<ArrayBuffer>, Failure>> {
	if (declared === null || declared > ONE_READ_BYTES_MAX) {
		return request.body === null ? ok(new Uint8Array()) : drain(request.body, limit, BODY);
	}
	try {
		return ok(new Uint8Array(await request.arrayBuffer()));
	} catch {
		return err(unreadable(BODY));
	}
}

function unreadable(what: string): Failure {
	const noun = what.replace("bytes of the ", "");
	return invalid("", `the ${noun} could not be read to its end: is it cut off, or not gzip?`);
}

/** All bytes of a stream up to a bound; beyond it the rest is not read. */
async function drain(
	stream: ReadableStream<Uint8Array>,
	limit: number,
	what: string,
): Promise<Result<Uint8Array<ArrayBuffer>, Failure>> {
	const reader = stream.getReader();
	const chunks: Uint8Array[] = [];
	let size = 0;
	try {
		for (;;) {
			const { done, value } = await reader.read();
			if (done) break;
			size += value.length;
			if (size > limit) {
				await reader.cancel();
				return err({ code: "too_large", what, limit, got: size });
			}
			chunks.push(value);
		}
	} catch {
		// What the stream throws names nothing that a caller could use: the connection broke, or this is no gzip.
		return err(unreadable(what));
	}
	if (chunks.length === 1) return ok(chunks[0] as Uint8Array<ArrayBuffer>);
	const bytes = new Uint8Array(size);
	let at = 0;
	for (const chunk of chunks) {
		bytes.set(chunk, at);
		at += chunk.length;
	}
	return ok(bytes);
}

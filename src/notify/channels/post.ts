/**
 * One call over HTTP for the channels: a bounded time, redirects not followed, a bounded part of the answer read. What is
 * thrown may hold the URL, so nothing of it is passed on: failures are said in our own words.
 */
import { err, ok, type Result } from "../../lib/result.ts";
import { CHANNEL_ANSWER_BYTES_MAX } from "../../model/limits.ts";
import type { Outcome } from "../../model/notification.ts";
import { parseRetryAfter } from "./http-outcome.ts";
import type { ChannelIo } from "./integration.ts";

export type Reply = {
	readonly status: number;
	/** Of the header Retry-After; null: there is none that is understood. */
	readonly retryAfterMs: number | null;
	/** Another header of the answer. */
	readonly header: (name: string) => string | null;
	/** The first CHANNEL_ANSWER_BYTES_MAX bytes; null: nobody wanted them, or the answer broke off. */
	readonly text: string | null;
};

export type Call = {
	readonly url: URL;
	readonly headers: Readonly<Record<string, string>>;
	/** Left out: POST with a body, else GET. */
	readonly method?: "HEAD";
	readonly body: string | null;
	/** Whether the answer's body is read. */
	readonly read: boolean;
};

/** Ends all calls of one attempt together. */
export function deadline(io: ChannelIo): AbortSignal {
	return AbortSignal.timeout(io.timeoutMs);
}

/** Makes the call; a failure is an outcome: no connection, or no answer in time. */
export async function call(
	io: ChannelIo,
	signal: AbortSignal,
	{ url, method, headers, body, read }: Call,
): Promise<Result<Reply, Outcome>> {
	try {
		const response = await io.fetch(url, {
			method: method ?? (body === null ? "GET" : "POST"),
			headers: {
				"user-agent": "Perdure",
				...(body === null ? {} : { "content-type": "application/json" }),
				...headers,
			},
			body,
			redirect: "manual",
			signal,
		});
		const text = read ? await readStart(response) : null;
		// An answer that nobody reads holds its connection.
		if (!read) await response.body?.cancel();
		return ok({
			status: response.status,
			retryAfterMs: parseRetryAfter(response.headers.get("retry-after"), io.nowMs),
			header: (name) => response.headers.get(name),
			text,
		});
	} catch {
		const why = signal.aborted ? `no answer within ${io.timeoutMs / 1_000} s` : "no connection, or it broke";
		return err({ kind: "retry", why, httpStatus: null, retryAfterMs: null });
	}
}

/** The start of a body; null when it broke off, or did not come in time. */
async function readStart(response: Response): Promise<string | null> {
	if (response.body === null) return "";
	const decoder = new TextDecoder();
	const reader = response.body.getReader();
	let text = "";
	let bytes = 0;
	try {
		while (bytes < CHANNEL_ANSWER_BYTES_MAX) {
			const { done, value } = await reader.read();
			if (done) return text + decoder.decode();
			bytes += value.byteLength;
			text += decoder.decode(value.subarray(0, CHANNEL_ANSWER_BYTES_MAX), { stream: true });
		}
		await reader.cancel();
		return text;
	} catch {
		return null;
	}
}

/** The JSON object that an answer is; null: it is none. */
export function parseAnswer(text: string | null): Readonly<Record<string, unknown>> | null {
	if (text === null) return null;
	try {
		const value: unknown = JSON.parse(text);
		return typeof value === "object" && value !== null && !Array.isArray(value) ? { ...value } : null;
	} catch {
		return null;
	}
}

/**
 * The service's own words, if they can be shown: plain words, nothing that could be a key or an address. A secret that a
 * service echoes is longer than any word it uses.
 */
export function safeWords(text: unknown): string {
	if (typeof text !== "string" || text.length > 160) return "";
	const plain = /^[A-Za-z0-9 ,.'"()_:-]+$/.test(text) && !/[A-Za-z0-9_:-]{22}/.test(text) && !text.includes("//");
	return plain ? `: ${text}` : "";
}

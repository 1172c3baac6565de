/**
 * The way over HTTP, for applications that are not Workers of the same account. Sends columns as JSON with a bearer token.
 * The token goes to the given address only: redirects are not followed, and no text of ours ever holds it.
 */
import { dashed } from "../lib/uuid7.ts";
import type { AppMessage, MessagesReceipt } from "../model/app-message.ts";
import type { Batch, MetricPart } from "../model/batch.ts";
import { labelsOfKey } from "../model/labels.ts";
import { CLIENT_SEND_TIMEOUT_MS } from "../model/limits.ts";
import type { Receipt } from "../model/receipt.ts";
import type { Outcome, Transport } from "./transport.ts";

/** Where Perdure answers, such as `https://perdure.example.workers.dev`, and a token with the scope `record`. */
export type HttpTarget = { readonly url: string; readonly token: string };

/** 502 and 504 come from what stands between; the batch id makes asking again harmless. */
const RETRYABLE_STATUSES: readonly number[] = [429, 502, 503, 504];

/** A transport to an address. One call is one attempt; `nowMs` reads a Retry-After that is a date. */
export function httpTransport(target: HttpTarget, nowMs: () => number): Transport {
	const post = <T>(path: string, key: string | null, body: unknown): Promise<Outcome<T>> =>
		attempt<T>(() => fetch(requestOf(target, path, key, body)), nowMs);
	return {
		record: (batch) => post<Receipt>("/api/v1/record", dashed(batch.id), { series: seriesOf(batch) }),
		messages: (messages: readonly AppMessage[]) => post<MessagesReceipt>("/api/v1/messages", null, { messages }),
	};
}

/** A batch as the JSON columns of `POST /api/v1/record`, one entry a series. */
export function seriesOf(batch: Batch): readonly Record<string, unknown>[] {
	return batch.parts.flatMap((part) => part.labels.map((key, column) => oneSeries(part, key, column)));
}

function oneSeries(part: MetricPart, key: string, column: number): Record<string, unknown> {
	const start = column === 0 ? 0 : (part.ends[column - 1] as number);
	const end = part.ends[column] as number;
	return {
		name: part.name,
		labels: labelsOfKey(key),
		...(part.kind !== null && { kind: part.kind }),
		...(part.unit !== null && { unit: part.unit }),
		values: [...part.values.subarray(start, end)],
		...(part.timestampsMs !== null && { timestamps: [...part.timestampsMs.subarray(start, end)] }),
	};
}

function requestOf(target: HttpTarget, path: string, key: string | null, body: unknown): Request {
	return new Request(`${target.url.replace(/\/+$/, "")}${path}`, {
		method: "POST",
		headers: {
			authorization: `Bearer ${target.token}`,
			"content-type": "application/json",
			...(key !== null && { "idempotency-key": key }),
		},
		body: JSON.stringify(body),
		redirect: "manual",
		signal: AbortSignal.timeout(CLIENT_SEND_TIMEOUT_MS),
	});
}

async function attempt<T>(call: () => Promise<Response>, nowMs: () => number): Promise<Outcome<T>> {
	try {
		const response = await call();
		if (response.ok) return { kind: "accepted", value: (await response.json()) as T };
		if (!RETRYABLE_STATUSES.includes(response.status)) return await outcomeOfRefusal<T>(response);
		await response.body?.cancel();
		const afterMs = parseRetryAfter(response.headers.get("retry-after"), nowMs());
		return { kind: "retry", reason: `HTTP ${response.status}`, afterMs };
	} catch (thrown) {
		// Only the error's name: its message can hold the address, which an installation may want to keep to itself.
		const reason = `no answer: ${thrown instanceof Error ? thrown.name : "unknown error"}`;
		return { kind: "retry", reason, afterMs: null };
	}
}

type Problem = {
	readonly detail?: unknown;
	readonly title?: unknown;
	readonly code?: unknown;
	readonly receipt?: unknown;
};

/** A batch of which a part was dropped is answered with 400 and its receipt: the rest of it was counted. */
async function outcomeOfRefusal<T>(response: Response): Promise<Outcome<T>> {
	let problem: Problem = {};
	try {
		problem = ((await response.json()) as Problem | null) ?? {};
	} catch {
		// Not JSON: a proxy answered. The status says enough.
	}
	if (typeof problem.receipt === "object" && problem.receipt !== null) {
		return { kind: "accepted", value: problem.receipt as T };
	}
	const detail = String(problem.detail ?? problem.title ?? "").slice(0, 200);
	const expired = problem.code === "expired" || response.status === 410;
	return { kind: "refused", reason: `HTTP ${response.status} ${detail}`.trim(), expired };
}

/** Milliseconds from now, of a Retry-After in seconds or as a date (RFC 9110, 10.2.3); null if it says neither. */
export function parseRetryAfter(text: string | null, nowMs: number): number | null {
	if (text === null) return null;
	if (/^\d{1,9}$/.test(text.trim())) return Number(text) * 1_000;
	const dateMs = Date.parse(text);
	return Number.isNaN(dateMs) ? null : Math.max(dateMs - nowMs, 0);
}

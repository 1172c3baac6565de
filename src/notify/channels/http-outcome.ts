/** What an answer over HTTP means for a delivery. Pure; shared by all channels that have no other words for it. */
import { RETRY_AFTER_MS_MAX } from "../../model/limits.ts";
import type { Outcome } from "../../model/notification.ts";

/** 408, 425 and 429 ask for another attempt, and so does every 5xx. */
const RETRY_STATUS = new Set([408, 425, 429]);

/** 2xx is delivered; 408, 425, 429 and 5xx come again; all else (redirects too, 410 above all) never will succeed. */
export function httpOutcome(status: number, retryAfter: string | null, nowMs: number): Outcome {
	if (status >= 200 && status < 300) return { kind: "delivered", httpStatus: status };
	if (RETRY_STATUS.has(status) || status >= 500) {
		return {
			kind: "retry",
			why: `http ${status}`,
			httpStatus: status,
			retryAfterMs: parseRetryAfter(retryAfter, nowMs),
		};
	}
	return { kind: "never", why: `http ${status}${meaning(status)}`, httpStatus: status };
}

/** Milliseconds of a Retry-After header (RFC 9110, 10.2.3: seconds or a date), at most a day; null: none that is understood. */
export function parseRetryAfter(header: string | null, nowMs: number): number | null {
	const text = header?.trim() ?? "";
	const isSeconds = /^\d{1,10}$/.test(text);
	// A date has letters: `Date.parse` would take "-1" for a year.
	if (!isSeconds && !/^[A-Za-z]{3,9},? /.test(text)) return null;
	const ms = isSeconds ? Number(text) * 1_000 : Date.parse(text) - nowMs;
	return Number.isNaN(ms) ? null : Math.min(Math.max(0, ms), RETRY_AFTER_MS_MAX);
}

function meaning(status: number): string {
	if (status >= 300 && status < 400) return " (redirects are not followed)";
	return status === 410 ? " (gone)" : "";
}

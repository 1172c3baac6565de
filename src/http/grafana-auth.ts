/**
 * Whether a webhook comes from the Grafana that was set up: its signature (HMAC-SHA256 of the body, or of `timestamp:body`), a
 * token that may record, or user and password. Every comparison takes the same time, wherever the difference is.
 */
import type { Config } from "../config.ts";
import type { Scope } from "../model/catalog-rpc.ts";
import type { Failure } from "../model/errors.ts";
import { GRAFANA_SIGNATURE_AGE_MS_MAX, SECOND_MS } from "../model/limits.ts";
import { basicAuthOf, isSameSecret } from "./auth.ts";

export const SIGNATURE_HEADER = "x-grafana-alerting-signature";

const ENCODER = new TextEncoder();

/** Whether the signature decides: one that is there must hold, whatever else the request brings. */
export function isSigned(request: Request, config: Config): boolean {
	return config.grafanaSecret !== null && request.headers.has(SIGNATURE_HEADER);
}

/** Why the request may not come in without a signature, or null. */
export async function callerRefusal(
	request: Request,
	scopes: readonly Scope[],
	config: Config,
): Promise<Failure | null> {
	if (scopes.includes("record") || scopes.includes("admin")) return null;
	const basic = basicAuthOf(request);
	if (!basic.ok) return basic.failure;
	const { grafanaUser, grafanaPass } = config;
	if (basic.value !== null && grafanaUser !== null && grafanaPass !== null) {
		const isUser = await isSameSecret(basic.value.user, grafanaUser);
		const isPassword = await isSameSecret(basic.value.password, grafanaPass);
		if (isUser && isPassword) return null;
	}
	if (scopes.length > 0) return { code: "forbidden", scope: "record" };
	const ways = "a token with the scope 'record', GRAFANA_WEBHOOK_USER and GRAFANA_WEBHOOK_PASS, or a signature";
	return { code: "unauthorized", reason: `the webhook comes in by one of: ${ways}` };
}

/** Why the signature of this body does not hold, or null. */
export async function signatureRefusal(
	request: Request,
	body: Uint8Array,
	config: Config,
	nowMs: number,
): Promise<Failure | null> {
	const timestamp = request.headers.get(config.grafanaTimestampHeader)?.trim() ?? null;
	const given = bytesOf(request.headers.get(SIGNATURE_HEADER)?.trim() ?? "");
	if (given === null || config.grafanaSecret === null) return unsigned("must be 64 hexadecimal digits");
	const signed = timestamp === null ? body : joined(ENCODER.encode(`${timestamp}:`), body);
	const key = await crypto.subtle.importKey(
		"raw",
		ENCODER.encode(config.grafanaSecret),
		{ name: "HMAC", hash: "SHA-256" },
		false,
		["verify"],
	);
	if (!(await crypto.subtle.verify("HMAC", key, given, signed))) {
		return unsigned(`is not that of the body (its time, if any, is read from ${config.grafanaTimestampHeader})`);
	}
	const ageMs = timestamp === null ? 0 : Math.abs(nowMs - Number(timestamp) * SECOND_MS);
	return ageMs <= GRAFANA_SIGNATURE_AGE_MS_MAX ? null : unsigned("is too old, or Grafana's clock is wrong");
}

function unsigned(problem: string): Failure {
	return { code: "unauthorized", reason: `the signature in ${SIGNATURE_HEADER} ${problem}` };
}

function bytesOf(hex: string): Uint8Array<ArrayBuffer> | null {
	if (!/^[0-9a-f]{64}$/i.test(hex)) return null;
	return Uint8Array.from({ length: 32 }, (_, i) => Number.parseInt(hex.slice(2 * i, 2 * i + 2), 16));
}

function joined(a: Uint8Array, b: Uint8Array): Uint8Array<ArrayBuffer> {
	const both = new Uint8Array(a.length + b.length);
	both.set(a);
	both.set(b, a.length);
	return both;
}

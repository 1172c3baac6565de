/**
 * Who may come in: a token in `Authorization: Bearer`, `X-API-Key`, or as the password of Basic Auth, whatever the user is called
 * (Prometheus and `amtool` send it so). Only hashes are kept, and each is compared in
 * constant time with all that are valid, so that neither the answer nor its time tells how near a guess was.
 */
import type { Config } from "../config.ts";
import { err, ok, type Result } from "../lib/result.ts";
import type { Scope, TokenHash } from "../model/catalog-rpc.ts";
import type { Failure } from "../model/errors.ts";
import { HASHED_TOKENS_MAX, TOKEN_CHARS_MAX } from "../model/limits.ts";
import { directoryWith } from "../peers/directory.ts";
import type { ObjectEnv } from "../peers/stubs.ts";
import type { Access } from "./route.ts";

const ENCODER = new TextEncoder();
const ALL: readonly Scope[] = ["record", "read", "admin"];

/** The scopes of the caller's token: none without a token. A wrong one is a failure, whatever the route. */
export async function scopesOf(
	request: Request,
	env: ObjectEnv,
	config: Config,
	nowMs: number,
): Promise<Result<readonly Scope[], Failure>> {
	const presented = tokenOf(request);
	if (!presented.ok) return presented;
	const token = presented.value;
	if (token === null) return ok([]);
	if (token.length > TOKEN_CHARS_MAX) return err(unknownToken());
	const hash = await hashOf(token);
	const first = await bootstrapHash(config);
	if (first !== null && equal(hash, first)) {
		remember(token, hash);
		return ok(ALL);
	}
	const directory = await directoryWith(env, nowMs, (known) => match(hash, known.tokens, nowMs) !== null);
	if (!directory.ok) return directory;
	const found = match(hash, directory.value.tokens, nowMs);
	if (found === null) return err(unknownToken());
	remember(token, hash);
	return ok(found.scopes);
}

/** Why a caller with these scopes may not use a route, or null. */
export function refusal(scopes: readonly Scope[], access: Access, config: Config): Failure | null {
	if (access === "public" || (access === "observe" && config.publicMetrics)) return null;
	const needed = access === "observe" ? "read" : access;
	if (scopes.includes("admin") || scopes.includes(needed)) return null;
	if (scopes.length > 0) return { code: "forbidden", scope: needed };
	const reason = `send a token with the scope '${needed}' as 'Authorization: Bearer <token>', 'X-API-Key: <token>', or the password of Basic Auth`;
	return { code: "unauthorized", reason };
}

/** Whether two secrets are the same text, in a time that tells nothing of where they differ. */
export async function isSameSecret(given: string, wanted: string): Promise<boolean> {
	return equal(await sha256(given), await sha256(wanted));
}

/** User and password of Basic Auth; null: there is none. */
export function basicAuthOf(
	request: Request,
): Result<{ readonly user: string; readonly password: string } | null, Failure> {
	const encoded = /^basic(?: +(.*))?$/i.exec(request.headers.get("authorization")?.trim() ?? "");
	if (encoded === null) return ok(null);
	let bytes: string;
	try {
		bytes = atob(encoded[1] ?? "");
	} catch {
		return err(badBasic("is not base64"));
	}
	const text = new TextDecoder().decode(Uint8Array.from(bytes, (char) => char.charCodeAt(0)));
	const colon = text.indexOf(":");
	return colon < 0
		? err(badBasic("has no colon between user and password"))
		: ok({ user: text.slice(0, colon), password: text.slice(colon + 1) });
}

/** SHA-256 of a token in hex, as the catalog keeps it. */
export async function hashToken(token: string): Promise<string> {
	return [...(await sha256(token))].map((byte) => byte.toString(16).padStart(2, "0")).join("");
}

function tokenOf(request: Request): Result<string | null, Failure> {
	const header = request.headers.get("authorization");
	const bearer = header === null ? null : /^bearer +(\S+) *$/i.exec(header)?.[1];
	const token = bearer ?? request.headers.get("x-api-key")?.trim() ?? null;
	if (token !== null) return ok(token);
	const basic = basicAuthOf(request);
	return basic.ok ? ok(basic.value === null ? null : basic.value.password) : basic;
}

function badBasic(problem: string): Failure {
	return { code: "unauthorized", reason: `what stands behind 'Basic' ${problem}: send base64 of 'user:token'` };
}

function unknownToken(): Failure {
	return { code: "unauthorized", reason: "the token is not known, or no longer valid: send another one" };
}

async function sha256(text: string): Promise<Uint8Array> {
	return new Uint8Array(await crypto.subtle.digest("SHA-256", ENCODER.encode(text)));
}

/**
 * Tokens that were valid, as bytes, and their hashes: the same few come with every request. Whether they still are is asked each
 * time. Wrong ones are not kept, or a flood of them would push the others out.
 */
const known: { readonly token: Uint8Array; readonly hash: Uint8Array }[] = [];
let knownNext = 0;

/** The hash of a token. A known one is found by comparing all of them, in constant time. */
async function hashOf(token: string): Promise<Uint8Array> {
	return knownHash(ENCODER.encode(token)) ?? sha256(token);
}

function knownHash(token: Uint8Array): Uint8Array | null {
	let found: Uint8Array | null = null;
	for (const one of known) if (equal(token, one.token)) found = one.hash;
	return found;
}

function remember(token: string, hash: Uint8Array): void {
	const bytes = ENCODER.encode(token);
	if (knownHash(bytes) !== null) return;
	known[knownNext] = { token: bytes, hash };
	knownNext = (knownNext + 1) % HASHED_TOKENS_MAX;
}

const bootstrap = new WeakMap<Config, Uint8Array>();

async function bootstrapHash(config: Config): Promise<Uint8Array | null> {
	const before = bootstrap.get(config);
	if (before !== undefined) return before;
	if (config.adminTokenHash === null && config.adminToken === null) return null;
	const hash = config.adminTokenHash === null ? await sha256(config.adminToken ?? "") : bytesOf(config.adminTokenHash);
	bootstrap.set(config, hash);
	return hash;
}

/** The valid token with this hash. Looks at all of them, whichever it finds. */
function match(hash: Uint8Array, tokens: readonly TokenHash[], nowMs: number): TokenHash | null {
	let found: TokenHash | null = null;
	for (const token of tokens) {
		const same = equal(hash, bytesOf(token.hash));
		if (same && (token.expiresMs === null || token.expiresMs > nowMs)) found = token;
	}
	return found;
}

/** Compares all bytes, wherever the first difference is. */
function equal(a: Uint8Array, b: Uint8Array): boolean {
	let difference = a.length ^ b.length;
	for (let i = 0; i < a.length; i++) difference |= (a[i] as number) ^ (b[i] ?? 0);
	return difference === 0;
}

function bytesOf(hex: string): Uint8Array {
	const bytes = new Uint8Array(hex.length / 2);
	for (let i = 0; i < bytes.length; i++) bytes[i] = Number.parseInt(hex.slice(2 * i, 2 * i + 2), 16);
	return bytes;
}

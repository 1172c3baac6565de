/** Tokens: made here and shown once; what is kept is their hash. Several are valid at once, so that they can be rotated. */
import * as v from "valibot";
import { SCOPES, type TokenHash } from "../../model/catalog-rpc.ts";
import { invalidateDirectory } from "../../peers/directory.ts";
import { ask, catalogStub } from "../../peers/stubs.ts";
import { hashToken } from "../auth.ts";
import { parseJsonBody } from "../parse.ts";
import { json, problem } from "../reply.ts";
import type { Call, Route } from "../route.ts";

const NewToken = v.strictObject({
	name: v.pipe(v.string(), v.minLength(1), v.maxLength(100)),
	scopes: v.pipe(v.array(v.picklist(SCOPES)), v.minLength(1), v.maxLength(SCOPES.length)),
	expiresAt: v.optional(v.nullable(v.pipe(v.string(), v.isoTimestamp())), null),
});

export const TOKEN_ROUTES: readonly Route[] = [
	{
		method: "POST",
		path: "/api/v1/tokens",
		access: "admin",
		about: "makes a token, shown once; {name, scopes, expiresAt?}",
		answer: add,
	},
	{ method: "GET", path: "/api/v1/tokens", access: "admin", about: "lists tokens by their hashes", answer: list },
	{ method: "DELETE", path: "/api/v1/tokens/:hash", access: "admin", about: "revokes a token", answer: revoke },
];

async function add({ request, env, nowMs }: Call): Promise<Response> {
	const wish = await parseJsonBody(request, NewToken);
	if (!wish.ok) return problem(wish.failure);
	const token = `perdure_${base64Url(crypto.getRandomValues(new Uint8Array(32)))}`;
	const { name, scopes, expiresAt } = wish.value;
	const expiresMs = expiresAt === null ? null : Date.parse(expiresAt);
	const entry: TokenHash = {
		hash: await hashToken(token),
		name,
		scopes: [...new Set(scopes)],
		createdMs: nowMs,
		expiresMs,
	};
	const added = await ask("catalog", () => catalogStub(env).addToken(entry));
	if (!added.ok) return problem(added.failure);
	if (!added.value.ok) return problem(added.value.failure);
	invalidateDirectory();
	return json({ token, ...tokenBody(entry) }, 201);
}

async function list({ env }: Call): Promise<Response> {
	const tokens = await ask("catalog", () => catalogStub(env).tokens());
	return tokens.ok ? json({ tokens: tokens.value.map(tokenBody) }) : problem(tokens.failure);
}

async function revoke({ env, params }: Call): Promise<Response> {
	const hash = params["hash"] ?? "";
	const gone = await ask("catalog", () => catalogStub(env).revokeToken(hash));
	if (!gone.ok) return problem(gone.failure);
	invalidateDirectory();
	return gone.value ? json({ revoked: hash }) : problem({ code: "not_found", what: "token with this hash" });
}

function tokenBody({ hash, name, scopes, createdMs, expiresMs }: TokenHash) {
	const expiresAt = expiresMs === null ? null : new Date(expiresMs).toISOString();
	return { hash, name, scopes, createdAt: new Date(createdMs).toISOString(), expiresAt };
}

function base64Url(bytes: Uint8Array): string {
	return btoa(String.fromCharCode(...bytes))
		.replaceAll("+", "-")
		.replaceAll("/", "_")
		.replaceAll("=", "");
}

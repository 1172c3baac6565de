/** How the tests of routes ask: through the Worker's own entry, with a token that was put into the catalog. */
import { env, exports } from "cloudflare:workers";
import { vi } from "vitest";
import { hashToken } from "../../src/http/auth.ts";
import type { Scope } from "../../src/model/catalog-rpc.ts";
import { invalidateDirectory } from "../../src/peers/directory.ts";
import { flushSelf, selfCount, takeParts } from "../../src/peers/self-meter.ts";
import { catalogStub } from "../../src/peers/stubs.ts";

export const ORIGIN = "https://perdure.example";

/** Puts a token with these scopes into the catalog. */
export async function addToken(
	token: string,
	scopes: readonly Scope[],
	expiresMs: number | null = null,
): Promise<void> {
	const entry = { hash: await hashToken(token), name: token, scopes, createdMs: Date.now(), expiresMs };
	const added = await catalogStub(env).addToken(entry);
	if (!added.ok) throw new Error(JSON.stringify(added.failure));
}

export const TOKEN = "a-token-with-all-scopes";

/** One request as the operator. */
export function ask(path: string, init: RequestInit & { readonly token?: string | null } = {}): Promise<Response> {
	const { token = TOKEN, ...rest } = init;
	const headers = new Headers(rest.headers);
	if (token !== null) headers.set("authorization", `Bearer ${token}`);
	return exports.default.fetch(new Request(`${ORIGIN}${path}`, { ...rest, headers }));
}

/** Posts a document to the record route. */
export function post(body: unknown, headers: Record<string, string> = {}): Promise<Response> {
	const text = typeof body === "string" ? body : JSON.stringify(body);
	return ask("/api/v1/record", {
		method: "POST",
		body: text,
		headers: { "content-type": "application/json", ...headers },
	});
}

/** The answer's JSON, loosely typed: tests look at it by matchers. */
export async function read(response: Response): Promise<Record<string, unknown>> {
	return (await response.json()) as Record<string, unknown>;
}

/** Waits until the catalog knows a metric that was recorded: it learns of it after the receipt. */
export async function known(name: string): Promise<void> {
	await vi.waitFor(async () => {
		const { metrics } = await catalogStub(env).directory();
		if (!metrics.some((metric) => metric.name === name)) throw new Error(`'${name}' is not known yet`);
	}, 15_000);
	invalidateDirectory();
}

/** Empties what was counted of ourselves, and makes sure that it is not flushed for a while: then `takeParts` sees all. */
export function holdSelf(): void {
	// The first flush, at the beginning of time, makes the second one due.
	for (const atMs of [0, Date.now()]) {
		selfCount("held");
		flushSelf(env, atMs, (promise) => void promise.catch(() => undefined));
	}
	takeParts();
}

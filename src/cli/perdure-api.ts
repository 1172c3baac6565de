/** Calls to a deployment over HTTP, with a token. What it refuses comes back as a sentence; the token is in none. */
import { err, ok, type Result } from "../lib/result.ts";

/** Exit codes: 0 it went well, 1 it did not, 2 it was not understood. */
export type CliFailure = { readonly code: "failed" | "usage"; readonly reason: string };

export type Query = Readonly<Record<string, string | readonly string[] | null>>;
export type Api = {
	/** Asks with a query; absent values are left out. */
	get(path: string, query?: Query): Promise<Result<unknown, CliFailure>>;
	post(path: string, body: unknown): Promise<Result<unknown, CliFailure>>;
	delete(path: string): Promise<Result<unknown, CliFailure>>;
};

const TIMEOUT_MS = 30_000;

/** `url` as the deployment's address, with or without a slash at its end. */
export function apiAt(url: string, token: string | null): Api {
	const base = url.replace(/\/+$/, "");
	const call = (method: string, path: string, body?: unknown) => send(`${base}${path}`, method, token, body);
	return {
		get: (path, query = {}) => call("GET", `${path}${queryText(query)}`),
		post: (path, body) => call("POST", path, body),
		delete: (path) => call("DELETE", path),
	};
}

function queryText(query: Query): string {
	const params = new URLSearchParams();
	for (const [name, value] of Object.entries(query)) {
		for (const one of value === null ? [] : typeof value === "string" ? [value] : value) params.append(name, one);
	}
	return params.size === 0 ? "" : `?${params}`;
}

async function send(
	url: string,
	method: string,
	token: string | null,
	body: unknown,
): Promise<Result<unknown, CliFailure>> {
	const headers: Record<string, string> = { accept: "application/json" };
	if (token !== null) headers["authorization"] = `Bearer ${token}`;
	if (body !== undefined) headers["content-type"] = "application/json";
	try {
		const reply = await fetch(url, {
			method,
			headers,
			// A token goes where it was sent, and nowhere else.
			redirect: "error",
			signal: AbortSignal.timeout(TIMEOUT_MS),
			...(body === undefined ? {} : { body: JSON.stringify(body) }),
		});
		const text = await reply.text();
		return reply.ok ? parsed(text, url) : failed(`${reply.status}: ${reasonOf(text)}${hint(reply.status)}`);
	} catch (error) {
		const cause = error instanceof Error && error.cause instanceof Error ? error.cause : error;
		return failed(`${new URL(url).origin} cannot be asked: ${cause instanceof Error ? cause.message : String(cause)}`);
	}
}

function parsed(text: string, url: string): Result<unknown, CliFailure> {
	try {
		return ok(text === "" ? null : JSON.parse(text));
	} catch {
		return failed(`${new URL(url).origin} does not answer with JSON: is Perdure there?`);
	}
}

/** The detail of a problem, or the text as it is. */
function reasonOf(text: string): string {
	try {
		const body: unknown = JSON.parse(text);
		const detail = typeof body === "object" && body !== null && "detail" in body ? body.detail : body;
		return typeof detail === "string" ? detail : JSON.stringify(detail);
	} catch {
		return text.trim().slice(0, 500) || "no reason was given";
	}
}

function hint(status: number): string {
	return status === 401 ? " (--token, or PERDURE_TOKEN)" : "";
}

function failed(reason: string): { readonly ok: false; readonly failure: CliFailure } {
	return err({ code: "failed", reason });
}

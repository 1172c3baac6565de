/** What a route is, and what it is called with. A route is five lines: parse, call, reply. */
import type { Config } from "../config.ts";
import type { Scope } from "../model/catalog-rpc.ts";

export type Call = {
	readonly request: Request;
	readonly url: URL;
	/** The parts of the path that the route names, decoded. */
	readonly params: Readonly<Record<string, string>>;
	readonly env: Env;
	readonly config: Config;
	readonly nowMs: number;
	/** What the caller's token allows; empty without one. */
	readonly scopes: readonly Scope[];
	readonly waitUntil: (promise: Promise<unknown>) => void;
};

/** public: everybody. observe: a token that reads, or everybody when PUBLIC_METRICS is set. */
export type Access = Scope | "public" | "observe";

export type Route = {
	readonly method: "GET" | "POST" | "PUT" | "DELETE";
	/** As itty-router has it: `/api/metrics/:name`. */
	readonly path: string;
	readonly access: Access;
	/** Whose clients read an error as a JSON text; left out: problem+json. */
	readonly errors?: "text";
	/** One line for the list at `/`. */
	readonly about: string;
	readonly answer: (call: Call) => Promise<Response> | Response;
};

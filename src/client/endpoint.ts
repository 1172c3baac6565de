/**
 * The label `endpoint` of a request: a route's pattern, or a path with everything in it that looks like an identifier
 * replaced. Never a raw path: each of those would be a series of its own. Bounded to CLIENT_ENDPOINTS_MAX names.
 */
import { labelIssue } from "../model/labels.ts";
import {
	CLIENT_ENDPOINTS_MAX,
	CLIENT_PATH_SEGMENT_CHARS_MAX,
	CLIENT_PATH_SEGMENTS_MAX,
	CLIENT_ROUTES_MAX,
} from "../model/limits.ts";

export type EndpointOptions = {
	/** Patterns, the first that fits counts: `/api/users/:id`, `/files/*`. What fits none is `:other`. */
	readonly routes?: readonly string[];
	/** Names the endpoint itself, as the router knows it. Must answer a pattern, not a path; '' means: see `routes`. */
	readonly route?: (request: Request) => string;
};

/** The endpoint of a request that was answered with `status`. */
export type EndpointOf = (request: Request, status: string) => string;

/** The name of every endpoint beyond the bound, and of every path that no route fits. */
export const OTHER_ENDPOINT = ":other";

/** Makes the function that names endpoints. What it makes remembers the names: keep one for each isolate. */
export function createEndpointOf(options: EndpointOptions = {}): EndpointOf {
	const routes = options.routes?.slice(0, CLIENT_ROUTES_MAX).map((pattern) => ({ pattern, parts: split(pattern) }));
	const known = new Set<string>();
	return (request, status) => {
		const name = named(request, options) ?? patternOf(pathOf(request), routes);
		if (known.has(name)) return name;
		// Scanners try thousands of paths that do not exist; those must not use up the names.
		if (known.size >= CLIENT_ENDPOINTS_MAX || status === "404" || status === "405") return OTHER_ENDPOINT;
		known.add(name);
		return name;
	};
}

/** A path with its identifiers replaced by `:id`: numbers, UUIDs, hashes, tokens, encoded and long segments. */
export function normalisePath(path: string): string {
	const parts = split(path);
	const kept = parts.slice(0, CLIENT_PATH_SEGMENTS_MAX).map((part) => (isIdentifier(part) ? ":id" : part));
	return `/${kept.join("/")}${parts.length > CLIENT_PATH_SEGMENTS_MAX ? "/*" : ""}`;
}

function named(request: Request, { route }: EndpointOptions): string | null {
	if (route === undefined) return null;
	try {
		const name: unknown = route(request);
		return typeof name === "string" && name !== "" && labelIssue("endpoint", name) === null ? name : null;
	} catch {
		return null;
	}
}

function patternOf(path: string, routes: readonly { pattern: string; parts: readonly string[] }[] | undefined): string {
	if (routes === undefined) return normalisePath(path);
	const parts = split(path);
	return routes.find((route) => fits(route.parts, parts))?.pattern ?? OTHER_ENDPOINT;
}

/** Segment by segment, so that no pattern can make it slow: `:name` takes one, a last `*` takes the rest. */
function fits(pattern: readonly string[], parts: readonly string[]): boolean {
	for (const [index, want] of pattern.entries()) {
		if (want === "*" && index === pattern.length - 1) return true;
		const got = parts[index];
		if (got === undefined || (want !== got && !want.startsWith(":"))) return false;
	}
	return pattern.length === parts.length;
}

function isIdentifier(part: string): boolean {
	if (part.length > CLIENT_PATH_SEGMENT_CHARS_MAX || /[^A-Za-z0-9._~-]/.test(part)) return true;
	const digits = part.replace(/\D/g, "").length;
	if (digits === part.length || digits >= 4) return true;
	return digits > 0 && (part.length >= 12 || (part.length >= 8 && /^[0-9a-f-]+$/i.test(part)));
}

function split(path: string): readonly string[] {
	return path.split("/").filter((part) => part !== "");
}

function pathOf(request: Request): string {
	return new URL(request.url).pathname;
}

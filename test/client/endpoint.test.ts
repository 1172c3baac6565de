/** The label `endpoint`: patterns and normalised paths, never a raw one, and a bounded number of them. */
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { createEndpointOf, normalisePath, OTHER_ENDPOINT } from "../../src/client/endpoint.ts";
import { labelIssue } from "../../src/model/labels.ts";
import { CLIENT_ENDPOINTS_MAX, CLIENT_ROUTES_MAX } from "../../src/model/limits.ts";

const at = (path: string) => new Request(`https://app.example${path}`);

describe("a path", () => {
	it.each([
		["/", "/"],
		["/api/send-notification", "/api/send-notification"],
		["/api/v1/users", "/api/v1/users"],
		["/oauth2/token", "/oauth2/token"],
		["/users/42", "/users/:id"],
		["/users/42/orders/7", "/users/:id/orders/:id"],
		["/n/6f9619ff-8b86-4d11-b42d-00c04fc964ff", "/n/:id"],
		["/n/01hzx3v9m2k8q7w6e5r4t3y2u1", "/n/:id"],
		["/commit/da39a3ee5e6b4b0d3255bfef95601890afd80709", "/commit/:id"],
		["/commit/3f9a2c1b", "/commit/:id"],
		["/assets/app-3f9a2c1b.js", "/assets/:id"],
		["/order-12345/items", "/:id/items"],
		["/u/ada%40example.org", "/u/:id"],
		["/u/ada@example.org", "/u/:id"],
		["/search/%E6%97%A5%E6%9C%AC", "/search/:id"],
		[`/x/${"a".repeat(33)}`, "/x/:id"],
		["//double//slash/", "/double/slash"],
		["/a/b/c/d/e/f/g/h/i/j", "/a/b/c/d/e/f/g/h/*"],
	])("%s reads as %s", (path, endpoint) => {
		expect(normalisePath(path)).toBe(endpoint);
	});

	it("gives at most CLIENT_ENDPOINTS_MAX names and :other, each a valid label, whatever is asked for", () => {
		fc.assert(
			fc.property(fc.array(fc.webPath(), { maxLength: 400 }), (paths) => {
				const endpointOf = createEndpointOf();
				const names = new Set(paths.map((path) => endpointOf(at(path), "200")));
				names.delete(OTHER_ENDPOINT);
				expect(names.size).toBeLessThanOrEqual(CLIENT_ENDPOINTS_MAX);
				for (const name of names) expect(labelIssue("endpoint", name)).toBeNull();
			}),
			{ numRuns: 50 },
		);
	});

	it("gives exactly CLIENT_ENDPOINTS_MAX names when more are there, and keeps those it has", () => {
		const endpointOf = createEndpointOf();
		const word = (i: number) => `/${String.fromCharCode(97 + (i % 26))}${String.fromCharCode(97 + Math.floor(i / 26))}`;
		const names = Array.from({ length: 300 }, (_, i) => endpointOf(at(word(i)), "200"));
		expect(new Set(names).size).toBe(CLIENT_ENDPOINTS_MAX + 1);
		expect(names.at(-1)).toBe(OTHER_ENDPOINT);
		expect(endpointOf(at(word(0)), "200")).toBe("/aa");
	});

	it("never holds a number, a UUID or a hash", () => {
		const identifier = fc.oneof(
			fc.nat().map(String),
			fc.uuid(),
			fc.stringMatching(/^[0-9a-f]{16,40}$/).filter((text) => /\d/.test(text)),
		);
		fc.assert(
			fc.property(identifier, (id) => {
				expect(normalisePath(`/things/${id}/parts`)).toBe("/things/:id/parts");
			}),
		);
	});

	it("of a scanner that finds nothing does not use up the names", () => {
		const endpointOf = createEndpointOf();
		for (let i = 0; i < 500; i++) expect(endpointOf(at(`/wp-${"a".repeat(i % 20)}.php`), "404")).toBe(OTHER_ENDPOINT);
		expect(endpointOf(at("/api/users"), "200")).toBe("/api/users");
		expect(endpointOf(at("/api/users"), "404")).toBe("/api/users");
	});
});

describe("routes", () => {
	const endpointOf = createEndpointOf({ routes: ["/api/users/me", "/api/users/:id", "/files/*", "/"] });

	it.each([
		["/api/users/me", "/api/users/me"],
		["/api/users/anything", "/api/users/:id"],
		["/api/users/anything/", "/api/users/:id"],
		["/files/a/b/c", "/files/*"],
		["/files", "/files/*"],
		["/", "/"],
		["/api/users", OTHER_ENDPOINT],
		["/api/users/1/2", OTHER_ENDPOINT],
		["/wp-login.php", OTHER_ENDPOINT],
	])("%s is %s", (path, endpoint) => {
		expect(endpointOf(at(path), "200")).toBe(endpoint);
	});

	it("may be named by the router, and its faults fall back to the path", () => {
		const answers: (string | undefined)[] = ["/named/:x", "", undefined, "line\nbreak", "x".repeat(501)];
		const byRouter = createEndpointOf({ route: () => answers.shift() as string });
		expect(byRouter(at("/users/1"), "200")).toBe("/named/:x");
		for (let i = 0; i < 4; i++) expect(byRouter(at("/users/1"), "200")).toBe("/users/:id");
		const throwing = createEndpointOf({
			route: () => {
				throw new Error("no");
			},
		});
		expect(throwing(at("/users/1"), "200")).toBe("/users/:id");
	});

	it("are at most CLIENT_ROUTES_MAX", () => {
		const routes = Array.from({ length: CLIENT_ROUTES_MAX + 1 }, (_, i) => `/route/${i}`);
		expect(createEndpointOf({ routes })(at(`/route/${CLIENT_ROUTES_MAX}`), "200")).toBe(OTHER_ENDPOINT);
	});

	it("of a router that answers with raw paths are bounded all the same", () => {
		const raw = createEndpointOf({ route: (request) => new URL(request.url).pathname });
		const names = new Set(Array.from({ length: 1_000 }, (_, i) => raw(at(`/users/${i}`), "200")));
		expect(names.size).toBe(CLIENT_ENDPOINTS_MAX + 1);
	});
});

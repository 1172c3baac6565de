/** Bytes of a request, bounded before anything reads them. */
import { describe, expect, it } from "vitest";
import { readBody } from "../../src/ingest/body.ts";

const BOUNDS = { wireBytesMax: 1_000, unpackedBytesMax: 5_000 };

function streamed(chunks: readonly number[], headers: Record<string, string> = {}) {
	let pulled = 0;
	const body = new ReadableStream<Uint8Array>({
		pull(controller) {
			const size = chunks[pulled++];
			if (size === undefined) controller.close();
			else controller.enqueue(new Uint8Array(size));
		},
	});
	// A request like one of the platform, whose headers say whatever the caller wants.
	const request = { body, headers: new Headers(headers) } as unknown as Request;
	return { request, pulled: () => pulled };
}

describe("a body", () => {
	it("is read whole, whatever its pieces", async () => {
		const result = await readBody(streamed([10, 0, 500, 490]).request, BOUNDS);
		expect(result.ok && result.value.length).toBe(1_000);
		expect(await readBody(new Request("https://a/", { method: "POST" }), BOUNDS)).toEqual({
			ok: true,
			value: new Uint8Array(),
		});
	});

	it("that says it is too large is refused before a byte is read", async () => {
		const { request, pulled } = streamed([1], { "content-length": "1001" });
		const before = pulled();
		expect(await readBody(request, BOUNDS)).toMatchObject({ failure: { code: "too_large", limit: 1_000, got: 1_001 } });
		expect(pulled()).toBe(before);
	});

	it("that lies about its length is refused, whether it is longer or shorter", async () => {
		// On the wire nobody can lie; a Worker that calls by a service binding can.
		for (const size of [4, 600]) {
			const lie = new Request("https://a/", {
				method: "POST",
				body: streamed([size]).request.body,
				headers: { "content-length": "5" },
			});
			expect(lie.headers.get("content-length")).toBe("5");
			expect(await readBody(lie, BOUNDS)).toMatchObject({
				failure: { code: "invalid", issues: [{ place: "Content-Length" }] },
			});
		}
		expect((await readBody(streamed([4], { "content-length": "many" }).request, BOUNDS)).ok).toBe(false);
	});

	it("that does not say its length is read up to the bound and no further", async () => {
		const endless = streamed(Array.from({ length: 100 }, () => 600));
		expect(await readBody(endless.request, BOUNDS)).toMatchObject({ failure: { code: "too_large" } });
		expect(endless.pulled()).toBeLessThan(5);
	});

	it("that breaks off is a failure, not an exception", async () => {
		const body = new ReadableStream({
			pull: (controller) => controller.error(new Error("connection reset by 10.0.0.1")),
		});
		const result = await readBody({ body, headers: new Headers() } as unknown as Request, BOUNDS);
		expect(result).toMatchObject({ failure: { code: "invalid" } });
		expect(JSON.stringify(result)).not.toContain("10.0.0.1");
	});
});

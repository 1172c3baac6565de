import { env } from "cloudflare:workers";
import { beforeAll, expect, it } from "vitest";
import { metricStub } from "../../src/peers/stubs.ts";
import { addToken, post, read, TOKEN } from "./golden.ts";
beforeAll(() => addToken(TOKEN, ["admin"]));
it("x", async () => {
	let t = Date.now();
	console.log(await read(await post({ name: "good.one", value: 12.5, labels: { method: "GET" }, unit: "ms" })), Date.now() - t);
	t = Date.now();
	const s = await metricStub(env, "good.one").series([]);
	console.log(JSON.stringify(s), Date.now() - t);
	expect(1).toBe(1);
}, 60000);

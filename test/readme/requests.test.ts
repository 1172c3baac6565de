/** Every request of the README is made, in its order, to the Worker itself, and every endpoint that it names exists. */
import { exports } from "cloudflare:workers";
import { beforeAll, describe, expect, it } from "vitest";
import README from "../../README.md?raw";
import { addToken, known, ORIGIN, TOKEN } from "../http/golden.ts";
import { curlCommands, requestOf } from "./curl.ts";

const [RULES = "", CONFIG = ""] = [...README.matchAll(/^```yaml\n([\s\S]*?)^```$/gm)].map((found) => found[1]);
const RECEIPT = JSON.parse(/^```json\n([\s\S]*?)^```$/m.exec(README)?.[1] ?? "") as Record<string, unknown>;

type Reply = { readonly status: number; readonly text: string };

async function run(command: readonly string[]): Promise<Reply> {
	const request = requestOf(command, { PERDURE: ORIGIN, TOKEN }, { "rules.yaml": RULES, "alertmanager.yml": CONFIG });
	const reply = await exports.default.fetch(request);
	return { status: reply.status, text: await reply.text() };
}

const samples = (): readonly (readonly string[])[] =>
	curlCommands(README).filter((command) => command.some((word) => word.endsWith("/api/v1/record")));

beforeAll(async () => {
	await addToken(TOKEN, ["admin"]);
});

describe("the requests of the README", () => {
	it("record, with the receipt that is shown", async () => {
		const replies: Reply[] = [];
		for (const command of samples()) replies.push(await run(command));
		expect(replies.map(({ status }) => status)).toEqual([200, 200, 200]);
		const receipt = JSON.parse(replies.at(-1)?.text ?? "") as Record<string, unknown>;
		expect(Object.keys(receipt)).toEqual(Object.keys(RECEIPT));
		expect(receipt).toEqual({ ...RECEIPT, batchId: receipt["batchId"] });
		await known("checkout.time");
		await known("orders");
	});

	it("record nothing the second time under the same key", async () => {
		const again = await run(samples().at(-1) as readonly string[]);
		expect(JSON.parse(again.text)).toMatchObject({ accepted: 3, duplicate: true });
	});

	it("all succeed, one after the other", async () => {
		const commands = curlCommands(README).filter((command) => !samples().includes(command));
		expect(commands.length).toBeGreaterThanOrEqual(15);
		for (const command of curlCommands(README)) {
			const { status, text } = await run(command);
			expect(`${status} ${text.slice(0, 300)}`, command.join(" ")).toMatch(/^20[01] /);
		}
	});

	it("read what was recorded", async () => {
		const one = curlCommands(README).find((command) => command.some((word) => word.includes("by=region"))) ?? [];
		const { groups } = JSON.parse((await run(one)).text) as { groups: { labels: { region: string }; count: number }[] };
		expect(new Set(groups.map(({ labels }) => labels.region))).toEqual(new Set(["eu", "us"]));
	});
});

describe("the endpoints of the README", () => {
	it("exist", async () => {
		const reply = await exports.default.fetch(new Request(ORIGIN, { headers: { accept: "application/json" } }));
		const { endpoints } = (await reply.json()) as { endpoints: { method: string; path: string }[] };
		const existing = new Set(["GET /", ...endpoints.map(({ method, path }) => `${method} ${path}`)]);
		const named = [...README.matchAll(/`(GET|POST|PUT|DELETE) (\/[^`?\s]*)[^`]*`/g)].map(
			([, method, path]) => `${method} ${path}`,
		);
		const bare = [...README.matchAll(/`(\/(?:api|heartbeat|metrics)[^`?\s]*)[^`]*`/g)].map(
			([, path]) => path as string,
		);
		expect(named.length).toBeGreaterThanOrEqual(10);
		expect(named.filter((one) => !existing.has(one))).toEqual([]);
		expect(bare.filter((path) => !endpoints.some((one) => one.path === path))).toEqual([]);
	});
});

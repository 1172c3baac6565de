/** Questions that go together. */
import { describe, expect, it } from "vitest";
import { Gathering } from "../../src/lib/gathering.ts";

describe("questions that are gathered", () => {
	it("go together when they come in one turn or while a call is on its way, and each gets its own answer", async () => {
		const calls: (readonly number[])[] = [];
		const gates: (() => void)[] = [];
		const doubles = new Gathering(async (items: readonly number[]) => {
			calls.push(items);
			await new Promise<void>((open) => gates.push(open));
			return items.map((item) => item * 2);
		});
		const first = [doubles.ask(1), doubles.ask(2)];
		await Promise.resolve();
		const second = [doubles.ask(3), doubles.ask(4), doubles.ask(5)];
		gates.shift()?.();
		expect(await Promise.all(first)).toEqual([2, 4]);
		await expect.poll(() => gates.length).toBe(1);
		gates.shift()?.();
		expect(await Promise.all(second)).toEqual([6, 8, 10]);
		expect(calls).toEqual([
			[1, 2],
			[3, 4, 5],
		]);
	});

	it("fail together, and the next are asked all the same", async () => {
		let calls = 0;
		const asked = new Gathering(async (items: readonly string[]) => {
			if (calls++ === 0) throw new Error("away");
			return items;
		});
		const both = await Promise.allSettled([asked.ask("a"), asked.ask("b")]);
		expect(both.map(({ status }) => status)).toEqual(["rejected", "rejected"]);
		expect(await asked.ask("c")).toBe("c");
	});
});

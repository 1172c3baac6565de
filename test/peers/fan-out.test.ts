/** Many questions at once: one that hangs or throws never stops another. */
import { describe, expect, it } from "vitest";
import { fanOut } from "../../src/peers/fan-out.ts";

const never = () => new Promise<string>(() => undefined);

describe("a fan-out", () => {
	it("names who threw and who took too long, beside the answers of all others", async () => {
		const asked = await fanOut(
			["a", "throws", "b", "hangs", "c"],
			(name) => {
				if (name === "throws") throw new Error("broken");
				return name === "hangs" ? never() : Promise.resolve(name.toUpperCase());
			},
			{ timeoutMs: 20 },
		);
		expect(asked.answers).toEqual([
			{ name: "a", value: "A" },
			{ name: "b", value: "B" },
			{ name: "c", value: "C" },
		]);
		expect(asked.missing).toEqual(["throws", "hangs"]);
	});

	it("asks nobody else once its budget is used up, and names them", async () => {
		let asked = 0;
		const names = Array.from({ length: 20 }, (_, i) => `n${i}`);
		const done = await fanOut(
			names,
			() => {
				asked++;
				return never();
			},
			{ concurrency: 2, timeoutMs: 20, budgetMs: 50 },
		);
		expect(asked).toBeLessThan(12);
		expect(done.missing).toEqual(names);
	});
});

/** A queue by time, against a list that is sorted each time it is asked. */
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { TimeHeap } from "../../src/lib/heap.ts";

type Move =
	| { readonly kind: "set"; readonly key: number; readonly ms: number }
	| { readonly kind: "delete"; readonly key: number }
	| { readonly kind: "clear" };

const key = fc.integer({ min: 0, max: 20 });
const move = fc.oneof(
	{ weight: 6, arbitrary: fc.record({ kind: fc.constant("set" as const), key, ms: fc.integer({ min: -5, max: 30 }) }) },
	{ weight: 3, arbitrary: fc.record({ kind: fc.constant("delete" as const), key }) },
	{ weight: 1, arbitrary: fc.record({ kind: fc.constant("clear" as const) }) },
);

describe("a queue by time", () => {
	it("is a sorted list, whatever is put in, moved and taken out", () => {
		fc.assert(
			fc.property(fc.array<Move>(move, { maxLength: 120 }), (moves) => {
				const heap = new TimeHeap<number>();
				const list = new Map<number, number>();
				for (const one of moves) {
					if (one.kind === "set") {
						heap.set(one.key, one.ms);
						list.set(one.key, one.ms);
					} else if (one.kind === "delete") {
						heap.delete(one.key);
						list.delete(one.key);
					} else {
						heap.clear();
						list.clear();
					}
					const first = [...list.values()].sort((a, b) => a - b)[0] ?? null;
					expect(heap.nextMs).toBe(first);
					expect(heap.size).toBe(list.size);
					for (let k = 0; k <= 20; k++) expect(heap.timeOf(k)).toBe(list.get(k) ?? null);
				}
				const drained: number[] = [];
				for (let k = heap.due(1_000); k !== null; k = heap.due(1_000)) {
					drained.push(list.get(k) ?? Number.NaN);
					heap.delete(k);
				}
				expect(drained).toEqual([...list.values()].sort((a, b) => a - b));
			}),
		);
	});

	it("gives nothing before its time", () => {
		const heap = new TimeHeap<string>();
		heap.set("a", 10);
		expect(heap.due(9)).toBeNull();
		expect(heap.due(10)).toBe("a");
		expect(heap.size).toBe(1);
	});
});

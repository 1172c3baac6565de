/** The lanes above their heaps, held against a walk over all of them. */
import fc from "fast-check";
import { expect, it } from "vitest";
import { IN_FLIGHT_PER_RECEIVER_MAX } from "../../src/model/limits.ts";
import { Lanes, type Open } from "../../src/notify/lane.ts";

/** What `Lanes` should answer, found by looking at everything. */
class Walk {
	readonly opens = new Map<number, Open>();
	readonly held = new Map<string, number>();

	heads(): Open[] {
		const lanes = Map.groupBy(
			[...this.opens.values()].sort((a, b) => a.seq - b.seq),
			({ lane }) => lane,
		);
		return [...lanes.values()].map((all) => all.find(({ phase }) => phase !== "pending") ?? (all[0] as Open));
	}

	leavesMs(head: Open): number {
		return Math.max(head.nextMs, this.held.get(head.lane) ?? 0);
	}

	free(target: string): number {
		const out = [...this.opens.values()].filter((open) => open.target === target && open.phase !== "pending");
		return IN_FLIGHT_PER_RECEIVER_MAX - out.length;
	}

	due(nowMs: number, limit: number): number[] {
		const taken: Open[] = [];
		const heads = this.heads().filter((head) => this.leavesMs(head) <= nowMs);
		for (const head of heads.sort((a, b) => a.seq - b.seq)) {
			const places = taken.filter(({ target, phase }) => target === head.target && phase === "pending").length;
			if (head.phase === "pending" && places >= this.free(head.target)) continue;
			taken.push(head);
		}
		return taken.slice(0, limit).map(({ seq }) => seq);
	}

	nextMs(): number | null {
		const times = this.heads()
			.filter(({ phase, target }) => phase !== "pending" || this.free(target) > 0)
			.map((head) => this.leavesMs(head));
		return times.length === 0 ? null : Math.min(...times);
	}
}

const Move = fc.record({
	kind: fc.constantFrom("put", "put", "put", "out", "out", "back", "remove", "hold"),
	seq: fc.integer({ min: 1, max: 60 }),
	lane: fc.integer({ min: 0, max: 25 }),
	inMs: fc.integer({ min: 0, max: 30 }),
});

it("answer what a walk over all lanes answers, after any moves and at any time", () => {
	fc.assert(
		fc.property(fc.array(Move, { maxLength: 200 }), (moves) => {
			const lanes = new Lanes();
			const walk = new Walk();
			let nowMs = 0;
			for (const { kind, seq, lane: at, inMs } of moves) {
				nowMs += inMs % 4;
				const known = walk.opens.get(seq);
				const lane = `r${at % 2} ${at}`;
				const put = (open: Open) => {
					walk.opens.set(open.seq, open);
					lanes.put(open);
				};
				const fresh: Open = {
					seq,
					lane,
					target: `r${at % 2}`,
					phase: "pending",
					attempts: 0,
					lost: 0,
					nextMs: nowMs + inMs,
					firstMs: null,
				};
				if (kind === "put" && known === undefined) put(fresh);
				else if (kind === "out" && known !== undefined) put({ ...known, phase: "queued", nextMs: nowMs + inMs });
				else if (kind === "back" && known !== undefined) put({ ...known, phase: "pending", nextMs: nowMs + inMs });
				else if (kind === "remove") {
					walk.opens.delete(seq);
					lanes.remove(seq);
				} else if (kind === "hold") {
					walk.held.set(lane, nowMs + inMs);
					lanes.hold(lane, nowMs + inMs);
				}
				for (const limit of [3, 1_000]) {
					expect(lanes.due(nowMs, limit).map((open) => open.seq)).toEqual(walk.due(nowMs, limit));
				}
				const [next, wanted] = [lanes.nextMs(nowMs), walk.nextMs()];
				// What may leave already leaves now; since when is of no matter.
				expect(next === null ? null : Math.max(next, nowMs)).toBe(wanted === null ? null : Math.max(wanted, nowMs));
			}
		}),
		{ numRuns: 300, seed: 731 },
	);
});

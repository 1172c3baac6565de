/** What the client lets in, the way in over RPC takes: it refuses a whole batch for one wrong part. */
import fc from "fast-check";
import { expect, it } from "vitest";
import { Buffer, type RecordedKind } from "../../src/client/buffer.ts";
import { seriesOf } from "../../src/client/http-transport.ts";
import { parseRecord } from "../../src/ingest/json.ts";
import { readParts } from "../../src/ingest/wire.ts";

const text = fc.oneof(fc.string(), fc.string({ unit: "binary", maxLength: 5 }), fc.stringMatching(/^[a-z_.]{1,8}$/));
const entry = fc.record({
	kind: fc.constantFrom<RecordedKind>("counter", "gauge", "distribution"),
	name: fc.oneof({ weight: 4, arbitrary: fc.stringMatching(/^[a-z]{1,3}$/) }, text, fc.constant("perdure.ticks")),
	value: fc.oneof(fc.double(), fc.nat()),
	labels: fc.oneof(
		fc.constant(undefined),
		fc.dictionary(fc.stringMatching(/^[a-z]{1,3}$/), text, { maxKeys: 4 }),
		fc.dictionary(text, text, { maxKeys: 4 }),
	),
	unit: fc.oneof(fc.constant(null), text),
});

it("every batch that a buffer makes is taken without a drop, by RPC and as JSON", () => {
	let taken = 0;
	fc.assert(
		fc.property(fc.array(entry, { maxLength: 40 }), (entries) => {
			const buffer = new Buffer();
			for (const one of entries) buffer.add(one, 1_790_000_000_000);
			const { parts } = buffer.seal();
			fc.pre(parts.length > 0);
			const count = parts.reduce((sum, part) => sum + part.values.length, 0);
			taken += count;
			const byRpc = readParts(structuredClone(parts));
			expect(byRpc).toMatchObject({ ok: true, value: { dropped: 0 } });
			const batch = { id: "", createdMs: 0, timed: true, parts };
			const byJson = parseRecord(new TextEncoder().encode(JSON.stringify({ series: seriesOf(batch) })));
			expect(byJson).toMatchObject({ ok: true, value: { dropped: 0 } });
			if (!byJson.ok) return;
			expect(byJson.value.parts.reduce((sum, part) => sum + part.values.length, 0)).toBe(count);
		}),
		{ numRuns: 300 },
	);
	expect(taken).toBeGreaterThan(500);
});

/** Identifiers out of chance. */
import { expect, it } from "vitest";
import { uuid4 } from "../../src/lib/uuid4.ts";

it("is version 4 of RFC 9562, and all but six bits are chance", () => {
	expect(uuid4(new Uint8Array(16))).toBe("00000000-0000-4000-8000-000000000000");
	expect(uuid4(new Uint8Array(16).fill(255))).toBe("ffffffff-ffff-4fff-bfff-ffffffffffff");
	const bytes = Uint8Array.from({ length: 16 }, (_, i) => i * 16 + i);
	expect(uuid4(bytes)).toBe("00112233-4455-4677-8899-aabbccddeeff");
	expect([...bytes].slice(6, 9)).toEqual([0x66, 0x77, 0x88]);
});

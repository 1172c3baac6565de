/** The signature of Standard Webhooks: the vector of its reference libraries, and the keys that are taken. */
import { describe, expect, it } from "vitest";
import { parseKeys, signatureOf } from "../../../src/notify/channels/signature.ts";
import { SECRETS } from "./services.ts";

function keysOf(secret: string): readonly Uint8Array[] {
	const keys = parseKeys(secret);
	if (!keys.ok) throw new Error(keys.failure);
	return keys.value;
}

describe("the signature", () => {
	const ID = "msg_p5jXN8AQM9LWM0D4loKWxJek";
	const TIME_S = 1_614_265_330;
	const BODY = '{"test": 2432232314}';
	const SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";
	const SIGNATURE = "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=";

	it("agrees with the vector of the specification's libraries", async () => {
		expect(await signatureOf(keysOf(SECRET), ID, TIME_S, BODY)).toBe(SIGNATURE);
	});

	it("comes once for each key while one is rotated", async () => {
		const both = await signatureOf(keysOf(`${SECRET}  ${SECRETS.WEBHOOK_SECRET}`), ID, TIME_S, BODY);
		expect(both.split(" ")).toHaveLength(2);
		expect(both.split(" ")[0]).toBe(SIGNATURE);
	});

	it("takes a raw key as it is, and refuses what is no base64 and too many keys", () => {
		expect(keysOf("plain-secret")[0]).toEqual(new TextEncoder().encode("plain-secret"));
		expect(parseKeys("whsec_***")).toMatchObject({ ok: false });
		expect(parseKeys("whsec_")).toMatchObject({ ok: false });
		expect(parseKeys("a b c d e")).toMatchObject({ ok: false });
	});
});

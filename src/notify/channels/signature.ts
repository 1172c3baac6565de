/** Signatures of Standard Webhooks 1.0: HMAC-SHA256 over id, time and body, one for each key that is valid now. */
import { err, ok, type Result } from "../../lib/result.ts";
import { WEBHOOK_KEYS_MAX } from "../../model/limits.ts";

const PREFIX = "whsec_";

/** The keys of a secret: `whsec_` and base64, or any other text as it is; several, with spaces between, while one is rotated. */
export function parseKeys(secret: string): Result<readonly Uint8Array[], string> {
	const words = secret.trim().split(/\s+/);
	if (words.length > WEBHOOK_KEYS_MAX) return err(`holds more than ${WEBHOOK_KEYS_MAX} keys`);
	const keys: Uint8Array[] = [];
	for (const word of words) {
		const key = word.startsWith(PREFIX) ? decodeBase64(word.slice(PREFIX.length)) : new TextEncoder().encode(word);
		if (key === null || key.length === 0) return err("must be whsec_ followed by base64");
		keys.push(key);
	}
	return ok(keys);
}

/** The header `webhook-signature`: `v1,` and base64 for each key, with spaces between. */
export async function signatureOf(
	keys: readonly Uint8Array[],
	id: string,
	timestampS: number,
	body: string,
): Promise<string> {
	const signed = new TextEncoder().encode(`${id}.${timestampS}.${body}`);
	const signatures = await Promise.all(keys.map(async (key) => `v1,${encodeBase64(await hmac(key, signed))}`));
	return signatures.join(" ");
}

async function hmac(key: Uint8Array, message: Uint8Array): Promise<Uint8Array> {
	const imported = await crypto.subtle.importKey("raw", key, { name: "HMAC", hash: "SHA-256" }, false, ["sign"]);
	return new Uint8Array(await crypto.subtle.sign("HMAC", imported, message));
}

function decodeBase64(text: string): Uint8Array | null {
	try {
		return Uint8Array.from(atob(text), (char) => char.charCodeAt(0));
	} catch {
		return null;
	}
}

function encodeBase64(bytes: Uint8Array): string {
	return btoa(String.fromCharCode(...bytes));
}

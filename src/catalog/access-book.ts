/** Who may come in (hashes of tokens, never tokens) and how this deployment is set. Rows are the truth; the list is a copy. */
import { assert } from "../lib/assert.ts";
import { err, ok, type Result } from "../lib/result.ts";
import { SCOPES, type TokenHash } from "../model/catalog-rpc.ts";
import { type Failure, invalid } from "../model/errors.ts";
import { SETTING_CHARS_MAX, SETTING_NAME_CHARS_MAX, SETTINGS_MAX, TOKENS_MAX } from "../model/limits.ts";
import { countSettings, deleteToken, loadSetting, loadTokens, saveSetting, saveToken } from "./storage.ts";

const SHA256_HEX = /^[0-9a-f]{64}$/;

export class AccessBook {
	/** Grows with every change of the tokens, since this object woke. */
	changes = 0;
	readonly #sql: SqlStorage;
	#tokens: readonly TokenHash[];

	constructor(sql: SqlStorage) {
		this.#sql = sql;
		this.#tokens = loadTokens(sql);
	}

	tokens(): readonly TokenHash[] {
		return this.#tokens;
	}

	/** Expired tokens give up their places when the list is full. */
	addToken(token: TokenHash, nowMs: number): Result<null, Failure> {
		if (!SHA256_HEX.test(token.hash))
			return err(invalid("hash", "must be a SHA-256 in 64 lower-case hexadecimal digits"));
		if (token.scopes.length === 0 || token.scopes.some((scope) => !SCOPES.includes(scope))) {
			return err(invalid("scopes", `must be some of ${SCOPES.join(", ")}`));
		}
		if (token.name.length > SETTING_NAME_CHARS_MAX) {
			return err(invalid("name", `has ${token.name.length} characters; the limit is ${SETTING_NAME_CHARS_MAX}`));
		}
		const others = this.#tokens.filter((one) => one.hash !== token.hash);
		const expired = others.filter((one) => one.expiresMs !== null && one.expiresMs <= nowMs);
		if (others.length - expired.length >= TOKENS_MAX) {
			return err({ code: "too_large", what: "tokens", limit: TOKENS_MAX, got: others.length + 1 });
		}
		if (others.length >= TOKENS_MAX) for (const { hash } of expired) deleteToken(this.#sql, hash);
		saveToken(this.#sql, token);
		this.#changed();
		return ok(null);
	}

	revokeToken(hash: string): boolean {
		const was = deleteToken(this.#sql, hash);
		if (was) this.#changed();
		return was;
	}

	setting(name: string): string | null {
		return loadSetting(this.#sql, name);
	}

	/** Bounds are checked where settings come in; here they only hold. */
	setSetting(name: string, value: string | null): void {
		assert(name.length <= SETTING_NAME_CHARS_MAX, "a setting's name is short");
		assert(value === null || value.length <= SETTING_CHARS_MAX, "a setting's value is short");
		const known = loadSetting(this.#sql, name);
		if (known === value) return;
		assert(known !== null || countSettings(this.#sql) < SETTINGS_MAX, "there are few settings");
		saveSetting(this.#sql, name, value);
	}

	#changed(): void {
		this.#tokens = loadTokens(this.#sql);
		this.changes++;
	}
}

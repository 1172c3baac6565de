/** How an application's users want to be reached, a channel each. Secrets go in and never come out. */
import * as v from "valibot";
import {
	deleteUserConfig,
	loadUserConfig,
	loadUserConfigs,
	saveUserConfigs,
	type UserConfigRow,
} from "../../db/user-configs.ts";
import { err, ok, type Result } from "../../lib/result.ts";
import { type Failure, invalid } from "../../model/errors.ts";
import { MESSAGE_FIELD_CHARS_MAX, USER_CHANNELS_MAX, USER_CONFIG_CHARS_MAX } from "../../model/limits.ts";
import { parseJsonBody } from "../parse.ts";
import { json, problem } from "../reply.ts";
import type { Call, Route } from "../route.ts";
import { BLOT, blotSecrets, holdsBlot } from "../secrets.ts";

const USER = "/api/v1/users/:id/channels";
const ONE = `${USER}/:channel`;

const Wish = v.strictObject({
	// A record would take a list for an object with numbers as keys.
	config: v.custom<Readonly<Record<string, unknown>>>(
		(value) => typeof value === "object" && value !== null && !Array.isArray(value),
		"it must be an object",
	),
	isActive: v.optional(v.boolean(), true),
});

export const USER_CONFIG_ROUTES: readonly Route[] = [
	{ method: "GET", path: USER, access: "read", about: "a user's channels, without secrets", answer: list },
	{ method: "GET", path: ONE, access: "read", about: "one of them", answer: getOne },
	{ method: "PUT", path: ONE, access: "admin", about: "stores {config, isActive}", answer: put },
	{ method: "DELETE", path: ONE, access: "admin", about: "forgets it", answer: remove },
];

async function list({ env, params }: Call): Promise<Response> {
	const rows = await loadUserConfigs(env.DB, params["id"] ?? "");
	return rows.ok ? json({ channels: rows.value.map(body) }) : problem(rows.failure);
}

async function getOne({ env, params }: Call): Promise<Response> {
	const row = await loadUserConfig(env.DB, params["id"] ?? "", params["channel"] ?? "");
	if (!row.ok) return problem(row.failure);
	return row.value === null ? problem({ code: "not_found", what: "such channel of this user" }) : json(body(row.value));
}

async function put(call: Call): Promise<Response> {
	const stored = await store(call);
	return stored.ok ? json(body(stored.value)) : problem(stored.failure);
}

async function store({ env, params, request, nowMs }: Call): Promise<Result<UserConfigRow, Failure>> {
	const [userId, channelType] = [params["id"] ?? "", params["channel"] ?? ""];
	if (Math.max(userId.length, channelType.length) > MESSAGE_FIELD_CHARS_MAX) {
		return err(invalid("path", `user and channel have at most ${MESSAGE_FIELD_CHARS_MAX} characters`));
	}
	const wish = await parseJsonBody(request, Wish);
	if (!wish.ok) return wish;
	const { config, isActive } = wish.value;
	const chars = JSON.stringify(config).length;
	if (chars > USER_CONFIG_CHARS_MAX) {
		return err({
			code: "too_large",
			what: "characters of the configuration",
			limit: USER_CONFIG_CHARS_MAX,
			got: chars,
		});
	}
	if (holdsBlot(config))
		return err(invalid("config", `'${BLOT}' stands for a secret in answers: send the secret itself`));
	const there = await loadUserConfigs(env.DB, userId);
	if (!there.ok) return there;
	const others = there.value.filter((one) => one.channel_type !== channelType).length;
	if (others >= USER_CHANNELS_MAX) {
		return err({ code: "too_large", what: "channels of one user", limit: USER_CHANNELS_MAX, got: others + 1 });
	}
	const saved = await saveUserConfigs(env.DB, [{ userId, channelType, config, active: isActive, updatedMs: nowMs }]);
	if (!saved.ok) return saved;
	const row = await loadUserConfig(env.DB, userId, channelType);
	if (!row.ok) return row;
	return row.value === null ? err({ code: "conflict", reason: "somebody else deleted it" }) : ok(row.value);
}

async function remove({ env, params }: Call): Promise<Response> {
	const channel = params["channel"] ?? "";
	const deleted = await deleteUserConfig(env.DB, params["id"] ?? "", channel);
	if (!deleted.ok) return problem(deleted.failure);
	return deleted.value ? json({ deleted: channel }) : problem({ code: "not_found", what: "such channel of this user" });
}

function body({ user_id, channel_type, config, is_active, created_at, updated_at }: UserConfigRow) {
	return {
		user: user_id,
		channel: channel_type,
		config: blotSecrets(JSON.parse(config)),
		isActive: is_active === 1,
		createdAt: created_at,
		updatedAt: updated_at,
	};
}

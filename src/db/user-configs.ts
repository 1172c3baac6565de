/** Table user_configs: how each user wants to be reached, a row a channel. */
import { ok, type Result } from "../lib/result.ts";
import type { Failure } from "../model/errors.ts";
import { USER_CHANNELS_MAX } from "../model/limits.ts";
import { isoTime, jsonText, readRows, runBatch, type Writer, writeRows } from "./rows.ts";

export type UserConfig = {
	readonly userId: string;
	readonly channelType: string;
	/** The channel's own fields. */
	readonly config: Readonly<Record<string, unknown>>;
	readonly active: boolean;
	readonly updatedMs: number;
};

const WRITER: Writer<UserConfig> = {
	into: "INSERT INTO user_configs",
	columns: [
		["user_id", (row) => row.userId],
		["channel_type", (row) => row.channelType],
		["config", (row) => jsonText(row.config)],
		["is_active", (row) => (row.active ? 1 : 0)],
		["created_at", (row) => isoTime(row.updatedMs)],
		["updated_at", (row) => isoTime(row.updatedMs)],
	],
	onConflict: `ON CONFLICT (user_id, channel_type) DO UPDATE SET
		config = excluded.config, is_active = excluded.is_active, updated_at = excluded.updated_at`,
};

/** Stores configurations; `created_at` is the first time that one was stored. */
export function saveUserConfigs(db: D1Database, rows: readonly UserConfig[]): Promise<Result<number, Failure>> {
	return writeRows(db, WRITER, rows);
}

/** A row as it stands in the table; `config` is JSON. */
export type UserConfigRow = {
	readonly user_id: string;
	readonly channel_type: string;
	readonly config: string;
	readonly is_active: number;
	readonly created_at: string;
	readonly updated_at: string;
};

/** All channels of one user, by name. */
export function loadUserConfigs(db: D1Database, userId: string): Promise<Result<readonly UserConfigRow[], Failure>> {
	return readRows(
		db
			.prepare("SELECT * FROM user_configs WHERE user_id = ? ORDER BY channel_type LIMIT ?")
			.bind(userId, USER_CHANNELS_MAX),
	);
}

/** One channel of one user; null: nothing is stored. */
export async function loadUserConfig(
	db: D1Database,
	userId: string,
	channel: string,
): Promise<Result<UserConfigRow | null, Failure>> {
	const rows = await readRows<UserConfigRow>(
		db.prepare("SELECT * FROM user_configs WHERE user_id = ? AND channel_type = ?").bind(userId, channel),
	);
	return rows.ok ? ok(rows.value[0] ?? null) : rows;
}

/** Forgets one channel of one user; false: nothing was stored. */
export async function deleteUserConfig(
	db: D1Database,
	userId: string,
	channel: string,
): Promise<Result<boolean, Failure>> {
	const deleted = await runBatch(db, [
		db.prepare("DELETE FROM user_configs WHERE user_id = ? AND channel_type = ?").bind(userId, channel),
	]);
	return deleted.ok ? ok(deleted.value > 0) : deleted;
}

/** Table user_configs: how each user wants to be reached, a row a channel. */
import type { Result } from "../lib/result.ts";
import type { Failure } from "../model/errors.ts";
import { D1_ROWS_PER_CALL_MAX } from "../model/limits.ts";
import { isoTime, jsonText, readRows, type Writer, writeRows } from "./rows.ts";

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

/** All channels of one user. */
export function loadUserConfigs(db: D1Database, userId: string): Promise<Result<readonly UserConfigRow[], Failure>> {
	return readRows(
		db.prepare("SELECT * FROM user_configs WHERE user_id = ? LIMIT ?").bind(userId, D1_ROWS_PER_CALL_MAX),
	);
}

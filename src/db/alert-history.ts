/** Table alert_history: one row an alert event, kept for looking back. */
import type { Result } from "../lib/result.ts";
import type { AlertEvent } from "../model/alert.ts";
import type { Failure } from "../model/errors.ts";
import { boundedLimit, finite, jsonText, readRows, type Writer, writeRows, writeStatements } from "./rows.ts";

const WRITER: Writer<AlertEvent> = {
	into: "INSERT OR IGNORE INTO alert_history",
	columns: [
		["at_ms", (event) => event.atMs],
		["event_id", (event) => event.id],
		["kind", (event) => event.kind],
		["rule_id", (event) => event.ruleId],
		["rule_group", (event) => event.group],
		["alertname", (event) => event.alertname],
		["severity", (event) => event.labels["severity"] ?? ""],
		["labels", (event) => jsonText(event.labels) ?? "{}"],
		["annotations", (event) => jsonText(event.annotations) ?? "{}"],
		["value", (event) => finite(event.value)],
		["starts_at_ms", (event) => event.startsAtMs],
		["ends_at_ms", (event) => event.endsAtMs],
		["reason", (event) => event.reason],
	],
	onConflict: "",
};

/** Adds one row an event; an event that is there already changes nothing. */
export function saveAlertHistory(db: D1Database, events: readonly AlertEvent[]): Promise<Result<number, Failure>> {
	return writeRows(db, WRITER, events);
}

/** The same as statements, for a transaction with rows of other tables. */
export function alertHistoryStatements(db: D1Database, events: readonly AlertEvent[]): readonly D1PreparedStatement[] {
	return writeStatements(db, WRITER, events);
}

/** A row as it stands in the table; `labels` and `annotations` are JSON. */
export type AlertHistoryRow = {
	readonly at_ms: number;
	readonly event_id: string;
	readonly kind: string;
	readonly rule_id: string;
	readonly rule_group: string;
	readonly alertname: string;
	readonly severity: string;
	readonly labels: string;
	readonly annotations: string;
	readonly value: number | null;
	readonly starts_at_ms: number;
	readonly ends_at_ms: number | null;
	readonly reason: string | null;
};

/** The events of [fromMs, toMs), newest first. */
export function loadAlertHistory(
	db: D1Database,
	fromMs: number,
	toMs: number,
	limit: number,
): Promise<Result<readonly AlertHistoryRow[], Failure>> {
	return readRows(
		db
			.prepare("SELECT * FROM alert_history WHERE at_ms >= ? AND at_ms < ? ORDER BY at_ms DESC, event_id LIMIT ?")
			.bind(fromMs, toMs, boundedLimit(limit)),
	);
}

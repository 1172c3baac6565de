/** Table alert_history: one row an alert event, kept for looking back. */
import type { AlertEvent } from "../model/alert.ts";
import { finite, jsonText, type Writer, writeStatements } from "./rows.ts";

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

/**
 * Adds one row an event; an event that is there already changes nothing. As statements, for a transaction with rows of other
 * tables.
 */
export function alertHistoryStatements(db: D1Database, events: readonly AlertEvent[]): readonly D1PreparedStatement[] {
	return writeStatements(db, WRITER, events);
}

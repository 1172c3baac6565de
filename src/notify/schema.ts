/** The tables of the notifier. Integer keys in the order of acceptance, no secondary index: each would be a billed row. */
import type { Schema } from "../lib/schema.ts";

export const NOTIFIER_SCHEMA: Schema = [
	`
	-- This notifier: one row.
	CREATE TABLE notifier (
		id INTEGER PRIMARY KEY CHECK (id = 1),
		nonce TEXT NOT NULL -- part of every delivery's id, so that two deployments never share one
	) STRICT;
	-- One row a message to one receiver. Rises in the order in which it has to be told.
	CREATE TABLE deliveries (
		seq INTEGER PRIMARY KEY, -- microseconds since 1970, moved on where it was taken
		state INTEGER NOT NULL, -- 0 pending, 1 on the queue, 2 being sent, 3 delivered, 4 dead
		attempts INTEGER NOT NULL, -- hand-outs so far
		next_ms INTEGER NOT NULL, -- pending: not before; on the queue, being sent: lost when nothing was heard until then
		first_ms INTEGER, -- when it was first handed out
		settled_ms INTEGER, -- when it was accepted or died
		owes INTEGER NOT NULL, -- 1: the alert's home has still to be told that nobody could be reached
		event_id TEXT NOT NULL,
		receiver TEXT NOT NULL,
		channel TEXT NOT NULL,
		lane TEXT NOT NULL, -- deliveries of one lane go one after the other
		error TEXT, -- of the last attempt
		created_ms INTEGER NOT NULL,
		event TEXT NOT NULL -- JSON; last, so that its pages are read only when it is asked for
	) STRICT;
	-- Events that were taken over: one that comes again changes nothing.
	CREATE TABLE events (
		event_id TEXT NOT NULL PRIMARY KEY,
		at_ms INTEGER NOT NULL -- when it was taken over
	) STRICT, WITHOUT ROWID;
	-- How each receiver fares.
	CREATE TABLE receivers (
		receiver TEXT NOT NULL PRIMARY KEY,
		delivered INTEGER NOT NULL, -- since ever
		dead INTEGER NOT NULL, -- since ever
		last_delivered_ms INTEGER,
		last_error TEXT
	) STRICT, WITHOUT ROWID;
	`,
];

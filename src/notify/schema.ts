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
	`
	-- From here on a message is about a group of alerts; deliveries of single events are of the version before the first release.
	DROP TABLE deliveries;
	CREATE TABLE deliveries (
		seq INTEGER PRIMARY KEY, -- microseconds since 1970, moved on where it was made
		state INTEGER NOT NULL, -- 0 pending, 1 on the queue, 2 being sent, 3 delivered, 4 dead
		attempts INTEGER NOT NULL, -- hand-outs so far
		next_ms INTEGER NOT NULL, -- pending: not before; on the queue, being sent: lost when nothing was heard until then
		first_ms INTEGER, -- when it was first handed out
		settled_ms INTEGER, -- when it was accepted or died
		owes INTEGER NOT NULL, -- 1: the homes of its alerts have still to be told that nobody could be reached
		said_id INTEGER NOT NULL, -- the seq of the first delivery of the same look at the group
		receiver TEXT NOT NULL,
		target TEXT NOT NULL, -- one integration of the receiver
		channel TEXT NOT NULL,
		group_key TEXT NOT NULL, -- with the target: the lane, whose deliveries go one after the other
		status TEXT NOT NULL,
		cause TEXT NOT NULL,
		alerts INTEGER NOT NULL,
		error TEXT, -- of the last attempt
		created_ms INTEGER NOT NULL,
		message TEXT NOT NULL -- JSON; last, so that its pages are read only when it is asked for
	) STRICT;
	-- Alerts that fire, or ended and were not told yet.
	CREATE TABLE alerts (
		id INTEGER PRIMARY KEY,
		key TEXT NOT NULL, -- 16 hex digits: labels, and the rule of an own alert
		starts_ms INTEGER NOT NULL,
		ends_ms INTEGER, -- null: until it is said to have ended
		is_timeout INTEGER NOT NULL, -- 1: the end follows from silence, nobody said it
		updated_ms INTEGER NOT NULL,
		groups TEXT NOT NULL, -- JSON list of ids
		body_hash INTEGER NOT NULL,
		body TEXT NOT NULL -- JSON: labels, annotations, ...
	) STRICT;
	-- When alerts end that were only said again since their own row was written: 256 of them a row, by their id.
	CREATE TABLE heard (
		id INTEGER PRIMARY KEY,
		ends BLOB NOT NULL -- doubles, Unix milliseconds; 0: the alert's own row knows
	) STRICT;
	-- Up to when every group that was due was looked at: one row, written where a look left something unsaid.
	CREATE TABLE looked (
		id INTEGER PRIMARY KEY CHECK (id = 1),
		until_ms INTEGER NOT NULL,
		next_alert_id INTEGER NOT NULL -- alerts from here on came later
	) STRICT;
	-- Under which routes the alerts were put into their groups: one row.
	CREATE TABLE routed (
		id INTEGER PRIMARY KEY CHECK (id = 1),
		fingerprint TEXT NOT NULL
	) STRICT;
	-- Groups of alerts, by route and labels.
	CREATE TABLE groups (
		id INTEGER PRIMARY KEY,
		body TEXT NOT NULL -- JSON
	) STRICT;
	-- What each target was told last of a group. Keys of alerts, eight bytes each.
	CREATE TABLE told (
		id INTEGER PRIMARY KEY,
		group_id INTEGER NOT NULL,
		target TEXT NOT NULL,
		at_ms INTEGER NOT NULL,
		firing BLOB NOT NULL,
		resolved BLOB NOT NULL
	) STRICT;
	CREATE TABLE silences (
		id TEXT NOT NULL PRIMARY KEY, -- UUID
		body TEXT NOT NULL -- JSON
	) STRICT, WITHOUT ROWID;
	-- The configuration file and template files, as they were uploaded. May hold secrets.
	CREATE TABLE files (
		name TEXT NOT NULL PRIMARY KEY,
		text TEXT NOT NULL,
		updated_ms INTEGER NOT NULL
	) STRICT, WITHOUT ROWID;
	-- Log rows that D1 did not take yet.
	CREATE TABLE unlogged (
		id INTEGER PRIMARY KEY,
		body TEXT NOT NULL -- JSON
	) STRICT;
	`,
	`
	-- Hand-outs of which nothing was heard. Not a column of the delivery: it would stand behind the message, and a row is rare.
	CREATE TABLE lost (
		seq INTEGER PRIMARY KEY, -- of the delivery
		times INTEGER NOT NULL
	) STRICT;
	`,
];

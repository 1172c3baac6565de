/** The tables of a metric's object. Integer keys and no secondary index: every row and index entry written is billed. */
import type { Schema } from "../lib/schema.ts";

export const METRIC_SCHEMA: Schema = [
	`
	-- What this metric is: one row.
	CREATE TABLE metric (
		id INTEGER PRIMARY KEY CHECK (id = 1),
		kind TEXT NOT NULL,
		unit TEXT,
		help TEXT,
		first_ms INTEGER NOT NULL,
		registered INTEGER NOT NULL, -- 1 when the catalog knows it
		totals_from_ms INTEGER NOT NULL, -- totals of earlier slots still hold series that were forgotten
		next_series INTEGER NOT NULL -- ids below it were given out; cells of one that is gone must never be another's
	) STRICT;
	-- Label sets, written once each; ids are never used again.
	CREATE TABLE series (
		id INTEGER PRIMARY KEY,
		labels TEXT NOT NULL, -- canonical key (model/labels.ts)
		first_ms INTEGER NOT NULL
	) STRICT;
	-- Accepted batches since the last checkpoint; rows are overwritten from slot 0 on after each checkpoint.
	CREATE TABLE journal (
		slot INTEGER PRIMARY KEY,
		seq INTEGER NOT NULL, -- rises with every commit; pieces of one entry share it
		body BLOB NOT NULL
	) STRICT;
	-- One minute's slots of all series, a ring; large minutes are cut over several chunks.
	CREATE TABLE minutes (
		slot INTEGER PRIMARY KEY, -- minute modulo the ring, times the chunks of a minute, plus chunk
		minute INTEGER NOT NULL, -- since 1970
		seq INTEGER NOT NULL, -- last commit that is folded into any minute
		total BLOB, -- all series together: the minute, then its fine slots
		coarse BLOB, -- the whole minute by series
		fine BLOB, -- its fine slots by series
		ids BLOB -- batches committed in this minute, with their receipts
	) STRICT;
	-- One hour of all series, a ring like the minutes.
	CREATE TABLE hours (
		slot INTEGER PRIMARY KEY,
		hour INTEGER NOT NULL, -- since 1970
		total BLOB,
		body BLOB
	) STRICT;
	-- Every series since its birth up to the end of the last closed hour.
	CREATE TABLE base (
		slot INTEGER PRIMARY KEY, -- chunk
		hour INTEGER NOT NULL,
		body BLOB NOT NULL
	) STRICT;
	-- State of one alert whose home is here; inactive ones stay until their cooldown is over.
	CREATE TABLE alerts (
		id INTEGER PRIMARY KEY,
		rule TEXT NOT NULL,
		labels TEXT NOT NULL, -- canonical key
		body TEXT NOT NULL -- JSON: state, rule as last evaluated, annotations
	) STRICT;
	-- Events that the notifier has not taken yet.
	CREATE TABLE outbox (
		id INTEGER PRIMARY KEY,
		event TEXT NOT NULL -- JSON
	) STRICT;
	`,
	`
	-- Points of a sampled metric, by series: of a minute until its hour is closed, then of the hour. No other kind has any.
	ALTER TABLE minutes ADD COLUMN points BLOB;
	ALTER TABLE hours ADD COLUMN points BLOB;
	`,
	`
	-- What each recording rule whose home is here wrote last: series that are not in its next result end with a stale marker.
	CREATE TABLE recorded (
		rule TEXT PRIMARY KEY,
		body TEXT NOT NULL -- JSON: metric, canonical keys of its series
	) STRICT, WITHOUT ROWID;
	`,
];

-- What was said, to whom, and how it went. A delivery never waits for these tables: they are for looking back.
-- Text times are ISO 8601 in UTC with milliseconds ('2026-11-21T09:30:00.000Z'), which sort as text and which SQLite's
-- date functions read. Compared with datetime('now', ...), whose text has a blank for the T, the whole of the day on which
-- the bound falls is counted; with strftime('%Y-%m-%dT%H:%M:%fZ', ...) it is exact.
-- Columns that end in _ms are Unix milliseconds, or a duration where the comment says so.

-- One row a message: the application's own and Perdure's.
CREATE TABLE notification_logs (
	id INTEGER PRIMARY KEY,
	message_id TEXT NOT NULL UNIQUE,              -- of the application, or the id of Perdure's delivery
	user_id TEXT NOT NULL,                        -- who was told; for Perdure's messages the receiver's name
	template_key TEXT,                            -- null: no template
	channel_type TEXT NOT NULL,                   -- 'webhook', 'email', ...
	status TEXT NOT NULL,                         -- 'pending', 'success', 'failed'; final once 'success'
	retry_count INTEGER NOT NULL DEFAULT 0,       -- attempts beyond the first
	error TEXT,                                   -- why the last attempt failed; names no URL and no secret
	latency_ms REAL,                              -- duration from creation to acceptance; null: not known
	source TEXT NOT NULL DEFAULT 'application',   -- 'application' or 'perdure'
	created_at TEXT NOT NULL,                     -- ISO time
	updated_at TEXT NOT NULL                      -- ISO time of the last change
) STRICT;

-- Every statistic asks for "since ...": without this index each would read the whole table.
CREATE INDEX notification_logs_created_at ON notification_logs (created_at);

-- One row an attempt to deliver one of Perdure's messages. Ids begin with their time, so that the key sorts by age.
CREATE TABLE delivery_attempts (
	delivery_id TEXT NOT NULL,                    -- notification_logs.message_id
	attempt INTEGER NOT NULL,                     -- from 1
	receiver TEXT NOT NULL,
	channel TEXT NOT NULL,
	event_id TEXT NOT NULL,                       -- alert_history.event_id
	outcome TEXT NOT NULL,                        -- 'delivered', 'retry', 'never'
	http_status INTEGER,                          -- null: no answer, or a channel without HTTP
	error TEXT,                                   -- null when delivered
	retry_after_ms INTEGER,                       -- duration the receiver asked for; null: none
	next_try_ms INTEGER,                          -- null: no further attempt
	payload_hash TEXT NOT NULL,                   -- SHA-256 of the body, hex: equal for all attempts of a message
	started_ms INTEGER NOT NULL,
	ended_ms INTEGER NOT NULL,
	PRIMARY KEY (delivery_id, attempt)
) STRICT, WITHOUT ROWID;

-- How each user wants to be reached.
CREATE TABLE user_configs (
	user_id TEXT NOT NULL,
	channel_type TEXT NOT NULL,
	config TEXT NOT NULL,                         -- JSON object, the channel's own fields
	is_active INTEGER NOT NULL DEFAULT 1,         -- 0 or 1
	created_at TEXT NOT NULL,                     -- ISO time
	updated_at TEXT NOT NULL,                     -- ISO time
	PRIMARY KEY (user_id, channel_type)
) STRICT, WITHOUT ROWID;

-- One row an alert event. The key begins with the time, so that a period is read without an index of its own.
CREATE TABLE alert_history (
	at_ms INTEGER NOT NULL,                       -- tick that caused the event
	event_id TEXT NOT NULL,
	kind TEXT NOT NULL,                           -- 'firing', 'resolved'
	rule_id TEXT NOT NULL,
	rule_group TEXT NOT NULL,
	alertname TEXT NOT NULL,
	severity TEXT NOT NULL,                       -- label 'severity', or '' without one
	labels TEXT NOT NULL,                         -- JSON object
	annotations TEXT NOT NULL,                    -- JSON object
	value REAL,                                   -- what the expression gave; null: NaN
	starts_at_ms INTEGER NOT NULL,
	ends_at_ms INTEGER,                           -- null while it fires
	reason TEXT,                                  -- why it ended; null while it fires
	PRIMARY KEY (at_ms, event_id)
) STRICT, WITHOUT ROWID;

-- What the application's requests were. Times here are Unix SECONDS, as the operators' queries expect them.

-- One row a request. The key begins with the time: "the last 24 hours" is a range of it, and a row is billed once.
CREATE TABLE request_logs (
	timestamp INTEGER NOT NULL,                   -- Unix seconds
	request_id TEXT NOT NULL,
	method TEXT NOT NULL,
	endpoint TEXT NOT NULL,                       -- route pattern, never a raw path
	status INTEGER NOT NULL,                      -- HTTP status
	response_time REAL NOT NULL,                  -- milliseconds
	has_error INTEGER NOT NULL DEFAULT 0,         -- 0 or 1
	model TEXT,                                   -- null: the request used no model
	total_tokens INTEGER,                         -- null: no model
	key_hash TEXT,                                -- SHA-256 of the API key, hex; null: none
	PRIMARY KEY (timestamp, request_id)
) STRICT, WITHOUT ROWID;

-- One row an error.
CREATE TABLE error_logs (
	timestamp INTEGER NOT NULL,                   -- Unix seconds
	error_id TEXT NOT NULL,
	request_id TEXT,                              -- request_logs.request_id; null: outside a request
	error_type TEXT NOT NULL,                     -- name of the error
	message TEXT NOT NULL,                        -- bounded; no secret
	context TEXT,                                 -- JSON object; null: none
	PRIMARY KEY (timestamp, error_id)
) STRICT, WITHOUT ROWID;

-- How each API key fares. Totals since the key was first seen; written whole, so that writing twice is harmless.
CREATE TABLE api_key_metrics (
	key_hash TEXT NOT NULL PRIMARY KEY,           -- SHA-256 of the API key, hex
	total_requests INTEGER NOT NULL,
	successful_requests INTEGER NOT NULL,
	average_response_time REAL NOT NULL,          -- milliseconds
	is_healthy INTEGER NOT NULL DEFAULT 1,        -- 0 or 1
	updated_at INTEGER NOT NULL                   -- Unix seconds
) STRICT, WITHOUT ROWID;

-- One row a day (UTC).
CREATE TABLE system_stats (
	date TEXT NOT NULL PRIMARY KEY,               -- '2026-11-21'
	total_requests INTEGER NOT NULL,
	failed_requests INTEGER NOT NULL,
	average_response_time REAL NOT NULL,          -- milliseconds
	total_tokens INTEGER NOT NULL DEFAULT 0,
	cache_hit_rate REAL,                          -- 0 to 1; null: nothing was looked up
	updated_at INTEGER NOT NULL                   -- Unix seconds
) STRICT, WITHOUT ROWID;

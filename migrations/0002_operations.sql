-- What Perdure's own clock and administration did.

-- One row a task of a scheduled run. The key begins with the time: retention deletes a range of it.
CREATE TABLE task_execution_records (
	created_at TEXT NOT NULL,                     -- ISO time for which the run was scheduled
	task_group TEXT NOT NULL,                     -- 'daily_tasks', ...
	task_name TEXT NOT NULL,
	status TEXT NOT NULL,                         -- 'success', 'failed'
	duration_ms REAL NOT NULL,                    -- duration
	result TEXT,                                  -- JSON; null: nothing to say
	error TEXT,                                   -- null unless failed
	PRIMARY KEY (created_at, task_group, task_name)
) STRICT, WITHOUT ROWID;

-- Requests of administration and webhooks that must not happen twice. Recording samples never comes here.
-- No index on expires_at: the table is small, and a daily scan is cheaper than a second row for each key.
CREATE TABLE idempotency_keys (
	scope TEXT NOT NULL,                          -- the route, so that two routes may meet the same key
	idempotency_key TEXT NOT NULL,
	request_hash TEXT NOT NULL,                   -- SHA-256 of the body, hex: another body under the same key is refused
	status INTEGER,                               -- HTTP status of the first answer; null while it is being worked on
	response TEXT,                                -- body of the first answer
	created_at TEXT NOT NULL,                     -- ISO time
	expires_at TEXT NOT NULL,                     -- ISO time from which the key may be used anew
	PRIMARY KEY (scope, idempotency_key)
) STRICT, WITHOUT ROWID;

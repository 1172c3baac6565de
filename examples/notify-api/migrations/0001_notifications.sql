-- Users who can be told something, and what they were told. Times are ISO 8601 texts in UTC.
CREATE TABLE users (
	id TEXT PRIMARY KEY,
	name TEXT NOT NULL,
	channel TEXT NOT NULL      -- where this user wants to be told: 'email', 'sms' or 'push'
) STRICT;

CREATE TABLE notification_logs (
	id INTEGER PRIMARY KEY,
	message_id TEXT NOT NULL UNIQUE,
	user_id TEXT NOT NULL,
	template_key TEXT NOT NULL,
	channel_type TEXT NOT NULL,
	status TEXT NOT NULL,      -- 'pending', 'success' or 'failed'
	created_at TEXT NOT NULL
) STRICT;

INSERT INTO users (id, name, channel) VALUES ('1', 'Ada', 'email'), ('2', 'Grace', 'sms'), ('3', 'Edsger', 'push');

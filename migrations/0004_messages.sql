-- Looking back at messages: which variables they had, what they are made of, and what they came to by the hour.

-- JSON array of the names of the variables that a template was given; null: not reported. Their values are not kept.
ALTER TABLE notification_logs ADD COLUMN variables TEXT;

-- What was this user told? One more row written a message, once: nothing of it changes afterwards.
CREATE INDEX notification_logs_user ON notification_logs (user_id, created_at);

-- Templates of applications. Those of Perdure's own receivers are files of the notifier.
CREATE TABLE notification_templates (
	template_key TEXT NOT NULL PRIMARY KEY,       -- notification_logs.template_key
	name TEXT NOT NULL,                           -- for people
	variables TEXT NOT NULL,                      -- JSON array of the names that it needs
	is_active INTEGER NOT NULL DEFAULT 1,         -- 0 or 1
	created_at TEXT NOT NULL,                     -- ISO time
	updated_at TEXT NOT NULL                      -- ISO time
) STRICT, WITHOUT ROWID;

-- One row a channel and language of a template.
CREATE TABLE template_contents (
	template_key TEXT NOT NULL,                   -- notification_templates.template_key
	channel_type TEXT NOT NULL,                   -- 'lark', 'email', ..., or '*' for every channel without its own
	language TEXT NOT NULL,                       -- 'en', 'zh'
	subject TEXT,                                 -- template of the subject or title, or null
	content TEXT NOT NULL,                        -- template of the body
	created_at TEXT NOT NULL,                     -- ISO time
	updated_at TEXT NOT NULL,                     -- ISO time
	PRIMARY KEY (template_key, channel_type, language)
) STRICT, WITHOUT ROWID;

-- What the messages that were made in one hour came to. The hour is of notification_logs.created_at, which never changes, so a row
-- that comes late, or comes to another end, makes its own hour stale and no other.
CREATE TABLE notification_hours (
	hour TEXT NOT NULL PRIMARY KEY,               -- '2026-11-21T09', UTC
	state TEXT NOT NULL,                          -- 'folded', 'stale', or 'folding:' and who does it
	is_complete INTEGER NOT NULL DEFAULT 0,       -- 0: it has more rows than are counted
	template_uses INTEGER NOT NULL DEFAULT 0,     -- messages with a template
	users TEXT NOT NULL DEFAULT '',               -- sketch of the different users, base64
	folded_ms INTEGER NOT NULL DEFAULT 0          -- when it was folded last
) STRICT, WITHOUT ROWID;

CREATE TABLE notification_channel_hours (
	hour TEXT NOT NULL,                           -- notification_hours.hour
	channel_type TEXT NOT NULL,
	statuses TEXT NOT NULL,                       -- JSON object: messages by status
	end_to_end TEXT NOT NULL,                     -- sketch of milliseconds from creation to acceptance, base64
	delivery TEXT NOT NULL,                       -- sketch of milliseconds of the attempt that was accepted, base64
	PRIMARY KEY (hour, channel_type)
) STRICT, WITHOUT ROWID;

CREATE TABLE notification_template_hours (
	hour TEXT NOT NULL,                           -- notification_hours.hour
	template_key TEXT NOT NULL,
	uses INTEGER NOT NULL,                        -- messages
	users TEXT NOT NULL,                          -- sketch of the different users, base64
	PRIMARY KEY (hour, template_key)
) STRICT, WITHOUT ROWID;

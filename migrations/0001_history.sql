-- What Perdure said, a row a message; the application's own messages stand here too.
CREATE TABLE notification_logs (
	id INTEGER PRIMARY KEY,
	message_id TEXT NOT NULL UNIQUE
) STRICT;

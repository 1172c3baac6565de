/** The SQL of this API. Every query goes through the measured database. */
import type { NotifyMessage } from "./message.ts";
import { cacheOf, databaseOf } from "./monitor.ts";

export type User = { readonly id: string; readonly name: string; readonly channel: string };

/** Writes a message down before it is queued, so that it can be asked for at once. */
export async function saveMessage(env: NotifyEnv, message: NotifyMessage): Promise<void> {
	await databaseOf(env)
		.prepare(
			`INSERT INTO notification_logs (message_id, user_id, template_key, channel_type, status, created_at)
			VALUES (?, ?, ?, ?, 'pending', ?)`,
		)
		.bind(
			message.messageId,
			message.userId,
			message.template,
			message.channel,
			new Date(message.acceptedMs).toISOString(),
		)
		.run();
}

export async function saveStatus(env: NotifyEnv, messageId: string, status: "success" | "failed"): Promise<void> {
	await databaseOf(env)
		.prepare("UPDATE notification_logs SET status = ? WHERE message_id = ?")
		.bind(status, messageId)
		.run();
}

export async function loadMessage(env: NotifyEnv, messageId: string): Promise<Record<string, unknown> | null> {
	return databaseOf(env).prepare("SELECT * FROM notification_logs WHERE message_id = ?").bind(messageId).first();
}

/** A user, from the cache if it has them: `cache.hits` and `cache.misses` tell how often. */
export async function loadUser(env: NotifyEnv, id: string): Promise<User | null> {
	const cache = cacheOf(env);
	const cached = await cache.get<User>(`user:${id}`, "json");
	if (cached !== null) return cached;
	const user = await databaseOf(env).prepare("SELECT id, name, channel FROM users WHERE id = ?").bind(id).first<User>();
	if (user !== null) await cache.put(`user:${id}`, JSON.stringify(user), { expirationTtl: 60 });
	return user;
}

/** The monitor of this Worker: one for each isolate, so that all its requests share one buffer and one flush a second. */
import { createMonitor, oncePerEnv } from "perdure/client";

export const monitorOf = oncePerEnv((env: NotifyEnv) => createMonitor(env.PERDURE));

/** The database, measured: query times, errors and slow queries are recorded, its type stays the same. */
export const databaseOf = oncePerEnv((env: NotifyEnv) => monitorOf(env).d1(env.DB));

/** The cache, measured: latencies, hits and misses. */
export const cacheOf = oncePerEnv((env: NotifyEnv) => monitorOf(env).kv(env.CONFIG_CACHE));

/** The producer, measured: what was sent, and how much waits. */
export const queueOf = oncePerEnv((env: NotifyEnv) => monitorOf(env).queue(env.MESSAGES, { name: "notify-messages" }));

/** A notifier in an environment that lacks something, or has something else in its place, until it is evicted. */
import { runInDurableObject } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { NotifierCore } from "../../src/notify/notifier-core.ts";
import type { NotifierObject } from "../../src/notify/notifier-object.ts";

export type NotifierStub = DurableObjectStub<NotifierObject>;

export async function inEnv(stub: NotifierStub, change: Readonly<Record<string, unknown>>): Promise<void> {
	const bindings = Object.fromEntries(
		Object.entries(change).map(([name, value]) => [name, { value, enumerable: true }]),
	);
	const changed = Object.create(env, bindings) as Env;
	await runInDurableObject(stub, (instance: NotifierObject, state) => {
		Object.assign(instance, { core: new NotifierCore(state, changed) });
	});
}

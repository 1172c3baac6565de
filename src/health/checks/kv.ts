/** KV carries the mode flags for application Workers. One read of a key that need not exist: a write would be billed. */
import type { Check } from "../check.ts";

export const kv: Check = {
	name: "kv",
	componentType: "datastore",
	isVital: false,
	async run(env) {
		await env.SYSTEM_CONFIG.get("mode");
		return { status: "healthy", details: "Read test passed" };
	},
};

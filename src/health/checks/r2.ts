/** R2 keeps the archive. One look at an object that need not exist. */
import type { Check } from "../check.ts";

export const archive: Check = {
	name: "archive",
	componentType: "datastore",
	isVital: false,
	async run(env) {
		await env.ARCHIVE.head("health");
		return { status: "healthy", details: "Read test passed" };
	},
};

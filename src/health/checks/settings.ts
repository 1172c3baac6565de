/** Settings that were refused, so that their defaults hold: no reason to stop, but one to look. */
import type { Check } from "../check.ts";

export const settings: Check = {
	name: "settings",
	componentType: "system",
	isVital: false,
	async run(_env, { problems }) {
		return problems.length === 0
			? { status: "healthy", details: "All settings are understood" }
			: { status: "degraded", details: problems.join("; ") };
	},
};

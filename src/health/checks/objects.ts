/** The objects are Perdure: without the catalog nothing is recorded for long and nothing is judged. The one vital check. */
import { HEARTBEAT_GRACE_MS, SECOND_MS } from "../../model/limits.ts";
import { catalogStub } from "../../peers/stubs.ts";
import type { Check } from "../check.ts";

export const objects: Check = {
	name: "objects",
	componentType: "component",
	isVital: true,
	async run(env) {
		const { overdueMs, last } = await catalogStub(env).heartbeat();
		if (overdueMs > HEARTBEAT_GRACE_MS) {
			return { status: "degraded", details: `rules were not evaluated for ${Math.round(overdueMs / SECOND_MS)} s` };
		}
		const failed = last?.failed ?? 0;
		return {
			status: "healthy",
			details: failed === 0 ? "Objects answer" : `Objects answer; ${failed} rules failed in the last tick`,
		};
	},
};

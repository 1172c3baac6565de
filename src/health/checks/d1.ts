/** D1 keeps what one looks back on. Recording and alerting go on without it, so its failure degrades only. */
import type { Check } from "../check.ts";

export const database: Check = {
	name: "database",
	componentType: "datastore",
	isVital: false,
	async run(env) {
		const { results } = await env.DB.prepare(
			"SELECT name FROM sqlite_schema WHERE type = 'table' AND name NOT GLOB '_cf_*' AND name NOT GLOB 'sqlite_*' AND name <> 'd1_migrations' ORDER BY name LIMIT 100",
		).all<{ name: string }>();
		const tables = results.map(({ name }) => name);
		if (tables.length === 0)
			return { status: "unhealthy", details: "no tables: apply the migrations", figures: { tables } };
		return { status: "healthy", details: "Connection successful", figures: { tables } };
	},
};

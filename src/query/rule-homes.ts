/**
 * Which object keeps the state of a rule: that of the first metric which its expression names, since most of what it reads
 * is there. A rule that names none that is known gets an object of its own. The catalog keeps the choice for good.
 */
import { ok, type Result } from "../lib/result.ts";
import type { Failure } from "../model/errors.ts";
import { ownHome, type Rule } from "../model/rule.ts";
import { directoryWith } from "../peers/directory.ts";
import type { ObjectEnv } from "../peers/stubs.ts";
import { validate } from "../promql/check.ts";
import { selectorsOf } from "../promql/select.ts";

/** A home for each rule, by its id. The expressions were checked. */
export async function proposeHomes(
	env: ObjectEnv,
	rules: readonly Pick<Rule, "id" | "expr">[],
	nowMs: number,
): Promise<Result<Readonly<Record<string, string>>, Failure>> {
	const named = rules.map((rule) => ({ id: rule.id, name: firstName(rule.expr) }));
	const directory = await directoryWith(env, nowMs, (known) =>
		named.every(({ name }) => name === null || known.named(name).length > 0),
	);
	if (!directory.ok) return directory;
	const homes = named.map(({ id, name }): [string, string] => {
		const metric = name === null ? undefined : directory.value.named(name)[0]?.info.name;
		return [id, metric ?? ownHome(id)];
	});
	return ok(Object.fromEntries(homes));
}

/** The first metric that an expression names, as Prometheus says it. */
export function firstName(expr: string): string | null {
	const parsed = validate(expr);
	if (!parsed.ok) return null;
	return selectorsOf(parsed.value).find((selector) => selector.name !== null)?.name ?? null;
}

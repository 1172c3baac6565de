/** What the tests of this room share: batches, rules, a clock that only goes forward, and objects that fail on purpose. */
import { env } from "cloudflare:workers";
import { expect } from "vitest";
import { moveClock, nowMs } from "../../src/lib/clock.ts";
import { uuid7 } from "../../src/lib/uuid7.ts";
import type { Batch, MetricPart } from "../../src/model/batch.ts";
import { type Labels, labelsKey } from "../../src/model/labels.ts";
import { MINUTE_MS } from "../../src/model/limits.ts";
import type { MetricKind } from "../../src/model/metric.ts";
import type { Rule, RuleGroup } from "../../src/model/rule.ts";
import { invalidateDirectory } from "../../src/peers/directory.ts";
import { catalogStub, type ObjectEnv } from "../../src/peers/stubs.ts";

/** Moves the clock to `ms`, Unix milliseconds. */
export function goTo(ms: number): void {
	moveClock(ms - Date.now(), true);
}

/** Moves the clock to five seconds past the next whole minute, and gives that minute: the time of the next tick. */
export function nextTick(): number {
	const tickMs = (Math.floor(nowMs() / MINUTE_MS) + 1) * MINUTE_MS;
	goTo(tickMs + 5_000);
	return tickMs;
}

export function part(
	name: string,
	kind: MetricKind | null,
	columns: readonly (readonly [Labels, readonly number[]])[],
): MetricPart {
	const ends: number[] = [];
	for (const [, values] of columns) ends.push((ends.at(-1) ?? 0) + values.length);
	return {
		name,
		kind,
		unit: null,
		help: null,
		labels: columns.map(([labels]) => labelsKey(labels)),
		ends,
		values: Float64Array.from(columns.flatMap(([, values]) => values)),
		timestampsMs: null,
	};
}

export function batch(parts: readonly MetricPart[], more: Partial<Batch> = {}): Batch {
	const createdMs = more.createdMs ?? nowMs();
	const id = uuid7(createdMs, crypto.getRandomValues(new Uint8Array(10))).replaceAll("-", "");
	return { id, createdMs, timed: true, parts, ...more };
}

export function rule(group: string, alert: string, expr: string, more: Partial<Rule> = {}): Rule {
	return {
		id: `${group}/${alert}`,
		group,
		alert,
		expr,
		forMs: 0,
		keepFiringForMs: 0,
		labels: { severity: "critical" },
		annotations: {},
		cooldownMs: 0,
		noData: "ok",
		recover: null,
		...more,
	};
}

/** Stores one rule in a group of its own, at home in `home`. */
export async function putRule(one: Rule, home: string): Promise<void> {
	const group: RuleGroup = { name: one.group, intervalMs: MINUTE_MS, rules: [one] };
	const stored = await catalogStub(env).putGroup(group, { [one.id]: home }, one.expr);
	if (!stored.ok) throw new Error("the rule is stored");
}

/** Waits until the catalog knows these metrics, and makes this isolate ask it. */
export async function known(...names: readonly string[]): Promise<void> {
	const inCatalog = async () => (await catalogStub(env).directory()).metrics.map((info) => info.name);
	await expect.poll(inCatalog, { interval: 10 }).toEqual(expect.arrayContaining([...names]));
	invalidateDirectory();
}

type Fault = (objectName: string, method: string) => Promise<unknown> | null;

/** The real bindings, but `fault` may answer a call in an object's place; null: the object answers. */
export function faulty(fault: Fault): ObjectEnv {
	const wrap = (namespace: unknown): unknown => ({
		getByName: (name: string) => {
			const real = (
				namespace as { getByName(name: string): Record<string, (...given: unknown[]) => unknown> }
			).getByName(name);
			return new Proxy(real, {
				get:
					(target, method: string) =>
					(...given: unknown[]) =>
						fault(name, method) ?? (target[method] as (...given: unknown[]) => unknown)(...given),
			});
		},
	});
	return { METRIC: wrap(env.METRIC), CATALOG: wrap(env.CATALOG), NOTIFIER: wrap(env.NOTIFIER) } as ObjectEnv;
}

/** What the platform throws. */
export function platformError(marks: { retryable?: boolean; overloaded?: boolean }): Error {
	return Object.assign(new Error("the platform"), marks);
}

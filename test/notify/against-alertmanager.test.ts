/**
 * Random streams of reports, silences and time against a naive model of Alertmanager, with evictions thrown in: the same messages
 * at the same moments to the same receivers.
 */
import { runInDurableObject } from "cloudflare:test";
import { env } from "cloudflare:workers";
import fc from "fast-check";
import { expect, it } from "vitest";
import { NaiveAlertmanager, type NaiveConfig, type NaiveRoute } from "./naive-alertmanager.ts";
import { NotifierDriver, type Said } from "./notifier-driver.ts";

const START_MS = Date.UTC(2026, 0, 1);
const S = 1_000;

type Step =
	| { readonly kind: "fire"; readonly who: number; readonly lastsS: number | null }
	| { readonly kind: "resolve"; readonly who: number }
	| { readonly kind: "wait"; readonly ms: number }
	| { readonly kind: "silence"; readonly by: number; readonly inS: number; readonly lastsS: number }
	| { readonly kind: "expire"; readonly which: number }
	| { readonly kind: "evict" };

const LABELS = ["A", "B"].flatMap((alertname) =>
	["1", "2"].flatMap((g) => ["x", "y"].map((sev) => ({ alertname, g, sev }))),
);
const MATCHES: readonly Readonly<Record<string, string>>[] = [{ alertname: "A" }, { g: "1" }, { sev: "y", g: "2" }];

const seconds = (max: number) => fc.integer({ min: 1, max });
const step: fc.Arbitrary<Step> = fc.oneof(
	{
		weight: 6,
		arbitrary: fc.record({
			kind: fc.constant("fire" as const),
			who: fc.nat(LABELS.length - 1),
			lastsS: fc.option(seconds(40), { nil: null }),
		}),
	},
	{ weight: 3, arbitrary: fc.record({ kind: fc.constant("resolve" as const), who: fc.nat(LABELS.length - 1) }) },
	{ weight: 6, arbitrary: fc.record({ kind: fc.constant("wait" as const), ms: fc.integer({ min: 1, max: 25_000 }) }) },
	{
		weight: 2,
		arbitrary: fc.record({
			kind: fc.constant("silence" as const),
			by: fc.nat(MATCHES.length - 1),
			inS: fc.integer({ min: 0, max: 15 }),
			lastsS: seconds(60),
		}),
	},
	{ weight: 1, arbitrary: fc.record({ kind: fc.constant("expire" as const), which: fc.nat(5) }) },
	{ weight: 4, arbitrary: fc.record({ kind: fc.constant("evict" as const) }) },
);

const timing = fc.record({
	waitMs: fc.constantFrom(0, 3 * S, 10 * S),
	intervalMs: fc.constantFrom(1 * S, 7 * S, 20 * S),
	repeatMs: fc.constantFrom(10 * S, 35 * S, 60 * S),
});
const setup = fc.record({
	root: timing,
	child: timing,
	groupBy: fc.constantFrom<readonly string[] | "...">([], ["g"], ["alertname", "g"], "..."),
	childGroupBy: fc.constantFrom<readonly string[] | "...">(["sev"], ["alertname"], "..."),
	isContinuing: fc.boolean(),
	hasInhibition: fc.boolean(),
});

type Setup = typeof setup extends fc.Arbitrary<infer T> ? T : never;

function configOf({ root, child, groupBy, childGroupBy, isContinuing, hasInhibition }: Setup): NaiveConfig {
	const below = (id: string, receiver: string, match: Record<string, string>, more: boolean): NaiveRoute => {
		return { id, receiver, match, groupBy: childGroupBy, ...child, continue: more, routes: [] };
	};
	return {
		route: {
			id: "root",
			receiver: "all",
			match: {},
			groupBy,
			...root,
			continue: false,
			routes: [below("x", "first", { sev: "x" }, isContinuing), below("a", "second", { alertname: "A" }, false)],
		},
		receivers: { all: [true, false], first: [true], second: [false] },
		inhibit: hasInhibition ? [{ source: { sev: "x" }, target: { sev: "y" }, equal: ["g"] }] : [],
		resolveTimeoutMs: 30 * S,
	};
}

/** The same as Alertmanager's file; JSON is YAML. */
function yamlOf({ route, receivers, inhibit, resolveTimeoutMs }: NaiveConfig): string {
	const matchers = (match: Readonly<Record<string, string>>) =>
		Object.entries(match).map(([name, value]) => `${name}="${value}"`);
	const node = (one: NaiveRoute): object => ({
		receiver: one.receiver,
		...(Object.keys(one.match).length > 0 && { matchers: matchers(one.match) }),
		group_by: one.groupBy === "..." ? ["..."] : one.groupBy,
		group_wait: `${one.waitMs}ms`,
		group_interval: `${one.intervalMs}ms`,
		repeat_interval: `${one.repeatMs}ms`,
		...(one !== route && { continue: one.continue }),
		routes: one.routes.map(node),
	});
	return JSON.stringify({
		global: { resolve_timeout: `${resolveTimeoutMs}ms` },
		route: node(route),
		receivers: Object.entries(receivers).map(([name, ends]) => ({
			name,
			webhook_configs: ends.map((send_resolved) => ({ url: "https://example.com/x", send_resolved })),
		})),
		inhibit_rules: inhibit.map(({ source, target, equal }) => ({
			source_matchers: matchers(source),
			target_matchers: matchers(target),
			equal,
		})),
	});
}

function play(storage: DurableObjectStorage, config: NaiveConfig, steps: readonly Step[], evicting: boolean) {
	const real = new NotifierDriver(storage, START_MS);
	real.evicting = evicting;
	real.configure(yamlOf(config));
	const naive = new NaiveAlertmanager(config, START_MS);
	const since = new Map<number, number>();
	const ids: string[] = [];
	let waits = 0;
	for (const one of [...steps, { kind: "wait", ms: 90_000 } as const]) {
		const { nowMs } = naive;
		if (one.kind === "wait") {
			// Nothing happens at the very moment of an earlier tick, where it is anyone's choice what comes first.
			waits++;
			const ms = one.ms + ((((START_MS + waits * 7 - nowMs - one.ms) % S) + S) % S);
			real.advance(ms);
			naive.advance(ms);
		} else if (one.kind === "fire" || one.kind === "resolve") {
			// An alert keeps its start as long as it fires, as Prometheus says it.
			const ended = one.kind === "resolve";
			const isNew = !since.has(one.who);
			if (ended && isNew) continue;
			const startsAtMs = since.get(one.who) ?? nowMs - (one.who % 2) * 4 * S;
			const endsAtMs = ended ? nowMs : one.lastsS === null ? null : nowMs + one.lastsS * S;
			if (ended) since.delete(one.who);
			else since.set(one.who, startsAtMs);
			const labels = LABELS[one.who] ?? {};
			real.post({ labels, annotations: {}, startsAtMs, endsAtMs, generatorUrl: "" });
			naive.post(labels, startsAtMs, endsAtMs);
		} else if (one.kind === "silence") {
			const match = MATCHES[one.by] ?? {};
			const [startMs, endMs] = [nowMs + one.inS * S, nowMs + (one.inS + one.lastsS) * S];
			const matchers = Object.entries(match).map(([name, value]) => ({ name, op: "=" as const, value }));
			ids.push(real.silence({ matchers, startsAtMs: startMs, endsAtMs: endMs }));
			naive.silences.push({ match, startMs, endMs });
		} else if (one.kind === "expire") {
			const id = ids[one.which];
			const silence = naive.silences[one.which];
			if (id === undefined || silence === undefined) continue;
			real.expire(id);
			if (silence.endMs > nowMs) Object.assign(silence, { startMs: Math.min(silence.startMs, nowMs), endMs: nowMs });
		} else {
			real.evict();
		}
	}
	return { real: sorted(real.said), naive: sorted(naive.said) };
}

function sorted(said: readonly Omit<Said, "cause" | "groupKey">[]): string[] {
	return said
		.map(({ atMs, target, alerts }) => {
			const at = String(atMs - START_MS).padStart(8, "0");
			return `${at} ${target} ${alerts.join(" ")}`;
		})
		.sort();
}

let runs = 0;
async function inStorage<T>(use: (storage: DurableObjectStorage) => T): Promise<T> {
	return runInDurableObject(env.NOTIFIER.getByName(`model-${runs++}`), (_, state) => use(state.storage));
}

it("says what Alertmanager would say, when it would say it, whatever is evicted in between", async () => {
	await fc.assert(
		fc.asyncProperty(setup, fc.array(step, { minLength: 5, maxLength: 40 }), async (how, steps) => {
			const { real, naive } = await inStorage((storage) => play(storage, configOf(how), steps, false));
			expect(real).toEqual(naive);
		}),
		{ numRuns: 150 },
	);
}, 120_000);

it("says the same when it is evicted before every single step", async () => {
	await fc.assert(
		fc.asyncProperty(setup, fc.array(step, { minLength: 5, maxLength: 30 }), async (how, steps) => {
			const { real, naive } = await inStorage((storage) => play(storage, configOf(how), steps, true));
			expect(real).toEqual(naive);
		}),
		{ numRuns: 40 },
	);
}, 120_000);

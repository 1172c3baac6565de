/** Rules judged in the object that is their home: states and events over evictions, ticks that come twice, late or never. */
import { runInDurableObject } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { afterAll, describe, expect, it } from "vitest";
import { moveClock } from "../../src/lib/clock.ts";
import type { AlertEvent } from "../../src/model/alert.ts";
import { HOUR_MS, MINUTE_MS, OUTBOX_MAX, SECOND_MS } from "../../src/model/limits.ts";
import type { EvaluateReply, EvaluateRequest } from "../../src/model/metric-rpc.ts";
import type { Rule } from "../../src/model/rule.ts";
import { MetricDriver, newId, START_MS, setClock, type TestSample } from "./metric-driver.ts";

afterAll(() => moveClock(0, true));

/** Fires while a gauge is above 10: what it is does not depend on how windows are read. */
function ruleOf(metric: MetricDriver, more: Partial<Rule> = {}): Rule {
	return {
		id: `g/${metric.name}`,
		group: "g",
		alert: "High",
		expr: `${metric.name} > 10`,
		forMs: 2 * MINUTE_MS,
		keepFiringForMs: 0,
		labels: { severity: "critical" },
		annotations: { summary: "{{ $labels.path }} is at {{ $value }}" },
		cooldownMs: 5 * MINUTE_MS,
		noData: "ok",
		recover: null,
		...more,
	};
}

let homes = 1;

/** One home with its metric: a value, then a tick at the same minute. */
class Home {
	readonly metric: MetricDriver;
	rule: Rule;
	rulesVersion = 1;
	evictAlways = false;
	readonly #startMs: number;

	constructor(name: string, more: Partial<Rule> = {}) {
		this.metric = new MetricDriver(name, "gauge");
		this.rule = ruleOf(this.metric, more);
		// Hours of its own: the directory of the isolate believes what it heard in the same second.
		this.#startMs = START_MS + homes++ * 6 * HOUR_MS;
	}

	atMs(minute: number): number {
		return this.#startMs + minute * MINUTE_MS;
	}

	async set(minute: number, samples: readonly TestSample[]): Promise<void> {
		// Just before the tick of this minute.
		await this.metric.record(samples, this.atMs(minute) - 5 * SECOND_MS);
		if (minute <= 0) await this.metric.registered();
	}

	async tick(minute: number, more: Partial<EvaluateRequest> = {}): Promise<EvaluateReply> {
		setClock(this.atMs(minute) + SECOND_MS);
		const { rule, rulesVersion } = this;
		const request = { tickMs: this.atMs(minute), rulesVersion, rules: [rule], allRuleIds: [rule.id], ...more };
		const reply = await this.metric.api.evaluate(request);
		if (this.evictAlways) await this.metric.evict();
		return reply;
	}

	async state(): Promise<string> {
		const alerts = await this.metric.api.alerts();
		return alerts.map((alert) => `${alert.labels["path"] ?? "-"} ${alert.state}`).join(", ");
	}
}

/** What was told, by path, kind, minute and reason. */
function facts(home: Home, events: readonly AlertEvent[]): (string | number | null)[][] {
	return events.map(({ kind, labels, atMs, reason }) => [
		labels["path"] ?? "-",
		kind,
		(atMs - home.atMs(0)) / MINUTE_MS,
		reason,
	]);
}

const HIGH = [{ value: 20, labels: { path: "/a" } }];
const LOW = [{ value: 1, labels: { path: "/a" } }];

describe("an alert", () => {
	it.each([false, true])(
		"goes pending, firing, told, resolved, once each (evicted after every tick: %s)",
		async (evicted) => {
			const home = new Home(`alert_life_${evicted}`);
			home.evictAlways = evicted;
			const told: AlertEvent[] = [];
			for (let minute = 0; minute <= 12; minute++) {
				await home.set(minute, minute >= 2 && minute < 8 ? HIGH : LOW);
				const reply = await home.tick(minute);
				expect(reply).toMatchObject({ evaluated: true, more: false, health: [{ health: "ok", lastError: null }] });
				told.push(...reply.events);
				await home.metric.api.acknowledge(reply.events.map((event) => event.id));
				const state = minute < 2 || minute >= 8 ? "" : minute < 4 ? "/a pending" : "/a firing";
				expect(await home.state(), `minute ${minute}`).toBe(state);
			}
			expect(facts(home, told)).toEqual([
				["/a", "firing", 4, null],
				["/a", "resolved", 8, "recovered"],
			]);
			expect(told[0]).toMatchObject({
				alertname: "High",
				labels: { path: "/a", severity: "critical", alertname: "High" },
				annotations: { summary: "/a is at 20" },
				home: home.metric.name,
				startsAtMs: home.atMs(4),
				endsAtMs: null,
			});
			expect(told[1]).toMatchObject({ startsAtMs: home.atMs(4), endsAtMs: home.atMs(8) });
			expect(new Set(told.map((event) => event.id)).size).toBe(2);
		},
	);

	it("writes no rows while its state does not change, inactive or firing", async () => {
		const home = new Home("alert_rows", { forMs: 0 });
		await home.set(0, LOW);
		await home.set(2, LOW);
		const before = (await home.tick(3)).load.rowsWritten;
		expect((await home.tick(4)).load.rowsWritten).toBe(before);
		await home.set(5, HIGH);
		const fired = await home.tick(5);
		await home.metric.api.acknowledge(fired.events.map((event) => event.id));
		const firing = (await home.tick(6)).load.rowsWritten;
		for (const minute of [7, 8, 9]) expect((await home.tick(minute)).load.rowsWritten).toBe(firing);
	});

	it("comes again with every tick until it was acknowledged, over evictions", async () => {
		const home = new Home("alert_again", { forMs: 0 });
		home.evictAlways = true;
		await home.set(0, HIGH);
		const [first] = (await home.tick(0)).events;
		for (const minute of [1, 2]) expect((await home.tick(minute)).events).toEqual([first]);
		expect((await home.metric.describe()).outbox).toBe(1);
		await home.metric.api.acknowledge(["unknown"]);
		expect((await home.metric.describe()).outbox).toBe(1);
		await home.metric.api.acknowledge([first?.id ?? ""]);
		await home.metric.api.acknowledge([first?.id ?? ""]);
		expect((await home.tick(3)).events).toEqual([]);
	});

	it("is not moved by a tick that is older than the last, nor twice by the same", async () => {
		const home = new Home("alert_ticks");
		await home.set(0, HIGH);
		await home.tick(1);
		expect(await home.tick(0)).toMatchObject({ evaluated: false, events: [] });
		expect((await home.tick(1)).evaluated).toBe(true);
		expect((await home.metric.api.alerts())[0]?.activeAtMs).toBe(home.atMs(1));
		await home.tick(3);
		expect((await home.tick(3)).events).toHaveLength(1);
		await home.metric.evict();
		expect((await home.tick(3)).events).toHaveLength(1);
		expect(await home.state()).toBe("/a firing");
		// Nor by rules that are older than those it has seen.
		const old = await home.tick(4, { rulesVersion: 0, allRuleIds: [], rules: [] });
		expect(old).toMatchObject({ evaluated: false });
		expect(await home.state()).toBe("/a firing");
	});

	it("ends with the reason when its rule is deleted, or gets other labels; another expression keeps it", async () => {
		const home = new Home("alert_change", { forMs: 0, cooldownMs: 0 });
		home.evictAlways = true;
		await home.set(0, HIGH);
		const [fired] = (await home.tick(0)).events;
		home.rule = { ...home.rule, expr: `${home.metric.name} > 15`, annotations: {}, forMs: HOUR_MS };
		home.rulesVersion = 2;
		expect((await home.tick(1)).events).toEqual([fired]);
		expect(await home.state()).toBe("/a firing");
		home.rule = { ...home.rule, labels: { severity: "warning" }, forMs: 0 };
		home.rulesVersion = 3;
		expect(facts(home, (await home.tick(2)).events)).toEqual([
			["/a", "firing", 0, null],
			["/a", "resolved", 2, "rule changed"],
			["/a", "firing", 2, null],
		]);
		home.rulesVersion = 4;
		const gone = await home.tick(3, { rules: [], allRuleIds: [] });
		expect(facts(home, gone.events).at(-1)).toEqual(["/a", "resolved", 3, "rule changed"]);
		expect(await home.state()).toBe("");
		expect((await home.tick(4, { rules: [], allRuleIds: [] })).events).toHaveLength(4);
	});

	it("of a rule that is not due at this tick is left alone", async () => {
		const home = new Home("alert_not_due", { forMs: 0 });
		await home.set(0, HIGH);
		await home.tick(0);
		await home.tick(1, { rules: [] });
		expect(await home.state()).toBe("/a firing");
	});

	it("stays when its metric is forgotten, until the rule has judged again", async () => {
		const home = new Home("alert_forget", { forMs: 0, noData: "keep" });
		await home.set(0, HIGH);
		await home.tick(0);
		await home.metric.api.forget([]);
		await home.metric.evict();
		expect(await home.state()).toBe("/a firing");
		await home.tick(1);
		expect(await home.state()).toBe("/a firing");
	});
});

describe("an evaluation that fails", () => {
	it("of an expression says why, leaves the state alone, and stops no other rule", async () => {
		const home = new Home("alert_wrong", { forMs: 0 });
		await home.set(0, HIGH);
		await home.tick(0);
		const wrong = { ...home.rule, expr: `${home.metric.name} > ` };
		const other = { ...home.rule, id: "g/other", alert: "Other", expr: `${home.metric.name} > 15` };
		const reply = await home.tick(1, { rules: [wrong, other], allRuleIds: [wrong.id, other.id] });
		expect(reply.health).toMatchObject([{ health: "err" }, { health: "ok", lastError: null }]);
		expect(reply.health[0]?.lastError).not.toBe("");
		expect(facts(home, reply.events).map((fact) => fact[1])).toEqual(["firing", "firing"]);
		expect(await home.state()).toBe("/a firing, /a firing");
	});

	it("for want of one object neither ends nor begins an alert", async () => {
		const home = new Home("alert_whole", { forMs: 0 });
		const part = new MetricDriver("alert_part", "gauge");
		home.rule = { ...home.rule, expr: `${home.metric.name} > 10 or alert_part > 10` };
		await part.record(LOW, home.atMs(0) - 5 * SECOND_MS);
		await home.set(0, HIGH);
		expect(await home.tick(0)).toMatchObject({ health: [{ health: "ok" }] });
		await runInDurableObject(env.METRIC.getByName(part.name), (_object, state) => {
			state.storage.sql.exec("ALTER TABLE series RENAME TO lost");
		});
		await part.evict();
		await home.set(1, LOW);
		const reply = await home.tick(1);
		expect(reply.health[0]).toMatchObject({ health: "err" });
		expect(reply.health[0]?.lastError).toContain("alert_part");
		expect(await home.state()).toBe("/a firing");
		expect(facts(home, reply.events).map((fact) => fact[1])).toEqual(["firing"]);
	});

	it("for want of a place for its events moves nothing until there is one", async () => {
		const home = new Home("alert_outbox", { forMs: 0 });
		await home.set(0, HIGH);
		const stub = env.METRIC.getByName(home.metric.name);
		await runInDurableObject(stub, (_object, state) => {
			for (let i = 0; i < OUTBOX_MAX; i++) {
				state.storage.sql.exec("INSERT INTO outbox (event) VALUES (?)", `{"id":"${i}"}`);
			}
		});
		await home.metric.evict(); // It counts its outbox once.
		const full = await home.tick(0);
		expect(full).toMatchObject({ more: true, health: [{ health: "err" }] });
		expect(full.events).toHaveLength(500);
		expect(await home.state()).toBe("");
		await runInDurableObject(stub, (_object, state) => void state.storage.sql.exec("DELETE FROM outbox"));
		await home.metric.evict();
		expect(facts(home, (await home.tick(1)).events)).toEqual([["/a", "firing", 1, null]]);
		await runInDurableObject(stub, (_object, state) => {
			for (let i = 1; i < OUTBOX_MAX; i++) {
				state.storage.sql.exec("INSERT INTO outbox (event) VALUES (?)", `{"id":"${i}"}`);
			}
		});
		await home.metric.evict();
		// The rule is gone, but the end of its alert has no place either.
		await home.tick(2, { rules: [], allRuleIds: [] });
		expect(await home.metric.describe()).toMatchObject({ outbox: OUTBOX_MAX });
		expect(await home.state()).toBe("/a firing");
		await runInDurableObject(stub, (_object, state) => void state.storage.sql.exec("DELETE FROM outbox"));
		await home.metric.evict();
		const ended = await home.tick(3, { rules: [], allRuleIds: [] });
		expect(facts(home, ended.events)).toEqual([["/a", "resolved", 3, "rule changed"]]);
	});
});

describe("defect 1: metrics and cooldown in static maps, lost with the isolate and doubled across isolates", () => {
	it("two callers that record and judge at the same time make exact sums and one event, over evictions", async () => {
		const metric = new MetricDriver("defect_one", "counter");
		const rule = { ...ruleOf(metric), expr: "increase(defect_one[5m]) > 5", forMs: 0 };
		const events: AlertEvent[] = [];
		let sum = 0;
		for (let minute = 0; minute < 6; minute++) {
			const nowMs = START_MS + minute * MINUTE_MS;
			setClock(nowMs);
			await Promise.all(
				[1, 2, 3, 4].map(async (value) => {
					const request = metric.request([{ value, labels: { path: "/a" } }], nowMs, newId());
					await Promise.all([metric.api.record(request), metric.api.record(request)]);
				}),
			);
			sum += 10;
			if (minute === 0) await metric.registered();
			setClock(nowMs + 15 * SECOND_MS);
			const request = { tickMs: nowMs + 10 * SECOND_MS, rulesVersion: 1, rules: [rule], allRuleIds: [rule.id] };
			const replies = await Promise.all([metric.api.evaluate(request), metric.api.evaluate(request)]);
			const told = new Map(replies.flatMap((reply) => reply.events).map((event) => [event.id, event]));
			events.push(...told.values());
			await metric.api.acknowledge([...told.keys()]);
			await metric.evict();
		}
		const summary = await metric.summary(HOUR_MS, START_MS + 6 * MINUTE_MS);
		expect(summary.groups[0]).toMatchObject({ count: 24, sum });
		expect(events.map((event) => [event.kind, event.atMs])).toEqual([["firing", START_MS + 10 * SECOND_MS]]);
	});
});

describe("defect 2: the cooldown is recorded before the message is sent, so that a failed send mutes the alert", () => {
	it("what was not taken comes again within the cooldown", async () => {
		const home = new Home("defect_two", { forMs: 0 });
		home.evictAlways = true;
		await home.set(0, HIGH);
		expect(facts(home, (await home.tick(0)).events)).toEqual([["/a", "firing", 0, null]]);
		// Nobody acknowledged: the send failed.
		for (const minute of [1, 2, 3])
			expect(facts(home, (await home.tick(minute)).events)).toEqual([["/a", "firing", 0, null]]);
	});

	it("a new firing waits for the end of the cooldown, unless the one before reached nobody", async () => {
		for (const reached of [true, false]) {
			const home = new Home(`defect_two_${reached}`, { forMs: 0 });
			home.evictAlways = true;
			const told: AlertEvent[] = [];
			for (let minute = 0; minute <= 6; minute++) {
				await home.set(minute, minute === 1 ? LOW : HIGH);
				const { events } = await home.tick(minute);
				told.push(...events);
				await home.metric.api.acknowledge(events.map((event) => event.id));
				if (minute === 0 && !reached) {
					await home.metric.api.untold(home.rule.id, events[0]?.labels ?? {});
					await home.metric.evict();
					await home.metric.api.untold("g/unknown", {});
				}
			}
			expect(facts(home, told), `reached: ${reached}`).toEqual([
				["/a", "firing", 0, null],
				["/a", "resolved", 1, "recovered"],
				["/a", "firing", reached ? 5 : 2, null],
			]);
		}
	});
});

describe("defect 3: the cooldown key has no labels", () => {
	it("an alert does not mute another label set of the same rule", async () => {
		const home = new Home("defect_three", { forMs: 0 });
		home.evictAlways = true;
		await home.set(0, [...HIGH, { value: 1, labels: { path: "/b" } }]);
		const first = await home.tick(0);
		expect(facts(home, first.events)).toEqual([["/a", "firing", 0, null]]);
		await home.metric.api.acknowledge(first.events.map((event) => event.id));
		await home.set(1, [{ value: 30, labels: { path: "/b" } }]);
		expect(facts(home, (await home.tick(1)).events)).toEqual([["/b", "firing", 1, null]]);
	});
});

describe('defect 4: "for 5 minutes" stands in the table and is implemented nowhere', () => {
	it("an alert fires when it was breached for five minutes, and starts over when it was not", async () => {
		const home = new Home("defect_four", { forMs: 5 * MINUTE_MS });
		home.evictAlways = true;
		const fired: number[] = [];
		for (let minute = 0; minute <= 12; minute++) {
			await home.set(minute, minute === 4 ? LOW : HIGH);
			const { events } = await home.tick(minute);
			if (events.length > 0) fired.push(minute);
			await home.metric.api.acknowledge(events.map((event) => event.id));
		}
		expect(fired).toEqual([10]);
	});
});

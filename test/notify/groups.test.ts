/**
 * What is said of groups, when, and to whom: each story is told twice, once with the notifier built anew from its tables before every
 * step, and must come out the same. Times are minutes from the beginning.
 */
import { runInDurableObject } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { describe, expect, it } from "vitest";
import type { AlertEvent } from "../../src/model/alert.ts";
import type { PostedAlert } from "../../src/model/alerting-rpc.ts";
import { DAY_MS, HOUR_MS, LANE_WAITING_MAX, MINUTE_MS } from "../../src/model/limits.ts";
import type { Outcome } from "../../src/model/notification.ts";
import { putTemplateFile } from "../../src/notify/config-desk.ts";
import { Notifier } from "../../src/notify/notifier.ts";
import { NotifierDriver } from "./notifier-driver.ts";
import { event } from "./receiver.ts";

const START_MS = Date.UTC(2026, 0, 1);
const min = (minutes: number) => Math.round(minutes * MINUTE_MS);
const URL_ = "https://example.com/x";

let count = 0;
async function inStorage<T>(use: (storage: DurableObjectStorage) => T): Promise<T> {
	return runInDurableObject(env.NOTIFIER.getByName(`groups-${count++}`), (_, state) => use(state.storage));
}

/** Everything that was said, as `5 ops/0 changed a:firing b:resolved`. */
async function story(play: (notifier: Player) => void, variables: Record<string, string> = {}): Promise<string[]> {
	const tell = (evicting: boolean) =>
		inStorage((storage) => {
			const player = new Player(storage, variables, evicting);
			play(player);
			return player.lines();
		});
	const whole = await tell(false);
	expect(await tell(true)).toEqual(whole);
	return whole;
}

class Player {
	readonly driver: NotifierDriver;

	constructor(storage: DurableObjectStorage, variables: Record<string, string>, evicting: boolean) {
		this.driver = new NotifierDriver(storage, START_MS, variables);
		this.driver.evicting = evicting;
	}

	/** One route below the root's settings, receivers by name with `send_resolved` of each webhook. */
	configure(route: object, receivers: Record<string, readonly boolean[]> = { ops: [true] }, more: object = {}): void {
		const webhooks = (ends: readonly boolean[]) => ends.map((send_resolved) => ({ url: URL_, send_resolved }));
		const named = Object.entries(receivers).map(([name, ends]) => ({ name, webhook_configs: webhooks(ends) }));
		const root = { receiver: "ops", group_wait: "30s", group_interval: "5m", repeat_interval: "4h" };
		this.driver.configure(JSON.stringify({ route: { ...root, ...route }, receivers: named, ...more }));
	}

	fire(name: string, labels: Record<string, string> = {}, change: Partial<PostedAlert> = {}): void {
		this.driver.post({
			labels: { alertname: name, ...labels },
			annotations: {},
			startsAtMs: this.driver.nowMs,
			endsAtMs: this.driver.nowMs + 30 * DAY_MS,
			generatorUrl: "",
			...change,
		});
	}

	resolve(name: string, labels: Record<string, string> = {}): void {
		this.fire(name, labels, { startsAtMs: this.driver.nowMs, endsAtMs: this.driver.nowMs });
	}

	/** Lets the clock run to a minute. */
	to(minutes: number): void {
		this.driver.advance(START_MS + min(minutes) - this.driver.nowMs);
	}

	lines(): string[] {
		return this.driver.said.map(({ atMs, target, cause, alerts }) => {
			const minutes = Number(((atMs - START_MS) / MINUTE_MS).toFixed(3));
			const names = alerts.map((one) => one.replace(/alertname=([^,:]*)[^:]*/, "$1"));
			return `${minutes} ${target} ${cause} ${names.join(" ")}`;
		});
	}
}

const silencing = (name: string) => ({ matchers: [{ name: "alertname", op: "=" as const, value: name }] });

describe("a group", () => {
	it("waits for group_wait, speaks at whole group_intervals, and repeats", async () => {
		const said = await story((notifier) => {
			notifier.configure({ repeat_interval: "12m" });
			notifier.fire("a");
			notifier.to(0.3);
			notifier.fire("b");
			notifier.to(2);
			notifier.fire("c");
			notifier.to(7);
			notifier.resolve("a");
			notifier.to(26);
			notifier.resolve("b");
			notifier.resolve("c");
			notifier.to(60);
		});
		expect(said).toEqual([
			"0.5 ops/0 first a:firing b:firing",
			"5.5 ops/0 changed a:firing b:firing c:firing",
			"10.5 ops/0 changed a:resolved b:firing c:firing",
			"25.5 ops/0 repeat b:firing c:firing",
			"30.5 ops/0 resolved b:resolved c:resolved",
		]);
	});

	it("does not tell of ends who does not want to hear of them, nor repeat them", async () => {
		const said = await story((notifier) => {
			notifier.configure({ group_wait: "0s" }, { ops: [false, true] });
			notifier.fire("a");
			notifier.to(1);
			notifier.resolve("a");
			notifier.to(20);
			notifier.fire("a");
			notifier.to(21);
		});
		expect(said).toEqual([
			"0 ops/0 first a:firing",
			"0 ops/1 first a:firing",
			"5 ops/1 resolved a:resolved",
			"20 ops/0 first a:firing",
			"20 ops/1 first a:firing",
		]);
	});

	it("tells of the end of what nobody repeats any more, by the sender's time", async () => {
		const said = await story((notifier) => {
			notifier.configure({ group_wait: "0s", group_interval: "1m" }, undefined, { global: { resolve_timeout: "3m" } });
			notifier.fire("a", {}, { endsAtMs: null });
			notifier.to(2);
			notifier.fire("a", {}, { startsAtMs: START_MS, endsAtMs: null });
			notifier.to(4.5);
			notifier.fire("a", {}, { startsAtMs: START_MS, endsAtMs: null });
			notifier.to(30);
		});
		expect(said).toEqual(["0 ops/0 first a:firing", "8 ops/0 resolved a:resolved"]);
	});

	it("whose receiver has nobody in it, and one all of whose targets changed, do not keep the notifier awake", async () => {
		await story((notifier) => {
			notifier.configure(
				{ receiver: "nobody", group_wait: "0s", group_interval: "1s", repeat_interval: "1s" },
				{ nobody: [] },
			);
			notifier.fire("a");
			const before = notifier.driver.looks;
			notifier.to(10);
			expect(notifier.driver.looks - before).toBeLessThan(5);
		});
		await story((notifier) => {
			notifier.configure({ group_wait: "0s", group_interval: "1s", repeat_interval: "5m" }, { ops: [true, true] });
			notifier.fire("a");
			notifier.to(1);
			notifier.configure({ group_wait: "0s", group_interval: "1s", repeat_interval: "5m" }, { ops: [true] });
			const before = notifier.driver.looks;
			notifier.to(20);
			expect(notifier.driver.looks - before).toBeLessThan(20);
		});
	});
});

describe("a silence", () => {
	it("that is pending, active and over mutes in between; what was told before is not told again at its end", async () => {
		const said = await story((notifier) => {
			notifier.configure({ group_wait: "0s", group_interval: "1m", repeat_interval: "20m" });
			notifier.fire("a");
			notifier.driver.silence(
				{ ...silencing("a"), startsAtMs: START_MS + min(10), endsAtMs: START_MS + min(30) },
				"s1",
			);
			notifier.driver.silence({ ...silencing("b"), endsAtMs: START_MS + min(15) }, "s2");
			notifier.to(5.5);
			notifier.fire("b");
			notifier.to(70);
		});
		expect(said).toEqual([
			"0 ops/0 first a:firing",
			"15 ops/0 changed b:firing",
			"30 ops/0 changed a:firing b:firing",
			"51 ops/0 repeat a:firing b:firing",
		]);
	});

	it("costs no looks while it lasts, also in a group that may speak every millisecond", async () => {
		await story((notifier) => {
			notifier.configure({ group_wait: "0s", group_interval: "1ms", repeat_interval: "1m" });
			notifier.fire("a");
			notifier.driver.silence({ ...silencing("a"), endsAtMs: START_MS + min(600) }, "s1");
			const before = notifier.driver.looks;
			notifier.to(500);
			expect(notifier.driver.looks - before).toBeLessThan(5);
		});
	});

	it("can be changed in place while it lasts, replaced where that cannot be, and ended", async () => {
		const said = await story((notifier) => {
			notifier.configure({ group_wait: "0s", group_interval: "1m" });
			const first = notifier.driver.silence({ ...silencing("a"), endsAtMs: START_MS + min(5) }, "s1");
			notifier.fire("a");
			notifier.to(2);
			const longer = { ...silencing("a"), startsAtMs: START_MS, endsAtMs: START_MS + min(60) };
			expect(notifier.driver.silence({ ...longer, id: first })).toBe(first);
			notifier.to(10);
			const other = notifier.driver.silence({ ...longer, ...silencing("b"), id: first }, "s2");
			expect(other).toBe("s2");
			expect(notifier.driver.expire(first)).toBe(false);
			notifier.to(20);
			notifier.fire("b");
			notifier.to(24.5);
			expect(notifier.driver.expire(other)).toBe(true);
			notifier.to(30);
		});
		expect(said).toEqual(["10 ops/0 first a:firing", "25 ops/0 changed a:firing b:firing"]);
	});

	it("that recurs mutes within its intervals only", async () => {
		const night = { times: [{ from: 60, to: 120 }], weekdays: [], daysOfMonth: [], months: [], years: [] };
		const said = await story((notifier) => {
			notifier.configure({ group_wait: "0s", group_interval: "1m", repeat_interval: "30m" });
			notifier.driver.silence(
				{ ...silencing("a"), endsAtMs: START_MS + 2 * DAY_MS, recurring: [{ ...night, location: "UTC" }] },
				"s1",
			);
			notifier.fire("a");
			notifier.to(170);
		});
		expect(said.map((line) => line.split(" ")[0])).toEqual(["0", "31", "120", "151"]);
	});

	it("reminds before its end, once, and the reminder ends with it", async () => {
		const said = await story((notifier) => {
			notifier.configure({ group_wait: "0s", group_interval: "1m" });
			notifier.driver.silence({ ...silencing("a"), endsAtMs: START_MS + min(60), remindBeforeMs: min(10) }, "s1");
			notifier.to(120);
		});
		expect(said).toEqual(["50 ops/0 first PerdureSilenceEnds:firing", "60 ops/0 resolved PerdureSilenceEnds:resolved"]);
	});

	it("that is ended early takes its reminder with it", async () => {
		const said = await story((notifier) => {
			notifier.configure({ group_wait: "0s", group_interval: "1m" });
			const wish = { ...silencing("a"), endsAtMs: START_MS + min(60), remindBeforeMs: min(10) };
			const id = notifier.driver.silence(wish, "s1");
			notifier.to(52.5);
			expect(notifier.driver.expire(id)).toBe(true);
			notifier.to(120);
		});
		expect(said).toEqual(["50 ops/0 first PerdureSilenceEnds:firing", "53 ops/0 resolved PerdureSilenceEnds:resolved"]);
	});
});

describe("what else mutes", () => {
	it("inhibition, as long as the source fires", async () => {
		const said = await story((notifier) => {
			notifier.configure({ group_by: ["alertname"], group_wait: "0s", group_interval: "1m" }, undefined, {
				inhibit_rules: [{ source_matchers: ["alertname=down"], target_matchers: ["alertname=slow"], equal: ["dc"] }],
			});
			notifier.fire("down", { dc: "1" }, { endsAtMs: START_MS + min(5.5) });
			notifier.fire("slow", { dc: "1" });
			notifier.fire("slow", { dc: "2" });
			notifier.to(10);
		});
		expect(said).toEqual([
			"0 ops/0 first down:firing",
			"1 ops/0 first slow:firing",
			"6 ops/0 resolved down:resolved",
			"6 ops/0 changed slow:firing slow:firing",
		]);
	});

	it("the time intervals of a route; what ends in them is not told", async () => {
		const said = await story((notifier) => {
			notifier.configure(
				{ routes: [{ receiver: "ops", group_wait: "0s", group_interval: "1m", mute_time_intervals: ["night"] }] },
				undefined,
				{
					time_intervals: [
						{ name: "night", time_intervals: [{ times: [{ start_time: "01:00", end_time: "02:00" }] }] },
					],
				},
			);
			notifier.fire("before");
			notifier.to(70);
			notifier.fire("in");
			notifier.fire("short");
			notifier.to(80);
			notifier.resolve("short");
			notifier.to(130);
		});
		expect(said).toEqual(["0 ops/0 first before:firing", "120 ops/0 changed before:firing in:firing"]);
	});
});

describe("an acknowledgement", () => {
	const KEY = "{}:{}";

	it("quiets a group until it is over; the end is told then", async () => {
		const said = await story((notifier) => {
			notifier.configure({ group_wait: "0s", group_interval: "1m", repeat_interval: "10m" });
			notifier.fire("a");
			notifier.fire("b");
			notifier.to(2);
			expect(notifier.driver.acknowledge(KEY, "ann")).toBe(true);
			expect(notifier.driver.acknowledge('{}:{no="such"}', "ann")).toBe(false);
			notifier.to(30);
			notifier.resolve("a");
			notifier.to(59.5);
			notifier.resolve("b");
			notifier.to(90);
			notifier.fire("a");
			notifier.to(102);
		});
		expect(said).toEqual([
			"0 ops/0 first a:firing",
			"1 ops/0 changed a:firing b:firing",
			"60 ops/0 resolved a:resolved b:resolved",
			"90 ops/0 first a:firing",
			"101 ops/0 repeat a:firing",
		]);
	});

	it("ends when the group gets worse, or it is given back", async () => {
		const said = await story((notifier) => {
			notifier.configure({ group_wait: "0s", group_interval: "1m", repeat_interval: "10m" });
			notifier.fire("a");
			notifier.driver.acknowledge(KEY, "ann");
			notifier.to(20);
			notifier.fire("b");
			notifier.to(22);
			notifier.driver.acknowledge(KEY, "ann");
			notifier.to(49.5);
			notifier.driver.acknowledge(KEY, "");
			notifier.to(55);
		});
		expect(said).toEqual([
			"0 ops/0 first a:firing",
			"21 ops/0 changed a:firing b:firing",
			"50 ops/0 repeat a:firing b:firing",
		]);
	});
});

describe("escalation", () => {
	const route = {
		group_wait: "0s",
		group_interval: "1m",
		perdure_escalation: [
			{ receiver: "lead", after: "10m" },
			{ receiver: "boss", after: "30m" },
		],
	};
	const receivers = { ops: [true], lead: [true], boss: [true] };

	it("goes step by step while nobody acknowledges, and the end reaches all who were told, and nobody else", async () => {
		const said = await story((notifier) => {
			notifier.configure(route, receivers);
			notifier.fire("a");
			notifier.to(19.5);
			notifier.resolve("a");
			notifier.to(100);
			notifier.fire("a");
			notifier.to(139.5);
			notifier.resolve("a");
			notifier.to(150);
		});
		expect(said).toEqual([
			"0 ops/0 first a:firing",
			"10 lead/0 escalated a:firing",
			"20 ops/0 resolved a:resolved",
			"20 lead/0 resolved a:resolved",
			"100 ops/0 first a:firing",
			"110 lead/0 escalated a:firing",
			"130 boss/0 escalated a:firing",
			"140 ops/0 resolved a:resolved",
			"140 lead/0 resolved a:resolved",
			"140 boss/0 resolved a:resolved",
		]);
	});

	it("stops when somebody takes it on, and goes on when it is given back", async () => {
		const said = await story((notifier) => {
			notifier.configure(route, receivers);
			notifier.fire("a");
			notifier.to(15);
			notifier.driver.acknowledge("{}:{}", "ann");
			notifier.to(59.5);
			notifier.driver.acknowledge("{}:{}", "");
			notifier.to(62);
		});
		expect(said).toEqual(["0 ops/0 first a:firing", "10 lead/0 escalated a:firing", "60 boss/0 escalated a:firing"]);
	});
});

it("a group that flaps is held, and says afterwards how it stands", async () => {
	const said = await story((notifier) => {
		notifier.configure({ group_wait: "0s", group_interval: "1s", perdure_flap_hold: "15m" });
		for (let i = 0; i < 12; i++) {
			notifier.to(i * 2);
			notifier.fire("a");
			notifier.to(i * 2 + 1);
			notifier.resolve("a");
		}
		notifier.to(30);
		notifier.fire("a");
		notifier.to(60);
	});
	expect(said.slice(0, 8).map((line) => line.split(" ").slice(2).join(" "))).toEqual(
		Array.from({ length: 4 }, () => ["first a:firing", "resolved a:resolved"]).flat(),
	);
	// The eighth was at minute 7: nothing until 22, then how it stands.
	const after = said.slice(8);
	expect(after.every((line) => Number(line.split(" ")[0]) >= 22)).toBe(true);
	expect(after.length).toBeLessThan(6);
	expect(after.at(-1)).toContain("a:firing");
});

describe("a new configuration", () => {
	it("keeps what was told of groups that stay, and tells new receivers of what fires", async () => {
		const said = await story((notifier) => {
			notifier.configure({ group_by: ["alertname"], group_wait: "0s", group_interval: "1m" });
			notifier.fire("a");
			notifier.to(3);
			notifier.configure({ group_by: ["alertname"], group_wait: "0s", group_interval: "1m" });
			notifier.to(6);
			notifier.configure({ group_by: ["alertname"], group_wait: "0s", group_interval: "1m" }, { ops: [true, true] });
			notifier.to(9);
			notifier.configure(
				{ group_by: ["alertname"], group_wait: "0s", group_interval: "1m", receiver: "else" },
				{ else: [true] },
			);
			notifier.to(12);
			notifier.resolve("a");
			notifier.to(15);
		});
		expect(said[0]).toBe("0 ops/0 first a:firing");
		expect(said.slice(1).map((line) => line.split(" ").slice(1).join(" "))).toEqual([
			"ops/1 first a:firing",
			"else/0 first a:firing",
			"else/0 resolved a:resolved",
		]);
	});

	it("keeps who took a group on, and how far it escalated", async () => {
		const route = {
			group_wait: "0s",
			group_interval: "1m",
			repeat_interval: "10m",
			perdure_escalation: [{ receiver: "lead", after: "20m" }],
		};
		const receivers = { ops: [true], lead: [true] };
		const acknowledged = await story((notifier) => {
			notifier.configure(route, receivers);
			notifier.fire("a");
			notifier.to(5.5);
			notifier.driver.acknowledge("{}:{}", "ann");
			notifier.to(6.5);
			notifier.configure({ ...route, repeat_interval: "15m" }, receivers);
			notifier.to(60);
		});
		expect(acknowledged).toEqual(["0 ops/0 first a:firing"]);
		const escalated = await story((notifier) => {
			notifier.configure({ ...route, repeat_interval: "4h" }, receivers);
			notifier.fire("a");
			notifier.to(15);
			notifier.configure({ ...route, repeat_interval: "3h" }, receivers);
			notifier.to(40);
			notifier.configure({ ...route, repeat_interval: "4h" }, receivers);
			notifier.to(60);
		});
		expect(escalated).toEqual(["0 ops/0 first a:firing", "20 lead/0 escalated a:firing"]);
	});

	it("template files: those that are needed cannot be taken away, and another text tells nobody again", async () => {
		const said = await story((notifier) => {
			const put = (text: string | null) =>
				putTemplateFile(notifier.driver.notifier, {}, "a.tmpl", text, notifier.driver.nowMs);
			expect(put('{{ define "mine" }}{{ end')).toMatchObject({ ok: false, failure: { code: "invalid" } });
			expect(put('{{ define "mine" }}one{{ end }}')).toMatchObject({ ok: true });
			const version = notifier.driver.notifier.configuration.version;
			const slack = [
				{ api_url: "https://hooks.slack.com/services/T/B/x", channel: "#a", title: '{{ template "mine" . }}' },
			];
			notifier.driver.configure(
				JSON.stringify({
					route: { receiver: "ops", group_wait: "0s", group_interval: "1m" },
					templates: ["*.tmpl"],
					receivers: [{ name: "ops", slack_configs: slack }],
				}),
			);
			notifier.fire("a");
			notifier.to(2);
			expect(put(null)).toMatchObject({ ok: false, failure: { code: "conflict" } });
			expect(put('{{ define "mine" }}two{{ end }}')).toMatchObject({ ok: true });
			expect(notifier.driver.notifier.configuration.version).not.toBe(version);
			notifier.to(10);
		});
		expect(said).toEqual(["0 ops/0 first a:firing"]);
	});

	it("that this version cannot read any more leaves nobody untold: the default's receivers hear of what fires", async () => {
		const said = await inStorage((storage) => {
			const player = new Player(storage, {}, false);
			player.configure({ group_wait: "0s", group_interval: "1m" });
			player.fire("a", { severity: "critical" });
			storage.sql.exec("UPDATE files SET text = 'route: {'");
			player.to(1);
			player.driver.evict();
			player.to(2);
			player.resolve("a", { severity: "critical" });
			player.to(3);
			expect(player.driver.notifier.configuration.problem).not.toBeNull();
			return player.lines();
		});
		expect(said).toEqual(["0 ops/0 first a:firing", "1 critical/0 first a:firing", "2 critical/0 resolved a:resolved"]);
	});
});

describe("own rules", () => {
	it("every state is told, in order, though many come in one call", async () => {
		const life = (from: number): AlertEvent[] =>
			Array.from({ length: 5 }, (_, i) =>
				event("Own", {
					id: `own/${from + i}`,
					kind: i % 2 === 0 ? "firing" : "resolved",
					startsAtMs: START_MS - 60_000 + Math.floor(i / 2) * 1_000,
					endsAtMs: i % 2 === 0 ? null : START_MS - 60_000 + i * 1_000,
				}),
			);
		const said = await story((notifier) => {
			notifier.driver.notifier.accept(life(0), notifier.driver.nowMs);
			notifier.driver.settle();
			notifier.to(1);
		});
		expect(said.map((line) => line.split(" ").slice(1).join(" "))).toEqual([
			"critical/0 first Own:firing",
			"critical/0 resolved Own:resolved",
			"critical/0 first Own:firing",
			"critical/0 resolved Own:resolved",
			"critical/0 first Own:firing",
		]);
	});

	it("repeat by severity, and never end by silence", async () => {
		const said = await story((notifier) => {
			notifier.driver.notifier.accept([event("Own")], notifier.driver.nowMs);
			notifier.driver.settle();
			notifier.to(11);
		});
		expect(said.map((line) => line.split(" ").slice(0, 3).join(" "))).toEqual([
			"0 critical/0 first",
			"5 critical/0 repeat",
			"10 critical/0 repeat",
		]);
	});
});

describe("time away", () => {
	it("does not end what nobody could repeat: it gets some time, and is told once", async () => {
		const play = (repeats: boolean) =>
			inStorage((storage) => {
				const player = new Player(storage, {}, false);
				player.configure({ group_wait: "0s", group_interval: "1m" });
				player.fire("a", {}, { endsAtMs: START_MS + min(4) });
				player.driver.nowMs += min(20);
				player.driver.evict();
				player.to(23);
				if (repeats) player.fire("a", {}, { startsAtMs: START_MS, endsAtMs: START_MS + min(40) });
				// However often it sleeps and wakes: the time is given once.
				for (let i = 23; i < 60; i += 2) {
					player.to(i);
					player.driver.evict();
				}
				return player.lines();
			});
		expect(await play(true)).toEqual(["0 ops/0 first a:firing", "40 ops/0 resolved a:resolved"]);
		expect(await play(false)).toEqual(["0 ops/0 first a:firing", "25 ops/0 resolved a:resolved"]);
	});
});

describe("alerts of other senders", () => {
	it("that are said again cost a row for many of them, and their ends survive all the same", async () => {
		await inStorage((storage) => {
			let rows = 0;
			const counted = {
				sql: {
					exec(query: string, ...cells: SqlStorageValue[]) {
						const cursor = storage.sql.exec(query, ...cells);
						rows += cursor.rowsWritten;
						return cursor;
					},
				},
				transactionSync: <T>(run: () => T) => storage.transactionSync(run),
			} as unknown as DurableObjectStorage;
			let nowMs = START_MS;
			const build = () => new Notifier(counted, {}, "0".repeat(16), () => nowMs);
			let notifier = build();
			const post = (minutes: number) => {
				nowMs = START_MS + min(minutes);
				const before = rows;
				const alerts = Array.from({ length: 500 }, (_, i) => ({
					labels: { alertname: "Many", i: String(i) },
					annotations: {},
					startsAtMs: START_MS,
					endsAtMs: nowMs + min(4),
					generatorUrl: "",
				}));
				expect(notifier.post(alerts, nowMs)).toEqual({ accepted: 500, issues: [] });
				return rows - before;
			};
			expect(post(0)).toBe(1_000);
			expect(post(0)).toBe(0);
			expect(post(1)).toBe(2);
			expect(post(2)).toBe(2);
			notifier = build();
			const ends = new Set([...notifier.dispatcher.alerts.values()].map(({ endsAtMs }) => endsAtMs));
			expect(ends).toEqual(new Set([START_MS + min(6)]));
			// What ends is written itself; its number may be given to another, which must not inherit its end.
			notifier.post(
				[
					{
						labels: { alertname: "Many", i: "499" },
						annotations: {},
						startsAtMs: START_MS,
						endsAtMs: nowMs,
						generatorUrl: "",
					},
				],
				nowMs,
			);
			notifier.tell(nowMs + 5);
			notifier = build();
			expect(notifier.dispatcher.alerts.size).toBe(499);
			notifier.post(
				[{ labels: { alertname: "New" }, annotations: {}, startsAtMs: nowMs, endsAtMs: nowMs + 7, generatorUrl: "" }],
				nowMs,
			);
			notifier = build();
			const fresh = [...notifier.dispatcher.alerts.values()].find(({ startsAtMs }) => startsAtMs === nowMs);
			expect(fresh?.endsAtMs).toBe(nowMs + 7);
		});
	});

	it("that are too large are cut, or refused by themselves: no row grows beyond its end", async () => {
		await inStorage((storage) => {
			const notifier = new Notifier(storage, {}, "0".repeat(16), () => START_MS);
			const long = "长".repeat(16_000);
			const pairs = Object.fromEntries(Array.from({ length: 90 }, (_, i) => [`n${i}`, long]));
			const one = { startsAtMs: START_MS, endsAtMs: null, generatorUrl: "" };
			const receipt = notifier.post(
				[
					{ ...one, labels: { alertname: "Cut" }, annotations: pairs },
					{ ...one, labels: { alertname: "Huge", ...pairs }, annotations: {} },
					{ ...one, labels: { alertname: "Small" }, annotations: { summary: "s" } },
				],
				START_MS,
			);
			expect(receipt).toEqual({
				accepted: 2,
				issues: [{ place: "[1]", reason: expect.stringContaining("its labels have") }],
			});
			const bodies = [...notifier.dispatcher.rows.bodies()].map(([, body]) => body);
			expect(bodies.map(({ labels }) => labels["alertname"])).toEqual(["Cut", "Small"]);
			expect(JSON.stringify(bodies[0]).length).toBeLessThan(50_000);
			expect(bodies[0]?.annotations["n0"]).toMatch(/… \(cut\)$/);
		});
	});
});

/** A notifier whose deliveries the test settles by hand. */
function byHand(storage: DurableObjectStorage, variables: Record<string, string> = {}) {
	let nowMs = START_MS;
	const notifier = new Notifier(storage, variables, "0".repeat(16), () => nowMs);
	return {
		notifier,
		at: (minutes: number) => {
			nowMs = START_MS + min(minutes);
			return nowMs;
		},
		accept: (...events: AlertEvent[]) => {
			notifier.accept(events, nowMs);
			notifier.tell(nowMs);
		},
		/** Hands out and reports the same outcome for each; answers what was sent. */
		send: (outcome: Outcome, only = "critical/0") => {
			const sent = notifier.ledger.handOut(nowMs).messages.flatMap(({ deliveryId, attempt }) => {
				const claim = notifier.ledger.claim(deliveryId, attempt, nowMs);
				if (claim === null) return [];
				const answer = claim.delivery.target === only ? outcome : ({ kind: "delivered", httpStatus: 200 } as const);
				const settled = notifier.ledger.settle(
					{ deliveryId, attempt, outcome: answer, startedMs: 0, endedMs: 0 },
					nowMs,
					0.5,
				);
				if (settled.dead !== null) notifier.mourn(settled.dead, nowMs);
				return claim.delivery.target === only ? [claim] : [];
			});
			return sent;
		},
	};
}

const WEBHOOK = { RECEIVER_WEBHOOK_URL: URL_ };
const OK: Outcome = { kind: "delivered", httpStatus: 200 };

describe("a receiver that holds back", () => {
	it("gets its backlog in a few messages that say how many they are, and no state is lost", async () => {
		await inStorage((storage) => {
			const { notifier, at, accept, send } = byHand(storage, WEBHOOK);
			const limited: Outcome = { kind: "retry", why: "http 429", httpStatus: 429, retryAfterMs: HOUR_MS };
			accept(event("A"));
			expect(send(limited)).toHaveLength(1);
			const rounds = 3;
			for (let i = 1; i <= rounds; i++) {
				const startsAtMs = START_MS + i * 1_000;
				at(i);
				accept(
					event("A", { id: `A/${i}/r`, kind: "resolved", startsAtMs: startsAtMs - 1_000, endsAtMs: startsAtMs - 500 }),
				);
				at(i + 0.5);
				accept(event("A", { id: `A/${i}/f`, startsAtMs }));
			}
			expect(send(OK)).toEqual([]);
			const waiting = notifier.ledger.storage.list("pending", 100).filter(({ target }) => target === "critical/0");
			expect(waiting).toHaveLength(LANE_WAITING_MAX);
			at(61);
			const got = [];
			for (let i = 0; i < LANE_WAITING_MAX; i++) got.push(...send(OK).map(({ message }) => message));
			expect(got.reduce((sum, one) => sum + one.coalesced, 0)).toBe(1 + 2 * rounds);
			expect(got.map(({ coalesced }) => coalesced)).toEqual([1, 1, 1, 1, 3]);
			// Every start and every end of it was heard.
			const states = got.flatMap(({ alerts }) => alerts.map(({ startsAtMs, status }) => `${startsAtMs} ${status}`));
			expect(states.filter((one) => one.endsWith("resolved"))).toHaveLength(rounds);
			expect(got.at(-1)?.status).toBe("firing");
			expect(got.at(-1)?.alerts.at(-1)).toMatchObject({ status: "firing", startsAtMs: START_MS + rounds * 1_000 });
		});
	});

	it("is sent to at its own rate, and others do not wait for it", async () => {
		await inStorage((storage) => {
			const slack = { RECEIVER_SLACK_URL: "https://hooks.slack.com/services/T/B/x", RECEIVER_WEBHOOK_URL: URL_ };
			const { notifier, at, accept } = byHand(storage, slack);
			const targets = new Map(
				notifier.configuration.routing.receivers[0]?.integrations.map(({ channel }, i) => [`critical/${i}`, channel]),
			);
			accept(...Array.from({ length: 12 }, (_, i) => event(`S${i}`)));
			const leave = () =>
				notifier.ledger.handOut(at(0)).messages.map(({ deliveryId }) => {
					return targets.get(notifier.ledger.load(deliveryId)?.delivery.target ?? "") ?? "";
				});
			const first = leave();
			expect(first.filter((channel) => channel === "slack")).toHaveLength(5);
			expect(first.filter((channel) => channel === "webhook")).toHaveLength(12);
			expect(notifier.nextMs(at(0))).toBe(at(0) + 1_000);
			const later = notifier.ledger.handOut(at(0) + 3_000).messages;
			expect(later).toHaveLength(3);
		});
	});
});

describe("a delivery that dies", () => {
	const gone: Outcome = { kind: "never", why: "http 410", httpStatus: 410 };

	it("is an alert of its own, once for each target, which does not go round when it dies too", async () => {
		await inStorage((storage) => {
			const { notifier, at, accept, send } = byHand(storage, WEBHOOK);
			const dead = () =>
				notifier.ledger.storage.list("dead", 100).map(({ groupKey }) => /alertname="(\w+)"/.exec(groupKey)?.[1]);
			accept(event("A"), event("B"));
			expect(send(gone)).toHaveLength(2);
			notifier.tell(at(1));
			const about = send(gone);
			expect(about.map(({ message }) => message.commonLabels)).toEqual([
				{ alertname: "PerdureDeliveryDead", severity: "critical", target: "critical/0" },
			]);
			expect(about[0]?.message.commonAnnotations["description"]).toContain("http 410");
			notifier.tell(at(2));
			expect(send(gone)).toEqual([]);
			expect(dead().sort()).toEqual(["A", "B", "PerdureDeliveryDead"]);
			// It ends an hour after the last that died.
			for (let i = 3; i < 70; i++) {
				notifier.tell(at(i));
				send(OK);
			}
			expect([...notifier.dispatcher.alerts.values()].filter(({ endsAtMs }) => endsAtMs !== null)).toEqual([]);
		});
	});
});

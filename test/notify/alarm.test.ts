/** The notifier's clock is its alarm: it may run twice, late or never; and what people do goes on across evictions. */
import { evictDurableObject, runDurableObjectAlarm, runInDurableObject } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { moveClock, nowMs } from "../../src/lib/clock.ts";
import type { AlertsQuery, PostedAlert } from "../../src/model/alerting-rpc.ts";
import { MINUTE_MS } from "../../src/model/limits.ts";
import type { Delivery } from "../../src/model/notification.ts";

let count = 0;
const notifier = () => env.NOTIFIER.getByName(`alarm-${count++}`);
type Stub = ReturnType<typeof notifier>;

beforeEach(() => {
	for (const method of ["log", "warn", "error"] as const) vi.spyOn(console, method).mockImplementation(() => {});
});
afterEach(() => moveClock(0, true));

const CONFIG = JSON.stringify({
	route: { receiver: "ops", group_by: ["alertname"], group_wait: "30s", group_interval: "5m", repeat_interval: "1h" },
	receivers: [{ name: "ops", webhook_configs: [{ url: "https://example.com/x" }] }],
});
const ALL: AlertsQuery = {
	matchers: [],
	active: true,
	silenced: true,
	inhibited: true,
	unprocessed: true,
	receiver: null,
};

function alert(name: string, change: Partial<PostedAlert> = {}): PostedAlert {
	return {
		labels: { alertname: name },
		annotations: {},
		startsAtMs: nowMs(),
		endsAtMs: nowMs() + 600 * MINUTE_MS,
		generatorUrl: "",
		...change,
	};
}

async function said(stub: Stub): Promise<readonly string[]> {
	const all = (await stub.deliveries(null, 100)) as unknown as Delivery[];
	return all.map(({ status, cause }) => `${cause} ${status}`).reverse();
}

async function alarmInMs(stub: Stub): Promise<number | null> {
	return runInDurableObject(stub, async (_, state) => {
		const at = await state.storage.getAlarm();
		return at === null ? null : at - Date.now();
	});
}

async function configured(): Promise<Stub> {
	const stub = notifier();
	expect(await stub.putConfig(CONFIG)).toEqual({ ok: true, value: [] });
	return stub;
}

describe("the alarm", () => {
	it("is set for the first flush, and tells it, also after an eviction, and once though it comes twice", async () => {
		const stub = await configured();
		await stub.postAlerts([alert("A")]);
		const inMs = (await alarmInMs(stub)) ?? 0;
		expect(inMs).toBeGreaterThan(28_000);
		expect(inMs).toBeLessThanOrEqual(30_000);
		await evictDurableObject(stub);
		moveClock(30_001, true);
		expect(await runDurableObjectAlarm(stub)).toBe(true);
		await runInDurableObject(stub, (instance) => instance.alarm());
		await evictDurableObject(stub);
		await runInDurableObject(stub, (instance) => instance.alarm());
		expect(await said(stub)).toEqual(["first firing"]);
	});

	it("that comes too early tells nothing yet, and is set again", async () => {
		const stub = await configured();
		await stub.postAlerts([alert("A")]);
		await runDurableObjectAlarm(stub);
		expect(await said(stub)).toEqual([]);
		expect(await alarmInMs(stub)).toBeGreaterThan(20_000);
	});

	it("that never comes is made up for by the tick, and one that is lost is set again", async () => {
		const stub = await configured();
		await stub.postAlerts([alert("A")]);
		await runInDurableObject(stub, (_, state) => state.storage.deleteAlarm());
		moveClock(60_000, true);
		await stub.tick();
		expect(await said(stub)).toEqual(["first firing"]);
		// The delivery's lease is what comes next.
		expect(await alarmInMs(stub)).not.toBeNull();
	});

	it("that comes late keeps to the ticks of the group", async () => {
		const stub = await configured();
		await stub.postAlerts([alert("A")]);
		moveClock(3 * MINUTE_MS, true);
		await runDurableObjectAlarm(stub);
		expect(await said(stub)).toEqual(["first firing"]);
		await stub.postAlerts([alert("A", { startsAtMs: nowMs() - 1_000, endsAtMs: nowMs() })]);
		moveClock(5 * MINUTE_MS + 29_000, true);
		await stub.tick();
		expect(await said(stub)).toEqual(["first firing"]);
		moveClock(5 * MINUTE_MS + 31_000, true);
		await stub.tick();
		expect(await said(stub)).toEqual(["first firing", "resolved resolved"]);
	});
});

describe("people", () => {
	it("silence and acknowledge across evictions, and the answers say who mutes what", async () => {
		const stub = await configured();
		await stub.postAlerts([alert("A"), alert("B")]);
		const silence = await stub.putSilence({
			id: null,
			matchers: [{ name: "alertname", op: "=", value: "A" }],
			startsAtMs: nowMs(),
			endsAtMs: nowMs() + 20 * MINUTE_MS,
			createdBy: "ann",
			comment: "",
			recurring: null,
			remindBeforeMs: null,
		});
		if (!silence.ok) throw new Error("it is kept");
		await evictDurableObject(stub);
		moveClock(31_000, true);
		await stub.tick();
		expect(await said(stub)).toEqual(["first firing"]);
		await evictDurableObject(stub);
		const alerts = await stub.alerts(ALL);
		expect(alerts.ok && alerts.value.items.map(({ labels, mutedBy }) => [labels["alertname"], mutedBy])).toEqual([
			["A", [{ kind: "silence", by: silence.value }]],
			["B", []],
		]);
		const groups = await stub.groups(ALL);
		const key = (groups.ok && groups.value.items.find(({ labels }) => labels["alertname"] === "B")?.key) || "";
		expect(await stub.acknowledge(key, "ben", "on it")).toEqual({ ok: true, value: null });
		await evictDurableObject(stub);
		moveClock(200 * MINUTE_MS, true);
		await stub.tick();
		expect(await said(stub)).toEqual(["first firing"]);
		moveClock(200 * MINUTE_MS + 31_000, true);
		await stub.tick();
		const now = await stub.groups(ALL);
		expect(
			now.ok && now.value.items.map(({ labels, acknowledged }) => [labels["alertname"], acknowledged?.by]),
		).toEqual([
			["A", undefined],
			["B", "ben"],
		]);
		// The silence is over, the acknowledgement is not: A is told, B is not repeated.
		expect(await said(stub)).toEqual(["first firing", "first firing"]);
	});

	it("may test a receiver, and are told which there are", async () => {
		const stub = await configured();
		expect(await stub.sendTest("ops")).toMatchObject({ ok: true, value: [expect.stringMatching(/^msg_/)] });
		expect(await stub.sendTest("nobody")).toMatchObject({ ok: false, failure: { code: "not_found" } });
		expect(await said(stub)).toEqual(["test firing"]);
	});

	it("cannot put a configuration that is wrong, and the old one stays", async () => {
		const stub = await configured();
		const before = await stub.config();
		expect(await stub.putConfig("route: {receiver: nobody}")).toMatchObject({ ok: false });
		expect(await stub.putConfig(" ".repeat(1024 * 1024 + 1))).toMatchObject({
			ok: false,
			failure: { code: "too_large" },
		});
		await evictDurableObject(stub);
		expect(await stub.config()).toEqual(before);
	});
});

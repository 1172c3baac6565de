/** Cron as the platform calls it, over real objects. */
import { env, exports } from "cloudflare:workers";
import { afterAll, describe, expect, it, vi } from "vitest";
import { runJobs } from "../../src/jobs/scheduled.ts";
import { minuteOf, sweep } from "../../src/jobs/sweep.ts";
import { clockOffsetMs, moveClock, nowMs } from "../../src/lib/clock.ts";
import { DAY_MS, MINUTE_MS } from "../../src/model/limits.ts";
import { catalogStub, metricStub } from "../../src/peers/stubs.ts";
import { recordBatch } from "../../src/peers/write.ts";
import { batch, faulty, goTo, known, nextTick, part, putRule, rule } from "../peers/world.ts";

afterAll(() => moveClock(0, true));

type Cron = { scheduled(controller: { scheduledTime: Date; cron: string }): Promise<unknown> };

it("runs the tick of the minute for which it was scheduled, once, and says so of itself", async () => {
	const cron = (exports as unknown as { default: Cron }).default;
	const minute = Math.floor(Date.now() / MINUTE_MS) * MINUTE_MS;
	await cron.scheduled({ scheduledTime: new Date(minute), cron: "* * * * *" });
	const first = (await catalogStub(env).heartbeat()).last;
	expect(first).toMatchObject({ tickMs: minute, by: "cron", failed: 0 });
	await cron.scheduled({ scheduledTime: new Date(minute), cron: "* * * * *" });
	expect((await catalogStub(env).heartbeat()).last).toEqual(first);
	moveClock(3 * MINUTE_MS, true);
	await cron.scheduled({ scheduledTime: new Date(minute), cron: "* * * * *" });
	expect((await catalogStub(env).heartbeat()).last?.tickMs).toBe(minute + 3 * MINUTE_MS);
	expect(nowMs()).toBeGreaterThan(Date.now());
	// What it says of itself is on its way when the event is over.
	const names = async () => (await catalogStub(env).directory()).metrics.map((info) => info.name);
	await expect.poll(names).toEqual(expect.arrayContaining(["perdure.ticks", "perdure.rules_failed"]));
});

it("folds the journal of a metric that nobody touches, once a day, in a minute of its own", async () => {
	await recordBatch(env, batch([part("j.silent", "counter", [[{}, [1]]])]), nowMs());
	await known("j.silent");
	const day = Math.ceil(nowMs() / DAY_MS) * DAY_MS;
	const minute = day + minuteOf("j.silent") * MINUTE_MS;
	moveClock(minute - Date.now(), true);
	const real = Date.now();
	expect((await metricStub(env, "j.silent").describe()).journalRows).toBe(1);
	expect((await sweep(env, real - MINUTE_MS)).result).toMatchObject({ swept: 0 });
	expect((await sweep(env, real)).result).toMatchObject({ swept: 1 });
	expect((await metricStub(env, "j.silent").describe()).journalRows).toBe(0);
});

type Row = { readonly task_name: string; readonly status: string; readonly error: string | null; result: unknown };

/** Runs cron's jobs for the minute that virtual time is in, and waits for all that they leave to `waitUntil`. */
async function runCron(over: object = {}): Promise<void> {
	const left: Promise<unknown>[] = [];
	const minuteMs = Math.floor(nowMs() / MINUTE_MS) * MINUTE_MS;
	await runJobs(minuteMs - clockOffsetMs(), { ...env, ...over } as Env, (promise) => left.push(promise));
	await Promise.all(left);
}

/** The rows of the minute that virtual time is in, but for those of jobs that have their own time of the day. */
async function rowsOfMinute(): Promise<readonly Row[]> {
	const minuteMs = Math.floor(nowMs() / MINUTE_MS) * MINUTE_MS;
	const select = env.DB.prepare(
		"SELECT task_group, task_name, status, error, result FROM task_execution_records WHERE created_at = ? ORDER BY task_name",
	);
	const { results } = await select.bind(new Date(minuteMs).toISOString()).all<Row & { result: string }>();
	return results.map((row) => ({ ...row, result: JSON.parse(row.result) as unknown }));
}

/** Into the middle of a day, so that the daily row is not due by chance. */
function goToNoon(): void {
	goTo(Math.ceil(nowMs() / DAY_MS) * DAY_MS + DAY_MS / 2);
}

describe("the history of jobs", () => {
	it("has one row of the rules that ship, for they were installed once", async () => {
		const { results } = await env.DB.prepare(
			"SELECT task_group, status, error, result FROM task_execution_records WHERE task_name = 'defaults'",
		).all<Row>();
		const result = expect.stringMatching(/^\{"groups":\d+\}$/);
		expect(results).toEqual([{ task_group: "cron", status: "success", error: null, result }]);
	});

	it("has no row of a minute in which all was well", async () => {
		goToNoon();
		nextTick();
		await runCron();
		const last = (await catalogStub(env).heartbeat()).last;
		expect(last).toMatchObject({ failed: 0, unreachable: [] });
		expect(await rowsOfMinute()).toEqual([]);
	});

	it("has a row of a tick in which a rule failed, that says which object was away, and the next is quiet", async () => {
		await recordBatch(env, batch([part("j.depth", "gauge", [[{}, [5]]])]), nowMs());
		await known("j.depth");
		await putRule(rule("jobs", "Deep", "j_depth > 10"), "j.depth");
		const tickMs = nextTick();
		await runCron(faulty((name) => (name === "j.depth" ? Promise.reject(new Error("broken")) : null)));
		const [row, ...more] = await rowsOfMinute();
		expect(more).toEqual([]);
		expect(row).toMatchObject({ task_name: "evaluate", status: "failed", task_group: "cron" });
		expect(row?.error).toBe("1 rules failed, 1 objects did not answer");
		expect(row?.result).toMatchObject([{ tickMs, failed: 1, unreachable: ["j.depth"] }]);
		nextTick();
		await runCron();
		expect(await rowsOfMinute()).toEqual([]);
	});

	it.each(["beginTick", "endTick"])("has a row of a tick to whose %s the catalog did not answer", async (method) => {
		nextTick();
		await runCron(faulty((_name, called) => (called === method ? Promise.reject(new Error("away")) : null)));
		expect(await rowsOfMinute()).toMatchObject([
			{ task_name: "evaluate", status: "failed", error: "the catalog did not answer" },
		]);
		nextTick();
		await runCron();
		expect(await rowsOfMinute()).toEqual([]);
	});

	it("has one row a day of the sweep, and one of each minute in which an object did not answer", async () => {
		const day = Math.ceil(nowMs() / DAY_MS) * DAY_MS;
		goTo(day + 5_000);
		await runCron();
		expect(await rowsOfMinute()).toMatchObject([{ task_name: "sweep", status: "success", error: null }]);
		goTo(day + MINUTE_MS + 5_000);
		await runCron();
		expect(await rowsOfMinute()).toEqual([]);
		goTo(day + minuteOf("j.silent") * MINUTE_MS + 5_000);
		await runCron(faulty((name) => (name === "j.silent" ? Promise.reject(new Error("broken")) : null)));
		expect(await rowsOfMinute()).toMatchObject([
			{ task_name: "sweep", status: "failed", result: { swept: 0, missing: ["j.silent"] } },
		]);
	});

	it("is missing rows, and nothing else, when D1 is not there or does not know the table", async () => {
		await catalogStub(env).deleteGroup("jobs");
		await putRule(rule("jobs", "Deep", "j_depth > 10"), "j.depth");
		const away = faulty((name) => (name === "j.depth" ? Promise.reject(new Error("broken")) : null));
		await env.DB.exec("DROP TABLE task_execution_records");
		for (const over of [away, { ...away, DB: undefined }]) {
			const tickMs = nextTick();
			await runCron(over);
			expect((await catalogStub(env).heartbeat()).last).toMatchObject({ tickMs, failed: 1 });
		}
		// What was counted since the last flush goes with the next one, whoever flushes.
		nextTick();
		await runCron();
		const labels = { table: "task_execution_records" };
		await vi.waitFor(async () => {
			const told = await metricStub(env, "perdure.history_failed").series([]);
			expect(told).toMatchObject([{ labels, sum: 2 }]);
		}, 15_000);
	});
});

/**
 * From an alert to a message that was accepted, beside Debian's Alertmanager in the same run: 10,000 alerts in 1,000 groups, paced
 * and in one burst, their ends, billed rows and processor time; then 100,000 active alerts, in many groups and in one: memory, and the time of a wake-up.
 * `npm run bench:notify [-- --json --short]`. Perdure runs under Miniflare with a queue that hands over at once; what is deployed
 * waits as wrangler.toml and Cloudflare's queue have it.
 */
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { stringify } from "yaml";
import { freePort } from "../src/cli/free-port.ts";
import { bundledScript, World } from "../test/faults/world.ts";
import { type Alertmanager, cpuMs, hasAlertmanager, startAlertmanager } from "./alertmanager.ts";
import type { V2Alert } from "./alertmanager-api.ts";
import { residentBytes } from "./api.ts";
import { heapBytes } from "./heap.ts";
import { JSON_SAYS, readOptions } from "./options.ts";
import { newFolder, removeFolder } from "./processes.ts";
import { type Aim, printReport, progress, type Row } from "./report.ts";

const { short: isShort, json } = readOptions(
	"bench:notify",
	"Measures the way from an alert to a message that was accepted, beside Debian's Alertmanager.",
	{ short: { type: "boolean", default: false }, json: { type: "boolean", default: false } } as const,
	{ short: "a tenth of the active alerts, a fifth of the groups", json: JSON_SAYS },
);
const GROUPS = isShort ? 200 : 1_000;
const ALERTS_PER_GROUP = 10;
const ACTIVE = isShort ? 10_000 : 100_000;
const GROUPS_PER_POST = 10;
const ALERTS_PER_POST = 1_000;
/** Groups a second, when they come one after the other. */
const PACE = 100;
const POSTS_AT_ONCE = 4;
const SETTLE_MS = 60_000;
const FAR_MS = 3_600_000;

type Told = { readonly status: string; readonly labels: Readonly<Record<string, string>> };
type Post = (alerts: readonly V2Alert[]) => Promise<void>;

/** Notes when the first message of each group and status came whose alerts are all there. */
class Sink {
	readonly atMs = new Map<string, number>();
	messages = 0;
	readonly #server = createServer((request, response) => void this.#receive(request, response));

	listen(): Promise<string> {
		return new Promise((done) => {
			this.#server.listen(0, "127.0.0.1", () => {
				done(`http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`);
			});
		});
	}

	close(): void {
		this.#server.close();
		this.#server.closeAllConnections();
	}

	async #receive(request: IncomingMessage, response: ServerResponse): Promise<void> {
		const chunks: Buffer[] = [];
		for await (const chunk of request) chunks.push(chunk as Buffer);
		response.writeHead(200).end();
		const { alerts, status } = JSON.parse(Buffer.concat(chunks).toString()) as { alerts: Told[]; status: string };
		const who = String(request.headers["user-agent"]).startsWith("Alertmanager") ? "alertmanager" : "perdure";
		const { run = "", group = "" } = alerts[0]?.labels ?? {};
		this.messages++;
		const key = `${who} ${run} ${group} ${status}`;
		if (!this.atMs.has(key)) this.atMs.set(key, performance.now());
	}
}

/** One who has to tell, as this benchmark knows it. */
type Sender = { readonly name: "perdure" | "alertmanager"; readonly post: Post; readonly pid: () => number };
type Figures = { readonly p50: number; readonly p99: number; readonly lastMs: number; readonly missing: number };

const rows: Row[] = [];
const aims: Aim[] = [];
const sink = new Sink();
const folder = newFolder("perdure-notify-");
try {
	const config = configOf(await sink.listen());
	await besideAlertmanager(config);
	await billed(config);
	await active(config, 1_000);
	await active(config, 1);
} finally {
	sink.close();
	removeFolder(folder);
}
printReport({ bench: "notify", rows, aims }, { json });
process.exitCode = aims.every(({ ok }) => ok) ? 0 : 1;

/** Each group is told at once, and again a second later at the earliest. */
function configOf(url: string): string {
	return stringify({
		route: {
			receiver: "hook",
			group_by: ["run", "group"],
			group_wait: "0s",
			group_interval: "1s",
			repeat_interval: "1000h",
		},
		receivers: [{ name: "hook", webhook_configs: [{ url: `${url}/hook` }] }],
	});
}

async function besideAlertmanager(config: string): Promise<void> {
	const world = await startWorld(config, "bench");
	const peer = hasAlertmanager() ? await startAlertmanager(join(folder, "peer"), config, "http://peer.invalid") : null;
	try {
		const senders = [senderOf(world), ...(peer === null ? [] : [peerOf(peer)])];
		for (const sender of senders) await play(sender, "warm", 20, null);
		for (const [run, what, pace] of [
			["paced", `${GROUPS * ALERTS_PER_GROUP} alerts in ${GROUPS} groups, ${PACE} groups a second`, PACE],
			["burst", `${GROUPS * ALERTS_PER_GROUP} alerts in ${GROUPS} groups at once`, null],
		] as const) {
			// One after the other: both cores are theirs.
			const all = new Map<string, Awaited<ReturnType<typeof play>>>();
			for (const sender of senders) all.set(sender.name, await play(sender, run, GROUPS, pace));
			note(what, all);
		}
	} finally {
		await world.crash();
		await peer?.kill();
	}
}

function note(what: string, all: ReadonlyMap<string, Awaited<ReturnType<typeof play>>>): void {
	const ours = all.get("perdure");
	if (ours === undefined) return;
	for (const [name, { firing, resolved, cpu }] of all) {
		const ratio = (own: number, theirs: number): number | null => (name === "perdure" ? null : theirs / own);
		const row = (item: string, value: number, unit: string, by: number | null): void => {
			rows.push({ what: `${what}: ${name}, ${item}`, value, unit, ratio: by });
		};
		row("firing, p50", firing.p50, "ms", ratio(ours.firing.p50, firing.p50));
		row("firing, p99", firing.p99, "ms", ratio(ours.firing.p99, firing.p99));
		row("firing, until the last", firing.lastMs, "ms", ratio(ours.firing.lastMs, firing.lastMs));
		row("resolved, p50", resolved.p50, "ms", ratio(ours.resolved.p50, resolved.p50));
		row("resolved, p99", resolved.p99, "ms", ratio(ours.resolved.p99, resolved.p99));
		row("processor time an alert", (cpu / GROUPS / ALERTS_PER_GROUP) * 1_000, "µs", ratio(ours.cpu, cpu));
	}
	const missing = ours.firing.missing + ours.resolved.missing;
	aims.push({ aim: `${what}: messages missing`, want: "0", got: String(missing), ok: missing === 0 });
}

/** All groups fire, are told, end, and are told so. */
async function play(
	sender: Sender,
	run: string,
	groups: number,
	pace: number | null,
): Promise<{ readonly firing: Figures; readonly resolved: Figures; readonly cpu: number }> {
	progress(`${sender.name}: ${run}, ${groups} groups`);
	const cpuBefore = cpuMs(sender.pid());
	const startsAt = new Date().toISOString();
	const firing = await tell(sender, run, groups, pace, {
		startsAt,
		endsAt: new Date(Date.now() + FAR_MS).toISOString(),
	});
	// The next tick of each group is a second after its first.
	await pause(1_200);
	const resolved = await tell(sender, run, groups, pace, { startsAt, endsAt: new Date().toISOString() });
	return { firing, resolved, cpu: cpuMs(sender.pid()) - cpuBefore };
}

async function tell(
	sender: Sender,
	run: string,
	groups: number,
	pace: number | null,
	times: Pick<V2Alert, "startsAt" | "endsAt">,
): Promise<Figures> {
	const status = Date.parse(times.endsAt ?? "") > Date.now() ? "firing" : "resolved";
	const sentMs = new Map<number, number>();
	const beganMs = performance.now();
	let next = 0;
	const post = async (): Promise<void> => {
		while (next < groups) {
			const from = next;
			next += GROUPS_PER_POST;
			if (pace !== null) await pause(Math.max(0, beganMs + (from / pace) * 1_000 - performance.now()));
			const some = Array.from({ length: Math.min(GROUPS_PER_POST, groups - from) }, (_, i) => from + i);
			for (const group of some) sentMs.set(group, performance.now());
			await sender.post(some.flatMap((group) => alertsOf(run, group, ALERTS_PER_GROUP, times)));
		}
	};
	await Promise.all(Array.from({ length: POSTS_AT_ONCE }, post));
	const keyOf = (group: number): string => `${sender.name} ${run} g${group} ${status}`;
	const deadlineMs = performance.now() + SETTLE_MS;
	const isMissing = (group: number): boolean => !sink.atMs.has(keyOf(group));
	while (performance.now() < deadlineMs && [...sentMs.keys()].some(isMissing)) await pause(20);
	const took = [...sentMs].map(([group, ms]) => (sink.atMs.get(keyOf(group)) ?? Number.POSITIVE_INFINITY) - ms);
	took.sort((a, b) => a - b);
	const at = (part: number): number => took[Math.min(took.length - 1, Math.floor(took.length * part))] ?? Number.NaN;
	const told = [...sentMs.keys()].map((group) => sink.atMs.get(keyOf(group)) ?? Number.POSITIVE_INFINITY);
	return {
		p50: at(0.5),
		p99: at(0.99),
		lastMs: Math.max(...told) - beganMs,
		missing: told.filter((ms) => !Number.isFinite(ms)).length,
	};
}

/** Every billed row of a firing and of an end, alarms too. */
async function billed(config: string): Promise<void> {
	const world = await startWorld(config, "metered", { entry: "bench/workers/metered.ts" });
	try {
		const sender = senderOf(world);
		const groups = GROUPS / 5;
		await play(sender, "warm again", 20, null);
		const alerts = groups * ALERTS_PER_GROUP;
		const count = async (what: string, times: Pick<V2Alert, "startsAt" | "endsAt">): Promise<void> => {
			await world.call("GET", "/bench/rows");
			await tell(sender, "billed", groups, PACE, times);
			await pause(1_500);
			const { notifier = 0 } = JSON.parse(await world.call("GET", "/bench/rows")) as Record<string, number>;
			rows.push({
				what: `billed rows of the notifier an alert: ${what}`,
				value: notifier / alerts,
				unit: "rows",
				ratio: null,
			});
			rows.push({
				what: `billed rows of the notifier a group: ${what}`,
				value: notifier / groups,
				unit: "rows",
				ratio: null,
			});
			const aAlert = notifier / alerts;
			aims.push({ aim: `billed rows an alert, ${what}`, want: "<= 3", got: aAlert.toFixed(2), ok: aAlert <= 3 });
		};
		progress("perdure: billed rows");
		const startsAt = new Date().toISOString();
		const endsAt = new Date(Date.now() + FAR_MS).toISOString();
		await count("firing, told", { startsAt, endsAt });
		await world.call("GET", "/bench/rows");
		for (let group = 0; group < groups; group += GROUPS_PER_POST) {
			const some = Array.from({ length: GROUPS_PER_POST }, (_, i) => group + i);
			await sender.post(some.flatMap((one) => alertsOf("billed", one, ALERTS_PER_GROUP, { startsAt, endsAt })));
		}
		await pause(500);
		const { notifier = 0 } = JSON.parse(await world.call("GET", "/bench/rows")) as Record<string, number>;
		rows.push({
			what: "billed rows of the notifier an alert: said again",
			value: notifier / alerts,
			unit: "rows",
			ratio: null,
		});
		await count("resolved, told", { startsAt, endsAt: new Date().toISOString() });
	} finally {
		await world.crash();
	}
}

/** As many active alerts as there is room for: what they take, and how long it takes to wake up with them. */
async function active(config: string, groups: number): Promise<void> {
	const inspectorPort = await freePort();
	const world = await startWorld(config, `active${groups}`, { inspectorPort });
	try {
		const sender = senderOf(world);
		const run = `active${groups}`;
		const emptyBytes = residentBytes({ pid: world.pid });
		await world.call("POST", "/api/v1/dev/tick?time=0");
		const emptyHeap = await heapBytes(inspectorPort, "perdure");
		const times = { startsAt: new Date().toISOString(), endsAt: new Date(Date.now() + FAR_MS).toISOString() };
		const beganMs = performance.now();
		progress(`perdure: ${ACTIVE} active alerts`);
		for (let from = 0; from < ACTIVE; from += ALERTS_PER_POST) {
			const groupOf = (alert: number) => Math.floor((alert * groups) / ACTIVE);
			const alerts = Array.from({ length: ALERTS_PER_POST }, (_, i) =>
				alertOf(run, groupOf(from + i), from + i, times),
			);
			await sender.post(alerts);
		}
		const what = `${ACTIVE} active alerts in ${groups === 1 ? "one group" : "1,000 groups"}`;
		const add = (item: string, value: number, unit: string): void => {
			rows.push({ what: `${what}: ${item}`, value, unit, ratio: null });
		};
		add("taken in", performance.now() - beganMs, "ms");
		const deadlineMs = performance.now() + SETTLE_MS;
		while (countOf(`perdure ${run} `) < groups && performance.now() < deadlineMs) await pause(50);
		add("told", countOf(`perdure ${run} `), "groups");
		add("until all were told", performance.now() - beganMs, "ms");
		add("memory of workerd, empty", emptyBytes / 2 ** 20, "MiB");
		add("memory of workerd, full", residentBytes({ pid: world.pid }) / 2 ** 20, "MiB");
		add("heap of its isolate, empty", emptyHeap / 2 ** 20, "MiB");
		const heap = (await heapBytes(inspectorPort, "perdure")) / 2 ** 20;
		add("heap of its isolate, full", heap, "MiB");
		aims.push({
			aim: `${what}: heap of the isolate`,
			want: "<= 100 MiB",
			got: `${heap.toFixed(0)} MiB`,
			ok: heap <= 100,
		});
		add("a call", await timeOf(() => world.call("GET", "/api/v1/deliveries?limit=1")), "ms");
		add("a post of 64 that are known", await timeOf(() => sender.post(alertsOf(run, 0, 64, times))), "ms");
		await world.crash();
		await world.start();
		await world.call("GET", "/livez");
		const wakeMs = await timeOf(() => world.call("GET", "/api/v1/deliveries?limit=1"), 1);
		add("the first call of a new process", wakeMs, "ms");
		const memory = residentBytes({ pid: world.pid }) / 2 ** 20;
		add("memory of workerd after it woke", memory, "MiB");
		add("heap of its isolate after it woke", (await heapBytes(inspectorPort, "perdure")) / 2 ** 20, "MiB");
		const taken = countOf(`perdure ${run} `);
		aims.push({ aim: `${what}: all told`, want: String(groups), got: String(taken), ok: taken === groups });
		aims.push({
			aim: `${what}: woken within 5 s`,
			want: "<= 5000 ms",
			got: `${Math.round(wakeMs)} ms`,
			ok: wakeMs <= 5_000,
		});
	} finally {
		await world.crash();
	}
}

function countOf(prefix: string): number {
	return [...sink.atMs.keys()].filter((key) => key.startsWith(prefix)).length;
}

/** The middle of some runs, milliseconds. */
async function timeOf(act: () => Promise<unknown>, runs = 5): Promise<number> {
	const took: number[] = [];
	for (let i = 0; i < runs; i++) {
		const beganMs = performance.now();
		await act();
		took.push(performance.now() - beganMs);
	}
	return took.sort((a, b) => a - b)[Math.floor(runs / 2)] ?? Number.NaN;
}

async function startWorld(
	config: string,
	name: string,
	{
		entry = "bench/workers/direct-queue.ts",
		...more
	}: { readonly entry?: string; readonly inspectorPort?: number } = {},
): Promise<World> {
	const script = await bundledScript(join(folder, `${name}-script`), entry);
	const world = new World({ script, stateFolder: join(folder, name), vars: {}, ...more });
	await world.start();
	await world.migrate();
	await world.call("PUT", "/api/v1/alertmanager/config", config, { "content-type": "application/yaml" });
	return world;
}

function senderOf(world: World): Sender {
	return {
		name: "perdure",
		pid: () => world.pid,
		post: async (alerts) => {
			await world.call("POST", "/api/v2/alerts", JSON.stringify(alerts));
		},
	};
}

function peerOf({ url, pid }: Alertmanager): Sender {
	return {
		name: "alertmanager",
		pid: () => pid,
		post: async (alerts) => {
			const reply = await fetch(`${url}/api/v2/alerts`, {
				method: "POST",
				headers: { "content-type": "application/json" },
				body: JSON.stringify(alerts),
			});
			if (!reply.ok) throw new Error(`alertmanager: ${reply.status} ${await reply.text()}`);
			await reply.arrayBuffer();
		},
	};
}

/** Alerts of the usual size: a dozen labels and annotations, some 500 characters. */
function alertsOf(run: string, group: number, count: number, times: Pick<V2Alert, "startsAt" | "endsAt">): V2Alert[] {
	return Array.from({ length: count }, (_, i) => alertOf(run, group, i, times));
}

function alertOf(run: string, group: number, i: number, times: Pick<V2Alert, "startsAt" | "endsAt">): V2Alert {
	return {
		labels: {
			alertname: "HighRequestLatency",
			run,
			group: `g${group}`,
			instance: `10.0.${group % 250}.${i}:9100`,
			job: "api-server",
			severity: i % 2 === 0 ? "critical" : "warning",
			cluster: "eu-central-1",
			namespace: "production",
		},
		annotations: {
			summary: `Request latency of instance ${i} in group ${group} is high`,
			description: "The 99th percentile of the request latency has been above half a second for more than ten minutes.",
			runbook_url: "https://runbooks.example.com/high-request-latency",
		},
		generatorURL: "http://prometheus.example.com/graph?g0.expr=histogram_quantile%280.99%29&g0.tab=1",
		...times,
	};
}

function pause(ms: number): Promise<void> {
	return new Promise((done) => setTimeout(done, ms));
}

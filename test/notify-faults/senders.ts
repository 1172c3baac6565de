/** Those who have to tell: Perdure under Miniflare, and Debian's Alertmanager; both take alerts, and can be killed and started. */
import { join } from "node:path";
import { stringify } from "yaml";
import { type Alertmanager, startAlertmanager } from "../../bench/alertmanager.ts";
import type { V2Alert } from "../../bench/alertmanager-api.ts";
import { bundledScript, World } from "../faults/world.ts";
import type { Receiver } from "./receiver.ts";
import { type Channel, configOf } from "./services.ts";

export interface Sender {
	readonly name: string;
	start(): Promise<void>;
	/** SIGKILL, and a new process on the same state. */
	restart(): Promise<void>;
	/** Throws while it is down. */
	post(alerts: readonly V2Alert[]): Promise<void>;
	/** Its clock. */
	nowMs(): number;
	/** Waits until nothing more will come, or the deadline (real time) is over; answers what is left, "" for nothing. */
	drain(deadlineMs: number): Promise<string>;
	/** Nobody waits for the next attempt: if nothing is on its way, its time has come. True: nothing is left. */
	hurry(): Promise<boolean>;
	stop(): Promise<void>;
}

/** While Perdure is down, so much of its own time passes: leases of what died with the process run out. */
const DOWN_MS = 30_000;
const QUIET_MS = 1_500;
/** Alertmanager tries again at the next group_interval; what has not come by then does not come. */
const PEER_QUIET_MS = 6_000;

/** Stands for the binding EMAIL, which has no local service: each mail is one request, and a refusal is thrown. */
const postman = (url: string): string => `
import { WorkerEntrypoint } from "cloudflare:workers";
export default class Postman extends WorkerEntrypoint {
	async send(mail) {
		const reply = await fetch("${url}/email", { method: "POST", body: JSON.stringify(mail) });
		if (!reply.ok) throw Object.assign(new Error("refused"), { code: "E_INTERNAL_SERVER_ERROR" });
		await reply.text();
		return { messageId: "1" };
	}
}`;

export class PerdureSender implements Sender {
	readonly name = "perdure";
	readonly #world: World;
	readonly #receiver: Receiver;
	readonly #config: string;

	private constructor(world: World, receiver: Receiver, config: string) {
		this.#world = world;
		this.#receiver = receiver;
		this.#config = config;
		receiver.nowMs = () => world.nowMs();
	}

	static async make(folder: string, receiver: Receiver, channels: readonly Channel[]): Promise<PerdureSender> {
		const url = await receiver.listen();
		const world = new World({
			script: await bundledScript(folder),
			stateFolder: join(folder, "state"),
			vars: {},
			postman: postman(url),
		});
		return new PerdureSender(world, receiver, stringify(configOf(channels, url)));
	}

	async start(): Promise<void> {
		await this.#world.start();
		await this.#world.migrate();
		await this.#world.call("PUT", "/api/v1/alertmanager/config", this.#config, { "content-type": "application/yaml" });
	}

	async restart(): Promise<void> {
		await this.#world.crash();
		this.#world.sleep(DOWN_MS);
		await this.#world.start();
	}

	async post(alerts: readonly V2Alert[]): Promise<void> {
		await this.#world.call("POST", "/api/v2/alerts", JSON.stringify(alerts));
	}

	nowMs(): number {
		return this.#world.nowMs();
	}

	async drain(deadlineMs: number): Promise<string> {
		while (Date.now() < deadlineMs) {
			if (await this.hurry()) return "";
			await pause(100);
		}
		const clock = new Date(this.nowMs()).toISOString();
		return `${JSON.stringify(await this.#open())}; ${this.#receiver.open} requests are open, the clock is ${clock}`;
	}

	/** The clock jumps to where the next attempt waits. */
	async hurry(): Promise<boolean> {
		const open = await this.#open();
		if (open.length === 0) return true;
		const isQuiet = this.#receiver.open === 0 && Date.now() - this.#receiver.lastRequestMs > QUIET_MS;
		// What waits behind another one of its lane has had its time already.
		const waitsMs = open.map(({ nextAt }) => Date.parse(nextAt)).filter((ms) => ms > this.nowMs());
		if (isQuiet && waitsMs.length > 0) await this.#world.moveTo(Math.min(...waitsMs) + 50);
		await this.#world.call("POST", "/api/v1/dev/tick?time=0");
		return false;
	}

	async stop(): Promise<void> {
		await this.#world.crash();
	}

	async #open(): Promise<readonly { readonly state: string; readonly nextAt: string }[]> {
		const answer = JSON.parse(await this.#world.call("GET", "/api/v1/deliveries?limit=500")) as {
			readonly deliveries: readonly { readonly state: string; readonly nextAt: string }[];
		};
		return answer.deliveries.filter(({ state }) => state === "pending" || state === "sending");
	}
}

export class AlertmanagerSender implements Sender {
	readonly name = "alertmanager";
	readonly #folder: string;
	readonly #config: string;
	readonly #receiver: Receiver;
	#process: Alertmanager | null = null;

	private constructor(folder: string, config: string, receiver: Receiver) {
		this.#folder = folder;
		this.#config = config;
		this.#receiver = receiver;
	}

	static async make(folder: string, receiver: Receiver, channels: readonly Channel[]): Promise<AlertmanagerSender> {
		return new AlertmanagerSender(folder, stringify(configOf(channels, await receiver.listen())), receiver);
	}

	async start(): Promise<void> {
		this.#process = await startAlertmanager(this.#folder, this.#config, "http://alertmanager.invalid");
	}

	async restart(): Promise<void> {
		await this.stop();
		await this.start();
	}

	async post(alerts: readonly V2Alert[]): Promise<void> {
		const reply = await fetch(`${this.#process?.url}/api/v2/alerts`, {
			method: "POST",
			headers: { "content-type": "application/json" },
			body: JSON.stringify(alerts),
			signal: AbortSignal.timeout(5_000),
		});
		const text = await reply.text();
		if (!reply.ok) throw new Error(`alertmanager: ${reply.status} ${text}`);
	}

	nowMs(): number {
		return Date.now();
	}

	async drain(deadlineMs: number): Promise<string> {
		const beganMs = Date.now();
		for (;;) {
			const quietSinceMs = Math.max(beganMs, this.#receiver.lastRequestMs);
			if (Date.now() > deadlineMs || (this.#receiver.open === 0 && Date.now() - quietSinceMs > PEER_QUIET_MS))
				return "";
			await pause(200);
		}
	}

	async hurry(): Promise<boolean> {
		return true;
	}

	async stop(): Promise<void> {
		await this.#process?.kill();
		this.#process = null;
	}
}

function pause(ms: number): Promise<void> {
	return new Promise((done) => setTimeout(done, ms));
}

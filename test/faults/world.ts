/**
 * The whole of Perdure under Miniflare: objects, D1, KV, R2, the queue DELIVERIES and cron, with state in a folder. `crash` ends
 * the workerd process as SIGKILL does; `start` begins a new one on the same folder. The queue lives in memory and is gone.
 */
import { readdirSync, readFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { convertV4MiniflareOptions, Miniflare } from "miniflare";
import { residentBytes } from "../../bench/api.ts";
import { workerdChildren } from "../../bench/processes.ts";
import { bundle, COMPATIBILITY_DATE, perdure, TOKEN } from "../../bench/workerd.ts";

const MIGRATIONS = resolve(import.meta.dirname, "../../migrations");
const QUEUE = "perdure-deliveries";
/** A queue that waits a second before it delivers would make the run long. */
const QUEUE_WAIT_S = 0.05;

export type WorldOptions = {
	/** Perdure in one file. */
	readonly script: string;
	/** Where D1 and the objects are kept. */
	readonly stateFolder: string;
	readonly vars: Readonly<Record<string, string>>;
	/** A Worker whose `send` stands in for the binding EMAIL; left out: there is no such binding. */
	readonly postman?: string;
	/** Where its debugger listens; left out: nowhere. */
	readonly inspectorPort?: number;
};

export class World {
	readonly #options: WorldOptions;
	#miniflare: Miniflare | null = null;
	#pids: readonly number[] = [];
	#url = "";
	#offsetMs = 0;

	constructor(options: WorldOptions) {
		this.#options = options;
	}

	/** Starts a process on the state that is there, and sets its clock, which the one before took with it. */
	async start(): Promise<void> {
		const miniflare = new Miniflare(convertV4MiniflareOptions(optionsOf(this.#options)));
		this.#miniflare = miniflare;
		this.#url = (await miniflare.ready).href.replace(/\/$/, "");
		this.#pids = workerdChildren();
		await this.moveTo(this.nowMs());
	}

	/** SIGKILL, this very moment. */
	strike(): void {
		for (const pid of this.#pids) process.kill(pid, "SIGKILL");
		this.#pids = [];
	}

	/** Ends the process, and waits until it is gone. Whatever was on its way fails. */
	async crash(): Promise<void> {
		this.strike();
		await this.#miniflare?.dispose();
		this.#miniflare = null;
	}

	/** The process that does the work: of workerd's, the one with the most memory. */
	get pid(): number {
		const [pid = 0] = [...this.#pids].sort((a, b) => residentBytes({ pid: b }) - residentBytes({ pid: a }));
		return pid;
	}

	async migrate(): Promise<void> {
		const database = await (this.#miniflare as Miniflare).getD1Database("DB");
		for (const file of readdirSync(MIGRATIONS).sort()) {
			const sql = readFileSync(join(MIGRATIONS, file), "utf8").replace(/--.*$/gm, "");
			const statements = sql.split(";").filter((statement) => statement.trim() !== "");
			await database.batch(statements.map((statement) => database.prepare(statement)));
		}
	}

	/** Where the objects of a class are kept. */
	objects(className: "MetricObject" | "NotifierObject"): string {
		return join(this.#options.stateFolder, `do/perdure-${className}`);
	}

	/** Virtual time. */
	nowMs(): number {
		return Date.now() + this.#offsetMs;
	}

	/** Virtual time passes while no process runs. */
	sleep(ms: number): void {
		this.#offsetMs += ms;
	}

	/** Moves virtual time; it runs on from there with the real one. */
	async moveTo(virtualMs: number): Promise<void> {
		const offsetMs = Math.round(virtualMs - Date.now());
		await this.call("PUT", "/api/v1/dev/clock", JSON.stringify({ offsetMs }));
		this.#offsetMs = offsetMs;
	}

	/** Cron comes for the minute `virtualMs`. */
	async cron(virtualMs: number): Promise<void> {
		const realMs = virtualMs - this.#offsetMs;
		await this.call("GET", `/cdn-cgi/local/scheduled?cron=*+*+*+*+*&time=${realMs}`);
	}

	/** One call that must succeed; throws when the process is gone. */
	async call(
		method: string,
		path: string,
		body?: string,
		headers: Readonly<Record<string, string>> = {},
	): Promise<string> {
		const reply = await fetch(`${this.#url}${path}`, {
			method,
			headers: {
				authorization: `Bearer ${TOKEN}`,
				...(body !== undefined && { "content-type": "application/json" }),
				...headers,
			},
			...(body !== undefined && { body }),
			signal: AbortSignal.timeout(CALL_TIMEOUT_MS),
		});
		const text = await reply.text();
		if (!reply.ok) throw new Error(`${method} ${path}: ${reply.status} ${text.slice(0, 500)}`);
		return text;
	}
}

const CALL_TIMEOUT_MS = 30_000;

/** Bundles Perdure, or a Worker that stands around it, into a folder; gives the script. */
export async function bundledScript(folder: string, entry = perdure().entry): Promise<string> {
	await bundle(folder, [{ ...perdure(), entry }]);
	return readFileSync(join(folder, "perdure.js"), "utf8");
}

function optionsOf({
	script,
	stateFolder,
	vars,
	postman,
	inspectorPort,
}: WorldOptions): Parameters<typeof convertV4MiniflareOptions>[0] {
	const object = (className: string) => ({ className, useSQLite: true });
	const worker = {
		name: "perdure",
		modules: [moduleOf(script)],
		compatibilityDate: COMPATIBILITY_DATE,
		durableObjects: {
			METRIC: object("MetricObject"),
			CATALOG: object("CatalogObject"),
			NOTIFIER: object("NotifierObject"),
		},
		d1Databases: { DB: "perdure" },
		kvNamespaces: { SYSTEM_CONFIG: "perdure" },
		r2Buckets: { ARCHIVE: "perdure-archive" },
		queueProducers: { DELIVERIES: QUEUE },
		queueConsumers: { [QUEUE]: { maxBatchSize: 10, maxBatchTimeout: QUEUE_WAIT_S, maxRetries: 3 } },
		bindings: { ENVIRONMENT: "faults", DEVELOPMENT: "true", ADMIN_TOKEN: TOKEN, ...vars },
		...(postman !== undefined && { serviceBindings: { EMAIL: "postman" } }),
		unsafeTriggerHandlers: true,
	};
	const shared = {
		host: "127.0.0.1",
		port: 0,
		cf: false,
		...(inspectorPort !== undefined && { inspectorPort }),
		resourcePersistencePath: stateFolder,
		// What a killed process leaves half said is of no interest here.
		handleStructuredLogs: () => undefined,
	};
	// Cron can be triggered only where there is one Worker.
	if (postman === undefined) return { ...worker, ...shared };
	const post = { name: "postman", modules: [moduleOf(postman)], compatibilityDate: COMPATIBILITY_DATE };
	return { workers: [worker, post], ...shared };
}

function moduleOf(contents: string): { type: "ESModule"; path: string; contents: string } {
	return { type: "ESModule", path: "index.js", contents };
}

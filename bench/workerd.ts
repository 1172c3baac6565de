/**
 * Raw workerd on the project's own bundle, as the benchmarks and the fault tests run it: no proxy in between, state in a
 * folder that outlives the process, killed at will. Loopback only.
 */
import { type ChildProcess, spawn } from "node:child_process";
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { build } from "esbuild";
import { freePort } from "../src/cli/free-port.ts";

const ROOT = resolve(import.meta.dirname, "..");
/** As wrangler.toml says. */
export const COMPATIBILITY_DATE =
	/compatibility_date = "([^"]+)"/.exec(readFileSync(join(ROOT, "wrangler.toml"), "utf8"))?.[1] ?? "";
const START_TIMEOUT_MS = 20_000;

/** One Worker: its entry, objects by binding, and whatever else is bound. */
export type WorkerSpec = {
	readonly name: string;
	/** Relative to the project. */
	readonly entry: string;
	/** Binding to class name. */
	readonly objects?: Readonly<Record<string, string>>;
	readonly vars?: Readonly<Record<string, string>>;
	/** Binding to another Worker of the same process, optionally at one of its named entrypoints. */
	/** Binding to an object of another Worker of the same process. */
	readonly foreignObjects?: Readonly<Record<string, { readonly className: string; readonly service: string }>>;
	readonly services?: Readonly<Record<string, { readonly name: string; readonly entrypoint?: string }>>;
};

export type Workerd = {
	/** Of each Worker, by name: `http://127.0.0.1:port`. */
	readonly urls: Readonly<Record<string, string>>;
	readonly pid: number;
	/** Ends the process as a crash would, and waits until it is gone. */
	kill(): Promise<void>;
	/** What it wrote to its standard error. */
	log(): string;
};

/** The token that the started Perdure accepts for everything. */
export const TOKEN = "bench-token-of-no-other-use";

/** Perdure as it is deployed, with its objects. */
export function perdure(vars: Readonly<Record<string, string>> = {}): WorkerSpec {
	return {
		name: "perdure",
		entry: "src/index.ts",
		objects: { METRIC: "MetricObject", CATALOG: "CatalogObject", NOTIFIER: "NotifierObject" },
		vars: { ENVIRONMENT: "benchmark", DEVELOPMENT: "true", ADMIN_TOKEN: TOKEN, ...vars },
	};
}

/** Bundles the Workers into `folder` and answers how to start them there, again and again, on the same state. */
export async function bundle(folder: string, workers: readonly WorkerSpec[]): Promise<() => Promise<Workerd>> {
	mkdirSync(join(folder, "state"), { recursive: true });
	for (const worker of workers) {
		await build({
			entryPoints: [join(ROOT, worker.entry)],
			outfile: join(folder, `${worker.name}.js`),
			bundle: true,
			format: "esm",
			target: "es2024",
			conditions: ["workerd", "worker", "browser"],
			external: ["cloudflare:*", "node:*"],
			loader: { ".yaml": "text" },
			logLevel: "error",
		});
	}
	return () => start(folder, workers);
}

async function start(folder: string, workers: readonly WorkerSpec[]): Promise<Workerd> {
	const ports = await Promise.all(workers.map(freePort));
	writeFileSync(join(folder, "config.capnp"), configText(workers, ports));
	const child = spawn(join(ROOT, "node_modules/workerd/bin/workerd"), ["serve", "--experimental", "config.capnp"], {
		cwd: folder,
		stdio: ["ignore", "ignore", "pipe"],
	});
	let log = "";
	child.stderr.on("data", (data: Buffer) => {
		log = (log + data.toString()).slice(-20_000);
	});
	const gone = new Promise<void>((done) => child.once("exit", () => done()));
	const urls = Object.fromEntries(workers.map((worker, i) => [worker.name, `http://127.0.0.1:${ports[i]}`]));
	try {
		await untilAnswers(Object.values(urls), child, () => log);
	} catch (error) {
		child.kill("SIGKILL");
		throw error;
	}
	return {
		urls,
		pid: child.pid ?? 0,
		log: () => log,
		kill: async () => {
			child.kill("SIGKILL");
			await gone;
		},
	};
}

function configText(workers: readonly WorkerSpec[], ports: readonly number[]): string {
	const services = workers.map(({ name }) => `(name = ${quote(name)}, worker = .${name})`);
	const sockets = workers.map(
		({ name }, i) => `(name = ${quote(name)}, address = "127.0.0.1:${ports[i]}", http = (), service = ${quote(name)})`,
	);
	return `using Workerd = import "/workerd/workerd.capnp";
const config :Workerd.Config = (
	services = [${services.join(", ")}, (name = "state", disk = (path = "state", writable = true)),
		(name = "internet", network = (allow = ["private", "local"]))],
	sockets = [${sockets.join(", ")}],
);
${workers.map(workerText).join("\n")}`;
}

function workerText(worker: WorkerSpec): string {
	const objects = Object.entries(worker.objects ?? {});
	const namespaces = objects.map(
		([, name]) => `(className = ${quote(name)}, uniqueKey = ${quote(`${worker.name}-${name}`)}, enableSql = true)`,
	);
	const services = Object.entries(worker.services ?? {}).map(([binding, { name, entrypoint }]) => {
		const at = entrypoint === undefined ? "" : `, entrypoint = ${quote(entrypoint)}`;
		return `(name = ${quote(binding)}, service = (name = ${quote(name)}${at}))`;
	});
	const bindings = [
		...objects.map(([binding, name]) => `(name = ${quote(binding)}, durableObjectNamespace = ${quote(name)})`),
		...Object.entries(worker.vars ?? {}).map(([name, text]) => `(name = ${quote(name)}, text = ${quote(text)})`),
		...services,
		...Object.entries(worker.foreignObjects ?? {}).map(
			([binding, { className, service }]) =>
				`(name = ${quote(binding)}, durableObjectNamespace = (className = ${quote(className)}, serviceName = ${quote(service)}))`,
		),
	];
	return `const ${worker.name} :Workerd.Worker = (
	modules = [(name = "index.js", esModule = embed ${quote(`${worker.name}.js`)})],
	compatibilityDate = ${quote(COMPATIBILITY_DATE)},
	durableObjectNamespaces = [${namespaces.join(", ")}],
	durableObjectStorage = (localDisk = "state"),
	bindings = [${bindings.join(", ")}],
);`;
}

function quote(text: string): string {
	return JSON.stringify(text);
}

async function untilAnswers(urls: readonly string[], child: ChildProcess, log: () => string): Promise<void> {
	const deadlineMs = Date.now() + START_TIMEOUT_MS;
	for (const url of urls) {
		for (;;) {
			if (child.exitCode !== null) throw new Error(`workerd ended: ${log()}`);
			if (Date.now() > deadlineMs) throw new Error(`workerd does not answer: ${log()}`);
			try {
				await (await fetch(`${url}/livez`)).arrayBuffer();
				break;
			} catch {
				await new Promise((done) => setTimeout(done, 20));
			}
		}
	}
}

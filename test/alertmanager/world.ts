/** Perdure as it is deployed, on loopback, for clients that others wrote: they are started as programs, unmodified. */
import { spawn, spawnSync } from "node:child_process";
import { join } from "node:path";
import { newFolder, removeFolder } from "../../bench/processes.ts";
import { bundle, perdure, TOKEN, type Workerd } from "../../bench/workerd.ts";

export { TOKEN };

/** Why a program cannot be asked, or null. */
export function missing(program: string, debianPackage: string): string | null {
	return spawnSync(program, ["--version"]).error === undefined
		? null
		: `${program} is not installed (Debian package ${debianPackage}): its tests are skipped`;
}

export type World = {
	/** `http://127.0.0.1:port` */
	readonly url: string;
	/** A folder that goes with the world. */
	readonly folder: string;
	ask(method: string, path: string, body?: unknown, headers?: Readonly<Record<string, string>>): Promise<Response>;
	close(): Promise<void>;
};

export async function openWorld(vars: Readonly<Record<string, string>> = {}): Promise<World> {
	const folder = newFolder();
	const workerd: Workerd = await (await bundle(folder, [perdure(vars)]))();
	const url = workerd.urls["perdure"] ?? "";
	return {
		url,
		folder: join(folder, "state", ".."),
		ask: (method, path, body, headers = {}) =>
			fetch(`${url}${path}`, {
				method,
				headers: { authorization: `Bearer ${TOKEN}`, "content-type": "application/json", ...headers },
				...(body === undefined ? {} : { body: typeof body === "string" ? body : JSON.stringify(body) }),
			}),
		close: async () => {
			await workerd.kill();
			removeFolder(folder);
		},
	};
}

/** A program that runs until it is stopped; what it writes is kept for the message of a test that fails. */
export function startProgram(program: string, args: readonly string[]): { stop(): Promise<void>; log(): string } {
	const child = spawn(program, args, { stdio: ["ignore", "pipe", "pipe"] });
	let log = "";
	for (const stream of [child.stdout, child.stderr]) {
		stream.on("data", (data: Buffer) => {
			log = (log + data.toString()).slice(-10_000);
		});
	}
	const gone = new Promise<void>((done) => child.once("exit", () => done()));
	return {
		log: () => log,
		stop: async () => {
			child.kill("SIGKILL");
			await gone;
		},
	};
}

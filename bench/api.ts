/** Calls to a started Perdure for what a benchmark prepares; what is measured goes through load.ts or a clock of its own. */
import { readFileSync } from "node:fs";
import { TOKEN, type Workerd } from "./workerd.ts";

/** One series as `POST /api/v1/record` takes it. */
export type Column = {
	readonly name: string;
	readonly kind?: string;
	readonly labels: Readonly<Record<string, string>>;
	readonly values: readonly number[];
	readonly timestamps?: readonly number[];
};

export const AUTHORIZED: Readonly<Record<string, string>> = { authorization: `Bearer ${TOKEN}` };

/** One call that must succeed; gives the answer's text. */
export async function call(
	workerd: Workerd,
	method: string,
	path: string,
	body?: string,
	contentType = "application/json",
): Promise<string> {
	const headers = body === undefined ? AUTHORIZED : { ...AUTHORIZED, "content-type": contentType };
	const reply = await fetch(`${workerd.urls["perdure"]}${path}`, { method, headers, ...(body && { body }) });
	const text = await reply.text();
	if (!reply.ok) throw new Error(`${method} ${path}: ${reply.status} ${text.slice(0, 500)}`);
	return text;
}

/** Sets the clock of the started process, which forgets it when it ends. */
export async function setClock(workerd: Workerd, toMs: number): Promise<void> {
	await call(workerd, "PUT", "/api/v1/dev/clock", JSON.stringify({ offsetMs: Math.round(toMs - Date.now()) }));
}

export async function recordColumns(workerd: Workerd, series: readonly Column[]): Promise<void> {
	await call(workerd, "POST", "/api/v1/record", JSON.stringify({ series }));
}

/** Resident memory of the process, bytes (VmRSS; Linux). */
export function residentBytes({ pid }: Pick<Workerd, "pid">): number {
	const kib = /VmRSS:\s+(\d+) kB/.exec(readFileSync(`/proc/${pid}/status`, "utf8"))?.[1];
	return Number(kib) * 1024;
}

/** A generator of numbers in [0, 1) that gives the same ones every time (mulberry32). */
export function seeded(seed: number): () => number {
	let state = seed;
	return () => {
		state = (state + 0x6d2b79f5) | 0;
		let t = Math.imul(state ^ (state >>> 15), 1 | state);
		t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
		return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
	};
}

/** Log-normal latencies in milliseconds, median 50, sigma 0.6, three decimals. */
export function logNormal(random: () => number): () => number {
	return () => {
		const normal = Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random());
		return Math.round(50_000 * Math.exp(0.6 * normal)) / 1000;
	};
}

/**
 * Load on one loopback address: so many connections, each with one request in flight, for so many milliseconds. Plain
 * sockets, since Node's HTTP client would be the bottleneck of what is measured.
 */
import { connect, type Socket } from "node:net";

export type LoadResult = {
	readonly requests: number;
	readonly failures: number;
	readonly seconds: number;
	/** Requests a second. */
	readonly rate: number;
	/** Milliseconds. */
	readonly p50Ms: number;
	readonly p99Ms: number;
	/** The first answer that was not a 2xx, for the reader. */
	readonly firstFailure: string | null;
};

export type LoadOptions = {
	readonly url: string;
	readonly connections: number;
	readonly durationMs: number;
	/** The whole request, head and body, of the nth call. */
	readonly request: (n: number) => Buffer;
};

/** The bytes of one request. */
export function requestBytes(
	url: string,
	method: string,
	headers: Readonly<Record<string, string>>,
	body: Buffer,
): Buffer {
	const { host, pathname, search } = new URL(url);
	const lines = Object.entries({ host, "content-length": String(body.length), ...headers }).map(
		([name, value]) => `${name}: ${value}`,
	);
	return Buffer.concat([Buffer.from(`${method} ${pathname}${search} HTTP/1.1\r\n${lines.join("\r\n")}\r\n\r\n`), body]);
}

/** Runs the load; every connection stops when the time is up and its last answer has come. */
export async function load(options: LoadOptions): Promise<LoadResult> {
	const { hostname, port } = new URL(options.url);
	const latencies: number[] = [];
	let failures = 0;
	let firstFailure: string | null = null;
	let sent = 0;
	const startMs = performance.now();
	const endMs = startMs + options.durationMs;
	const one = () =>
		new Promise<void>((done, fail) => {
			const socket = connect({ host: hostname, port: Number(port), noDelay: true });
			let beganMs = 0;
			const next = () => {
				if (performance.now() >= endMs) {
					socket.destroy();
					done();
					return;
				}
				beganMs = performance.now();
				socket.write(options.request(sent++));
			};
			readAnswers(socket, (status, text) => {
				latencies.push(performance.now() - beganMs);
				if (status < 200 || status > 299) {
					failures++;
					firstFailure ??= `${status} ${text()}`;
				}
				next();
			});
			socket.once("connect", next);
			socket.once("error", fail);
		});
	await Promise.all(Array.from({ length: options.connections }, one));
	const seconds = (performance.now() - startMs) / 1000;
	latencies.sort((a, b) => a - b);
	const at = (q: number) => latencies[Math.min(latencies.length - 1, Math.floor(q * latencies.length))] ?? Number.NaN;
	const requests = latencies.length;
	return { requests, failures, seconds, rate: requests / seconds, p50Ms: at(0.5), p99Ms: at(0.99), firstFailure };
}

/** Calls `answered` for every whole answer; understands Content-Length and chunked bodies. */
function readAnswers(socket: Socket, answered: (status: number, text: () => string) => void): void {
	let buffer = Buffer.alloc(0);
	socket.on("data", (data: Buffer) => {
		buffer = buffer.length === 0 ? data : Buffer.concat([buffer, data]);
		for (;;) {
			const headEnd = buffer.indexOf("\r\n\r\n");
			if (headEnd < 0) return;
			const head = buffer.subarray(0, headEnd).toString("latin1");
			const length = /content-length: *(\d+)/i.exec(head)?.[1];
			const end = length === undefined ? chunkedEnd(buffer, headEnd + 4) : headEnd + 4 + Number(length);
			if (end < 0 || buffer.length < end) return;
			const body = buffer.subarray(headEnd + 4, end);
			buffer = buffer.subarray(end);
			answered(Number(head.slice(9, 12)), () => body.toString().slice(0, 500));
		}
	});
}

function chunkedEnd(buffer: Buffer, from: number): number {
	const end = buffer.indexOf("0\r\n\r\n", from);
	return end < 0 ? -1 : end + 5;
}

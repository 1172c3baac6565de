/**
 * A receiver of webhooks on loopback, in Node, beside the tests: it answers as a test told it to, by alert name, and
 * keeps what it was sent. One server for a whole run; it never keeps the run alive.
 */
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";

/** A key of the kind that Standard Webhooks describes; the receiver's half of it stands in no other place. */
export const WEBHOOK_SECRET = "whsec_C2FVsBQIhrscChlQIMV+b5sSYspob7oD";

/** How to answer one message. `reset`: the connection breaks instead. */
export type Answer = {
	readonly status?: number;
	readonly headers?: Readonly<Record<string, string>>;
	readonly delayMs?: number;
	readonly reset?: boolean;
	readonly body?: string;
};

/** One message as it came. */
export type Received = {
	readonly id: string;
	readonly status: string;
	readonly headers: Readonly<Record<string, string>>;
	readonly body: string;
	readonly atMs: number;
	/** HTTP status that was answered; 0: the connection was broken. */
	readonly answered: number;
};

let starting: Promise<string> | null = null;

/** The address of the hook; starts the server at the first call. */
export function startReceiver(): Promise<string> {
	starting ??= new Promise((resolve) => {
		const scripts = new Map<string, Answer[]>();
		const received = new Map<string, Received[]>();
		const server = createServer((request, response) => {
			void serve(request, response, scripts, received);
		});
		server.listen(0, "127.0.0.1", () => {
			server.unref();
			resolve(`http://127.0.0.1:${(server.address() as AddressInfo).port}/hook/secret-path`);
		});
	});
	return starting;
}

async function serve(
	request: IncomingMessage,
	response: ServerResponse,
	scripts: Map<string, Answer[]>,
	received: Map<string, Received[]>,
): Promise<void> {
	let body = "";
	for await (const chunk of request) body += String(chunk);
	const url = new URL(request.url ?? "/", "http://receiver");
	const name = url.searchParams.get("alert") ?? "";
	if (url.pathname === "/script") {
		scripts.set(name, JSON.parse(body) as Answer[]);
		response.end("ok");
		return;
	}
	if (url.pathname === "/received") {
		response.end(JSON.stringify(received.get(name) ?? []));
		return;
	}
	if (request.method !== "POST") {
		// The test of a connection: most hooks answer it so.
		response.writeHead(405).end();
		return;
	}
	const payload = JSON.parse(body) as { status: string; alerts: { labels: Record<string, string> }[] };
	const alert = payload.alerts[0]?.labels["alertname"] ?? "";
	const answer = scripts.get(alert)?.shift() ?? {};
	const status = answer.reset === true ? 0 : (answer.status ?? 200);
	const headers = Object.fromEntries(Object.entries(request.headers).map(([key, value]) => [key, String(value)]));
	const entry = { id: headers["webhook-id"] ?? "", status: payload.status, headers, body, answered: status };
	received.set(alert, [...(received.get(alert) ?? []), { ...entry, atMs: Date.now() }]);
	if (answer.delayMs !== undefined) await new Promise((resolve) => setTimeout(resolve, answer.delayMs));
	if (answer.reset === true) {
		request.socket.destroy();
		return;
	}
	response.writeHead(status, answer.headers ?? {});
	response.end(answer.body ?? "thanks");
}

/**
 * The services that channels speak to, played on loopback in Node: each answers as the real one does when all is well, or
 * as a test told it to, by the key in its path, and keeps what it was sent. It never keeps the run alive.
 */
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";

/** How to answer one call. */
export type Answer = {
	readonly status?: number;
	readonly headers?: Readonly<Record<string, string>>;
	readonly body?: string;
	readonly delayMs?: number;
	/** The connection breaks instead. */
	readonly reset?: boolean;
	/** After the headers and the body given, nothing more comes, and no end. */
	readonly hang?: boolean;
	/** A body without an end. */
	readonly endless?: boolean;
	/** The body is made of all that the caller sent: address, headers, body. */
	readonly echo?: "text" | "description" | "error" | "message" | "code";
};

/** One call as it came. */
export type Received = {
	readonly method: string;
	readonly path: string;
	readonly headers: Readonly<Record<string, string>>;
	readonly body: string;
};

const WELL: Readonly<Record<string, Answer>> = {
	slack: { body: "ok", headers: { "content-type": "text/html" } },
	lark: { body: '{"code":0,"msg":"success","data":{}}', headers: { "content-type": "application/json" } },
	telegram: { body: '{"ok":true,"result":{"message_id":1}}', headers: { "content-type": "application/json" } },
	pagerduty: { status: 202, body: '{"status":"success","message":"Event processed","dedup_key":"x"}' },
	webhook: { body: "thanks" },
};

let starting: Promise<string> | null = null;

/** The address of the services, `http://127.0.0.1:port`; a service is at `/<service>/<key>`. Starts them at the first call. */
export function startServices(): Promise<string> {
	starting ??= new Promise((resolve) => {
		const scripts = new Map<string, Answer[]>();
		const received = new Map<string, Received[]>();
		const server = createServer((request, response) => {
			serve(request, response, scripts, received).catch(() => response.destroy());
		});
		server.listen(0, "127.0.0.1", () => {
			server.unref();
			resolve(`http://127.0.0.1:${(server.address() as AddressInfo).port}`);
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
	const chunks: Buffer[] = [];
	for await (const chunk of request) chunks.push(chunk as Buffer);
	const body = Buffer.concat(chunks).toString("utf8");
	const url = new URL(request.url ?? "/", "http://services");
	const [, service = "", key = ""] = url.pathname.split("/");
	if (service === "script") {
		scripts.set(key, JSON.parse(body) as Answer[]);
		response.end("ok");
		return;
	}
	if (service === "received") {
		response.end(JSON.stringify(received.get(key) ?? []));
		return;
	}
	const headers = Object.fromEntries(Object.entries(request.headers).map(([name, value]) => [name, String(value)]));
	const call = { method: request.method ?? "", path: url.pathname + url.search, headers, body };
	received.set(key, [...(received.get(key) ?? []), call]);
	const told = scripts.get(key)?.shift();
	await answer(request, response, told ?? WELL[service] ?? { status: 404 }, call);
}

async function answer(request: IncomingMessage, response: ServerResponse, told: Answer, call: Received): Promise<void> {
	if (told.delayMs !== undefined) await new Promise((resolve) => setTimeout(resolve, told.delayMs));
	if (told.reset === true) {
		request.socket.destroy();
		return;
	}
	const all = `${call.path} ${JSON.stringify(call.headers)} ${call.body}`;
	const echoed =
		told.echo === "text" || told.echo === undefined ? all : JSON.stringify({ ok: false, [told.echo]: all });
	const type: Readonly<Record<string, string>> =
		told.echo === undefined || told.echo === "text" ? {} : { "content-type": "application/json" };
	response.writeHead(told.status ?? 200, { ...type, ...told.headers });
	if (told.endless === true) {
		const chunk = "x".repeat(65_536);
		const more = (): void => {
			while (!response.destroyed && response.write(chunk));
		};
		response.on("drain", more);
		more();
		return;
	}
	const body = told.echo === undefined ? (told.body ?? "") : echoed;
	if (told.hang === true) response.write(body === "" ? " " : body);
	else response.end(body);
}

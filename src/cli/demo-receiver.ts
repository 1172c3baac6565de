/** The receiver of the demo: takes webhooks on loopback, checks their signature, and says what it was sent. */
import { createHmac, randomBytes, timingSafeEqual } from "node:crypto";
import { createServer, type IncomingMessage } from "node:http";

export type Received = {
	readonly atMs: number;
	readonly status: "firing" | "resolved";
	readonly alertname: string;
	readonly summary: string;
	readonly isSigned: boolean;
};

export type DemoReceiver = {
	readonly url: string;
	/** In the form of Standard Webhooks. */
	readonly secret: string;
	readonly received: readonly Received[];
	close(): void;
};

type Payload = {
	readonly alerts: readonly {
		readonly status: "firing" | "resolved";
		readonly labels: Readonly<Record<string, string>>;
		readonly annotations: Readonly<Record<string, string>>;
	}[];
};

/** Listens on a free port. */
export function startReceiver(onReceived: (received: Received) => void): Promise<DemoReceiver> {
	const key = randomBytes(32);
	const received: Received[] = [];
	const server = createServer(async (request, response) => {
		const body = await readBody(request);
		for (const alert of (JSON.parse(body) as Payload).alerts) {
			const one: Received = {
				atMs: Date.now(),
				status: alert.status,
				alertname: alert.labels["alertname"] ?? "",
				summary: alert.annotations["summary"] ?? "",
				isSigned: isSigned(request, body, key),
			};
			received.push(one);
			onReceived(one);
		}
		response.writeHead(204).end();
	});
	return new Promise((done) => {
		server.listen(0, "127.0.0.1", () => {
			const address = server.address();
			const port = typeof address === "object" && address !== null ? address.port : 0;
			const secret = `whsec_${key.toString("base64")}`;
			done({ url: `http://127.0.0.1:${port}/alerts`, secret, received, close: () => server.close() });
		});
	});
}

/** https://www.standardwebhooks.com: HMAC-SHA256 over `id.timestamp.body`. */
function isSigned(request: IncomingMessage, body: string, key: Buffer): boolean {
	const { "webhook-id": id, "webhook-timestamp": timestamp, "webhook-signature": signature } = request.headers;
	const wanted = Buffer.from(`v1,${createHmac("sha256", key).update(`${id}.${timestamp}.${body}`).digest("base64")}`);
	const got = Buffer.from(String(signature));
	return got.length === wanted.length && timingSafeEqual(got, wanted);
}

async function readBody(request: IncomingMessage): Promise<string> {
	const chunks: Buffer[] = [];
	for await (const chunk of request) chunks.push(chunk as Buffer);
	return Buffer.concat(chunks).toString();
}

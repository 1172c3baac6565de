/**
 * A receiver of webhooks on loopback, outside of what is killed. It checks signatures, is out of order now and then (500, or 429
 * with Retry-After), and keeps all that it was sent in the order in which it came.
 */
import { createHmac, randomBytes, timingSafeEqual } from "node:crypto";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import type { Chance } from "./chance.ts";

/** One attempt as it came. */
export type Attempt = {
	/** `webhook-id`, the idempotency key. */
	readonly id: string;
	/** Alert name and site. */
	readonly alert: string;
	readonly status: string;
	readonly startsAtMs: number;
	readonly isSigned: boolean;
	readonly answered: number;
	/** Virtual time, and how many kills there had been. */
	readonly atMs: number;
	readonly kills: number;
};

type Payload = {
	readonly alerts: readonly {
		readonly status: string;
		readonly labels: Readonly<Record<string, string>>;
		readonly startsAt: string;
	}[];
};

const FAILING = 0.2;
const BUSY = 0.15;
const ANSWER_AFTER_MS_MAX = 60;

export class Receiver {
	readonly secret: string;
	readonly attempts: Attempt[] = [];
	/** Told by the run, so that a repeat without a kill can be seen. */
	kills = 0;
	/** Refuses everything. */
	isDown = false;
	/** Reads the virtual clock. */
	nowMs: () => number = Date.now;
	readonly #chance: Chance;
	readonly #key = randomBytes(32);
	readonly #server = createServer((request, response) => void this.#receive(request, response));

	constructor(chance: Chance) {
		this.#chance = chance;
		this.secret = `whsec_${this.#key.toString("base64")}`;
	}

	/** Listens; gives the address. */
	listen(): Promise<string> {
		return new Promise((done) => {
			this.#server.listen(0, "127.0.0.1", () => {
				done(`http://127.0.0.1:${(this.#server.address() as AddressInfo).port}/alerts`);
			});
		});
	}

	close(): void {
		this.#server.close();
		this.#server.closeAllConnections();
	}

	async #receive(request: IncomingMessage, response: ServerResponse): Promise<void> {
		const chunks: Buffer[] = [];
		try {
			for await (const chunk of request) chunks.push(chunk as Buffer);
		} catch {
			// The sender was killed in the middle of it.
			return;
		}
		const body = Buffer.concat(chunks).toString();
		const draw = this.#chance.fraction();
		const answered = this.isDown || draw < FAILING ? 500 : draw < FAILING + BUSY ? 429 : 204;
		const { kills } = this;
		for (const alert of (JSON.parse(body) as Payload).alerts) {
			this.attempts.push({
				id: String(request.headers["webhook-id"]),
				alert: `${alert.labels["alertname"]} ${alert.labels["site"]}`,
				status: alert.status,
				startsAtMs: Date.parse(alert.startsAt),
				isSigned: this.#isSigned(request, body),
				answered,
				atMs: this.nowMs(),
				kills,
			});
		}
		await new Promise((done) => setTimeout(done, this.#chance.whole(0, ANSWER_AFTER_MS_MAX)));
		response.writeHead(answered, answered === 429 ? { "retry-after": "1" } : {}).end();
	}

	/** https://www.standardwebhooks.com: HMAC-SHA256 over `id.timestamp.body`. */
	#isSigned(request: IncomingMessage, body: string): boolean {
		const { "webhook-id": id, "webhook-timestamp": timestamp, "webhook-signature": signature } = request.headers;
		const text = `${id}.${timestamp}.${body}`;
		const wanted = Buffer.from(`v1,${createHmac("sha256", this.#key).update(text).digest("base64")}`);
		const got = Buffer.from(String(signature));
		return got.length === wanted.length && timingSafeEqual(got, wanted);
	}
}

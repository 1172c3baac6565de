/** The webhooks of all receivers, for both senders: told apart by the User-Agent. Keeps what came, in the order in which it came. */
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";

export const SENDERS = ["alertmanager", "perdure"] as const;
export type Sender = (typeof SENDERS)[number];

/** One request that was accepted. */
export type Got = {
	readonly sender: Sender;
	readonly scenario: string;
	/** `receiver/0`. */
	readonly hook: string;
	readonly atMs: number;
	readonly payload: Payload;
};

/** Alertmanager's webhook, version 4. */
export type Payload = {
	readonly version: string;
	readonly groupKey: string;
	readonly truncatedAlerts: number;
	readonly status: string;
	readonly receiver: string;
	readonly groupLabels: Readonly<Record<string, string>>;
	readonly commonLabels: Readonly<Record<string, string>>;
	readonly commonAnnotations: Readonly<Record<string, string>>;
	readonly externalURL: string;
	readonly alerts: readonly {
		readonly status: string;
		readonly labels: Readonly<Record<string, string>>;
		readonly annotations: Readonly<Record<string, string>>;
		readonly startsAt: string;
		readonly endsAt: string;
		readonly generatorURL: string;
		readonly fingerprint: string;
	}[];
};

/** Long enough that what was told is noted later than the tick at which it was. */
const ANSWER_AFTER_MS = 30;

export class Hooks {
	readonly got: Got[] = [];
	readonly #answers: ReadonlyMap<string, readonly number[]>;
	readonly #asked = new Map<string, number>();
	readonly #server = createServer((request, response) => void this.#receive(request, response));

	/** `answers`: by scenario, what each sender gets in turn. */
	constructor(answers: ReadonlyMap<string, readonly number[]>) {
		this.#answers = answers;
	}

	/** Listens; gives the address. */
	listen(): Promise<string> {
		return new Promise((done) => {
			this.#server.listen(0, "127.0.0.1", () => {
				done(`http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`);
			});
		});
	}

	close(): void {
		this.#server.close();
		this.#server.closeAllConnections();
	}

	async #receive(request: IncomingMessage, response: ServerResponse): Promise<void> {
		const atMs = Date.now();
		const chunks: Buffer[] = [];
		for await (const chunk of request) chunks.push(chunk as Buffer);
		const [, scenario = "", receiver, index] = (request.url ?? "").split("/");
		const sender = String(request.headers["user-agent"]).startsWith("Alertmanager") ? "alertmanager" : "perdure";
		const turn = this.#asked.get(`${sender} ${scenario}`) ?? 0;
		this.#asked.set(`${sender} ${scenario}`, turn + 1);
		const status = this.#answers.get(scenario)?.[turn] ?? 200;
		if (status === 200) {
			const payload = JSON.parse(Buffer.concat(chunks).toString()) as Payload;
			this.got.push({ sender, scenario, hook: `${receiver}/${index}`, atMs, payload });
		}
		await new Promise((done) => setTimeout(done, ANSWER_AFTER_MS));
		response.writeHead(status, status === 429 ? { "retry-after": "2" } : {}).end();
	}
}

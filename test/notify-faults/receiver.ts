/**
 * All services behind one address on loopback, outside of what is killed. Out of order as drawn: busy with a time to come back,
 * broken, silent, gone in the middle before or after it took the message, or late. It keeps what it took, in order.
 */
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { Chance } from "../faults/chance.ts";
import { type Answer, answerOf, type Channel, keyOf, nameOfState, type State, statesIn } from "./services.ts";

/** One message that a service took. */
export type Taken = {
	readonly channel: Channel;
	readonly states: readonly State[];
	readonly key: string | null;
	readonly atMs: number;
	/** When the answer left for a sender that still waited; null: it never heard. */
	answeredMs: number | null;
};

/** What becomes of ten requests in a row, in an order that is drawn: a short run meets all of it too. */
const DEEDS = ["busy", "busy", "broken", "reset", "taken and reset", "late", "ok", "ok", "ok", "ok"] as const;
/** In every fourth row one of these stands in place of an "ok": each costs ten seconds. */
const SLOW_DEEDS = ["too late", "silent"] as const;
const SLOW_EVERY = 4;
type Deed = (typeof DEEDS)[number] | (typeof SLOW_DEEDS)[number];

const LATE_MS = { from: 300, to: 3_000 };
/** Longer than any sender waits. */
const TOO_LATE_MS = 11_500;
const RETRY_AFTER_S_MAX = 3;
/** A timer may come this much early. */
const EARLY_MS = 30;

export class Receiver {
	readonly taken: Taken[] = [];
	readonly deeds: Record<string, number> = {};
	requests = 0;
	/** Requests that came before the time that the last 429 had asked for. */
	early = 0;
	/** Requests that are being answered. */
	open = 0;
	lastRequestMs = 0;
	/** Behaves from now on. */
	isCalm = false;
	/** The clock of its sender. */
	nowMs: () => number = Date.now;
	readonly #chances: ReadonlyMap<string, Chance>;
	readonly #decks = new Map<Channel, Deed[]>();
	readonly #busyUntilMs = new Map<string, number>();
	readonly #server = createServer((request, response) => void this.#receive(request, response));

	/** What each channel does with its n-th request follows from the seed. */
	constructor(channels: readonly Channel[], seed: number) {
		this.#chances = new Map(
			channels.map((channel, at) => [channel, new Chance(Math.imul(seed + 1, 2_654_435_761) + at)]),
		);
	}

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
		this.open++;
		this.requests++;
		this.lastRequestMs = Date.now();
		response.once("close", () => this.open--);
		const chunks: Buffer[] = [];
		try {
			for await (const chunk of request) chunks.push(chunk as Buffer);
		} catch {
			// The sender was killed in the middle of it.
			return;
		}
		const channel = (request.url ?? "").split("/")[1] as Channel;
		const body = Buffer.concat(chunks).toString();
		const states = statesIn(channel, body);
		const lane = `${channel} ${states[0]?.alert}`;
		if ((this.#busyUntilMs.get(lane) ?? 0) - EARLY_MS > this.nowMs()) this.early++;
		this.#busyUntilMs.delete(lane);
		await this.#do(
			this.#draw(channel),
			{ channel, states, key: keyOf(channel, request.headers, body), lane },
			response,
		);
	}

	async #do(
		deed: Deed,
		{ lane, ...message }: Omit<Taken, "atMs" | "answeredMs"> & { readonly lane: string },
		response: ServerResponse,
	): Promise<void> {
		const chance = this.#chances.get(message.channel) as Chance;
		const retryAfterS = chance.whole(1, RETRY_AFTER_S_MAX);
		// The stand-in for the mail service has no way to say when.
		if (deed === "busy" && message.channel !== "email") this.#busyUntilMs.set(lane, this.nowMs() + retryAfterS * 1_000);
		if (deed === "busy" || deed === "broken") return this.#say(response, message.channel, { kind: deed, retryAfterS });
		if (deed === "reset") {
			response.destroy();
			return;
		}
		// Until its sender gives up.
		if (deed === "silent") return;
		const taken: Taken = { ...message, atMs: Date.now(), answeredMs: null };
		this.taken.push(taken);
		if (deed === "taken and reset") {
			response.destroy();
			return;
		}
		if (deed !== "ok") await pause(deed === "late" ? chance.whole(LATE_MS.from, LATE_MS.to) : TOO_LATE_MS);
		if (response.destroyed || response.socket?.destroyed === true) return;
		response.once("finish", () => {
			if (deed !== "too late") taken.answeredMs = Date.now();
		});
		this.#say(response, message.channel, { kind: "ok", retryAfterS: 0 });
	}

	#say(response: ServerResponse, channel: Channel, answer: Answer): void {
		const { status, headers, body } = answerOf(channel, answer);
		response.writeHead(status, headers).end(body);
	}

	#draw(channel: Channel): Deed {
		const deed = this.isCalm ? "ok" : this.#fromDeck(channel);
		this.deeds[deed] = (this.deeds[deed] ?? 0) + 1;
		return deed;
	}

	#fromDeck(channel: Channel): Deed {
		const deck = this.#decks.get(channel) ?? [];
		this.#decks.set(channel, deck);
		const chance = this.#chances.get(channel) as Chance;
		if (deck.length === 0) {
			const isSlow = chance.whole(1, SLOW_EVERY) === 1;
			const left: Deed[] = isSlow ? [...DEEDS.slice(0, -1), chance.pick(SLOW_DEEDS)] : [...DEEDS];
			while (left.length > 0) deck.push(...left.splice(chance.whole(0, left.length - 1), 1));
		}
		return deck.pop() as Deed;
	}
}

/** What of an alert was told by a channel so far, each state once. */
export function toldOf(taken: readonly Taken[], channel: Channel, alert: string): ReadonlySet<string> {
	const mine = taken.filter((one) => one.channel === channel).flatMap(({ states }) => states);
	return new Set(mine.filter((state) => state.alert === alert).map(nameOfState));
}

function pause(ms: number): Promise<void> {
	return new Promise((done) => setTimeout(done, ms));
}

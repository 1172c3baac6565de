/**
 * What the client counts of itself: recorded, sent, dropped by reason. The first drop of each kind is said on the console,
 * the rest only counted: a flood of mistakes must not become a flood of log lines. Never throws.
 */
import { DROP_REASONS, type DropReason, type Receipt } from "../model/receipt.ts";

/**
 * Reasons of a receipt, and those of the client itself. buffer_full: more than fits between two flushes. unsent: too much
 * waited for a retry. unreachable: every attempt failed. expired: older than the dedupe window. refused: Perdure said no.
 */
export const CLIENT_DROP_REASONS = [
	...DROP_REASONS,
	"buffer_full",
	"unsent",
	"unreachable",
	"expired",
	"refused",
] as const;
export type ClientDropReason = DropReason | (typeof CLIENT_DROP_REASONS)[number];

/** Counts since the isolate began; `dropped` has only reasons that occurred. Samples, unless it says otherwise. */
export type MonitorStats = {
	readonly recorded: number;
	/** Acknowledged by Perdure: durable, counted once. */
	readonly sent: number;
	readonly dropped: Readonly<Partial<Record<ClientDropReason, number>>>;
	/** Messages of the application that Perdure took. */
	readonly messagesSent: number;
	readonly retries: number;
};

export class Tally {
	recorded = 0;
	sent = 0;
	messagesSent = 0;
	retries = 0;
	readonly #dropped = new Map<ClientDropReason, number>();
	/** Drops that Perdure does not know of yet: they ride on the next batch. */
	#unreported = new Map<ClientDropReason, number>();
	readonly #said = new Set<string>();
	readonly #warn: (line: string) => void;

	constructor(warn: (line: string) => void) {
		this.#warn = warn;
	}

	/** Counts `count` things that were dropped here. */
	drop(reason: ClientDropReason, count: number, detail: string): void {
		if (count <= 0) return;
		add(this.#dropped, reason, count);
		add(this.#unreported, reason, count);
		this.warnOnce(reason, `dropped (${reason}): ${detail}`);
	}

	/**
	 * Counts what a receipt says of a batch of `samples`. Drops in it were counted by Perdure already, and are not
	 * reported again. Reads it with care: over HTTP it is whatever stood in the body.
	 */
	receive(receipt: Partial<Receipt> | null, samples: number): void {
		const dropped = Math.min(Math.max(Number(receipt?.dropped) || 0, 0), samples);
		this.sent += samples - dropped;
		if (dropped === 0) return;
		const named = (Array.isArray(receipt?.drops) ? receipt.drops : []).slice(0, dropped);
		for (const drop of named) add(this.#dropped, drop.reason, 1);
		if (named.length < dropped) add(this.#dropped, "refused", dropped - named.length);
		const first = named[0];
		this.warnOnce("receipt", `Perdure dropped ${dropped} samples; the first: ${first?.reason} ${first?.detail ?? ""}`);
	}

	/** Hands over the drops that are still to be reported. Give them back with `restore` if the report is lost. */
	takeUnreported(): ReadonlyMap<ClientDropReason, number> {
		const taken = this.#unreported;
		this.#unreported = new Map();
		return taken;
	}

	restore(report: ReadonlyMap<ClientDropReason, number>): void {
		for (const [reason, count] of report) add(this.#unreported, reason, count);
	}

	/** Says a thing on the console, once for each kind. */
	warnOnce(kind: string, detail: string): void {
		if (this.#said.has(kind)) return;
		this.#said.add(kind);
		try {
			this.#warn(`perdure: ${detail.slice(0, 500)} (said once; monitor.stats() counts them)`);
		} catch {
			// A console that throws is the host's affair; recording goes on.
		}
	}

	stats(): MonitorStats {
		const { recorded, sent, messagesSent, retries } = this;
		return { recorded, sent, dropped: Object.fromEntries(this.#dropped), messagesSent, retries };
	}
}

function add(counts: Map<ClientDropReason, number>, reason: ClientDropReason, count: number): void {
	counts.set(reason, (counts.get(reason) ?? 0) + count);
}

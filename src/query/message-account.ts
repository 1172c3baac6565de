/**
 * What messages came to: how many of which channel and status, which templates, how many users, how long it took. Accounts of
 * hours are merged; the order does not matter. Bounded: beyond so many channels or templates the rest is one. Pure.
 */
import type { CountedRow, HourAccount } from "../db/notification-hours.ts";
import { ByteReader, ByteWriter } from "../lib/bytes.ts";
import { Distinct } from "../lib/distinct.ts";
import {
	CHANNELS_PER_HOUR_MAX,
	DISTINCT_EXACT_MAX,
	STATUSES_PER_CHANNEL_MAX,
	TEMPLATES_PER_HOUR_MAX,
} from "../model/limits.ts";
import { Sketch } from "../sketch/sketch.ts";

/** Under what the channels and statuses beyond the bound are counted. */
export const OTHERS = ":others";

export type ChannelAccount = {
	/** Messages by status. */
	readonly statuses: Map<string, number>;
	/** Milliseconds from creation to acceptance. */
	readonly endToEnd: Sketch;
	/** Milliseconds of the attempt that was accepted. */
	readonly delivery: Sketch;
};

export type TemplateAccount = { uses: number; readonly users: Distinct };

export class MessageAccount {
	readonly channels = new Map<string, ChannelAccount>();
	readonly templates = new Map<string, TemplateAccount>();
	readonly users = new Distinct(DISTINCT_EXACT_MAX);
	/** Messages with a template, those beyond the bound too. */
	templateUses = 0;
	/** False: there were more rows than are counted. */
	isComplete = true;

	/** Counts one message. What was muted was never sent: it uses no template and reaches no user. */
	add(row: CountedRow): void {
		const channel = this.channel(row.channel_type);
		count(channel.statuses, row.status, 1);
		if (row.status === "muted") return;
		if (row.status === "success" && row.latency_ms !== null) channel.endToEnd.add(row.latency_ms);
		if (row.delivery_ms !== null) channel.delivery.add(row.delivery_ms);
		this.users.add(row.user_id);
		if (row.template_key === null) return;
		this.templateUses++;
		const template = this.#template(row.template_key);
		if (template === null) return;
		template.uses++;
		template.users.add(row.user_id);
	}

	/** A channel's account; beyond the bound that of the others. */
	channel(name: string): ChannelAccount {
		const known = this.channels.get(name);
		if (known !== undefined) return known;
		if (name !== OTHERS && this.channels.size >= CHANNELS_PER_HOUR_MAX) return this.channel(OTHERS);
		const made = { statuses: new Map<string, number>(), endToEnd: new Sketch(), delivery: new Sketch() };
		this.channels.set(name, made);
		return made;
	}

	/** Adds what another one of a channel came to; its sketches are in their stored form. */
	mergeChannel(name: string, statuses: Readonly<Record<string, number>>, endToEnd: string, delivery: string): void {
		const channel = this.channel(name);
		for (const [status, messages] of Object.entries(statuses)) count(channel.statuses, status, messages);
		mergeSketch(channel.endToEnd, endToEnd);
		mergeSketch(channel.delivery, delivery);
	}

	/** The stored form. */
	encode(): HourAccount {
		return {
			isComplete: this.isComplete,
			templateUses: this.templateUses,
			users: this.users.encode(),
			channels: [...this.channels].map(([channel, { statuses, endToEnd, delivery }]) => ({
				channel,
				statuses: Object.fromEntries(statuses),
				endToEnd: encodeSketch(endToEnd),
				delivery: encodeSketch(delivery),
			})),
			templates: [...this.templates].map(([template, { uses, users }]) => ({ template, uses, users: users.encode() })),
		};
	}

	#template(key: string): TemplateAccount | null {
		const known = this.templates.get(key);
		if (known !== undefined) return known;
		if (this.templates.size >= TEMPLATES_PER_HOUR_MAX) return null;
		const made = { uses: 0, users: new Distinct(DISTINCT_EXACT_MAX) };
		this.templates.set(key, made);
		return made;
	}
}

function count(statuses: Map<string, number>, status: string, messages: number): void {
	const isFull = !statuses.has(status) && statuses.size >= STATUSES_PER_CHANNEL_MAX;
	const name = isFull ? OTHERS : status;
	statuses.set(name, (statuses.get(name) ?? 0) + messages);
}

function encodeSketch(sketch: Sketch): string {
	const writer = new ByteWriter();
	sketch.encode(writer);
	return btoa(Array.from(writer.view(), (byte) => String.fromCharCode(byte)).join(""));
}

/** A sketch that cannot be read adds nothing: percentiles are then of the others. */
function mergeSketch(into: Sketch, encoded: string): void {
	const bytes = Uint8Array.from(atob(encoded), (char) => char.charCodeAt(0));
	into.mergeEncoded(new ByteReader(bytes));
}

/**
 * Makes an event fit the queue, whose messages end at 128 KB: annotations are cut, and say so; labels are bounded where
 * they enter and stay whole. Also the event as it is stored: NaN and infinity survive, which JSON alone loses.
 */
import type { AlertEvent } from "../model/alert.ts";
import { EVENT_CHARS_MAX } from "../model/limits.ts";

const CUT = "… (cut)";

/** The event, or the same with shorter annotations. */
export function fitEvent(event: AlertEvent): AlertEvent {
	if (encodeEvent(event).length <= EVENT_CHARS_MAX) return event;
	const bare = { ...event, annotations: {} };
	let room = EVENT_CHARS_MAX - encodeEvent(bare).length;
	const annotations: Record<string, string> = {};
	const entries = Object.entries(event.annotations);
	for (const [index, [name, text]] of entries.entries()) {
		const share = Math.floor(room / (entries.length - index));
		const fitting = fitText(text, share - jsonChars(name) - 2);
		if (fitting === null) continue;
		annotations[name] = fitting;
		room -= jsonChars(name) + jsonChars(fitting) + 2;
	}
	return { ...event, annotations };
}

/** The event as text for storage. */
export function encodeEvent(event: AlertEvent): string {
	return JSON.stringify({ ...event, value: String(event.value) });
}

/** The event of a stored text, which only `encodeEvent` may have made. */
export function decodeEvent(text: string): AlertEvent {
	const event = JSON.parse(text) as AlertEvent & { readonly value: string | number };
	return { ...event, value: Number(event.value) };
}

function jsonChars(text: string): number {
	return JSON.stringify(text).length;
}

/** The text, its beginning with a mark, or null when not even that fits. */
function fitText(text: string, room: number): string | null {
	if (jsonChars(text) <= room) return text;
	// Escapes may make a text six times as long: cut by what they really cost.
	let length = Math.min(text.length, room - CUT.length - 2);
	while (length > 0) {
		const beginning = text.slice(0, length) + CUT;
		const over = jsonChars(beginning) - room;
		if (over <= 0) return beginning;
		length -= Math.max(1, Math.floor(over / 6));
	}
	return null;
}

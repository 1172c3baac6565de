/** Makes an event fit a message: annotations are cut, and say so; labels are bounded where they enter and stay whole. */
import type { AlertEvent } from "../model/alert.ts";
import { EVENT_CHARS_MAX } from "../model/limits.ts";

const CUT = "… (cut)";

/** The event, or the same with shorter annotations. */
export function fitEvent<T extends { readonly annotations: AlertEvent["annotations"] }>(event: T): T {
	if (jsonChars(event) <= EVENT_CHARS_MAX) return event;
	const bare = { ...event, annotations: {} };
	let room = EVENT_CHARS_MAX - jsonChars(bare);
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

function jsonChars(text: unknown): number {
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

/** A message as its row keeps it: JSON, in which NaN and infinity survive as text. Pure. */
import type { Message } from "../model/message.ts";

export function encodeMessage(message: Message): string {
	return JSON.stringify(message, (_key, value: unknown) =>
		typeof value === "number" && !Number.isFinite(value) ? String(value) : value,
	);
}

/** What `encodeMessage` wrote. */
export function decodeMessage(text: string): Message {
	const message = JSON.parse(text) as Message;
	const alerts = message.alerts.map((alert) =>
		alert.value === null ? alert : { ...alert, value: Number(alert.value) },
	);
	return { ...message, alerts };
}

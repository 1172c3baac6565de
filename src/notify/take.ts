/** Takes one event over: who has to be told of it, as rows that are stored before anything is sent. Must run in a transaction. */
import type { AlertEvent } from "../model/alert.ts";
import { nextSeq } from "./delivery-id.ts";
import { fitEvent } from "./fit-event.ts";
import type { Open } from "./lane.ts";
import type { Receivers } from "./receivers.ts";
import { laneOf, routeOf } from "./route.ts";
import type { NotifierStorage } from "./storage.ts";

/** Stores a delivery for each configured receiver of the event's route; none when the event was taken over before. */
export function takeEvent(
	storage: NotifierStorage,
	receivers: Receivers,
	event: AlertEvent,
	lastSeq: number,
	nowMs: number,
): readonly Open[] {
	if (!storage.saveEvent(event.id, nowMs)) return [];
	const fitting = fitEvent(event);
	const opened: Open[] = [];
	let seq = lastSeq;
	for (const name of routeOf(event)) {
		const receiver = receivers.get(name)?.receiver;
		if (receiver === null || receiver === undefined) continue;
		seq = nextSeq(seq, nowMs);
		const lane = laneOf(event, name);
		storage.saveNew({ seq, receiver: name, channel: receiver.channel, lane, event: fitting, nowMs });
		opened.push({ seq, lane, receiver: name, phase: "pending", attempts: 0, nextMs: nowMs, firstMs: null });
	}
	return opened;
}

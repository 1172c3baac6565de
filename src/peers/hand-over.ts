/**
 * Takes the events of a tick to the notifier and tells their homes what it has taken. An event is forgotten by its home only after
 * the notifier owns it; it may be handed over twice, and the notifier knows it by its id.
 */
import type { AlertEvent } from "../model/alert.ts";
import { EVENTS_PER_HANDOVER_MAX, EVENTS_PER_TICK_MAX } from "../model/limits.ts";
import type { EvaluateReply } from "../model/metric-rpc.ts";
import { fanOut } from "./fan-out.ts";
import { ask, metricStub, notifierStub, type ObjectEnv } from "./stubs.ts";

export type HandedOver = {
	/** Events that the notifier has taken, and their homes know it. */
	readonly events: number;
	/** Homes that still hold events, or do not know that theirs were taken. */
	readonly unsettled: readonly string[];
};

type Answer = { readonly name: string; readonly value: EvaluateReply };

/** `answers`: what each home said. Events go in one order, whatever the order of the answers: by tick, then by id. */
export async function handOver(env: ObjectEnv, answers: readonly Answer[]): Promise<HandedOver> {
	const unsettled = new Set(answers.filter(({ value }) => value.more).map(({ name }) => name));
	const waiting: { readonly home: string; readonly event: AlertEvent }[] = [];
	for (const { name, value } of answers) {
		for (const event of value.events) {
			if (waiting.length < EVENTS_PER_TICK_MAX) waiting.push({ home: name, event });
			else unsettled.add(name);
		}
	}
	waiting.sort((a, b) => a.event.atMs - b.event.atMs || (a.event.id < b.event.id ? -1 : 1));
	const taken = await acceptAll(
		env,
		waiting.map(({ event }) => event),
	);
	const byHome = new Map<string, string[]>();
	for (const { home, event } of waiting) {
		const ids = byHome.get(home) ?? [];
		byHome.set(home, ids);
		if (taken.has(event.id)) ids.push(event.id);
		else unsettled.add(home);
	}
	const homes = [...byHome].filter(([, ids]) => ids.length > 0);
	const acknowledged = await fanOut(
		homes.map(([home]) => home),
		(home) => metricStub(env, home).acknowledge(byHome.get(home) ?? []),
	);
	for (const home of acknowledged.missing) unsettled.add(home);
	const events = acknowledged.answers.reduce((sum, { name }) => sum + (byHome.get(name)?.length ?? 0), 0);
	return { events, unsettled: [...unsettled] };
}

/** The ids that the notifier owns now. The first refusal ends it: what follows waits for the next tick, in its order. */
async function acceptAll(env: ObjectEnv, events: readonly AlertEvent[]): Promise<ReadonlySet<string>> {
	const taken = new Set<string>();
	for (let from = 0; from < events.length; from += EVENTS_PER_HANDOVER_MAX) {
		const some = events.slice(from, from + EVENTS_PER_HANDOVER_MAX);
		const answer = await ask("notifier", () => notifierStub(env).accept(some));
		if (!answer.ok || !answer.value.ok) break;
		for (const id of answer.value.value) taken.add(id);
	}
	return taken;
}

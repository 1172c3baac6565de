/**
 * Alerts that begin and end, sent as Prometheus sends them: all that is known of each again and again, so that a process that was
 * killed hears of it. A state lasts until it was heard by a process that lived on for more than a group_interval.
 */
import type { V2Alert } from "../../bench/alertmanager-api.ts";
import type { Chance } from "../faults/chance.ts";
import { type Receiver, toldOf } from "./receiver.ts";
import type { Sender } from "./senders.ts";
import { type Channel, nameOfState, type State } from "./services.ts";

export type StreamOptions = {
	readonly channels: readonly Channel[];
	readonly alertsPerChannel: number;
	/** Firings of each alert; each is followed by its end. */
	readonly cycles: number;
	readonly kills: number;
	/** Real time after which nothing fires any more, services behave, and clocks jump. */
	readonly deadlineMs: number;
};

/** What had to be told, by channel and alert, in order, and when its sender was killed. */
export type Streamed = {
	readonly expected: ReadonlyMap<string, readonly State[]>;
	readonly channelOf: ReadonlyMap<string, Channel>;
	readonly killsMs: readonly number[];
};

type Line = {
	readonly alert: string;
	readonly channel: Channel;
	readonly states: State[];
	startsAtMs: number;
	endsAtMs: number;
	/** When this process first took the state as it stands (real time); null: not yet. */
	takenMs: number | null;
	lastsMs: number;
	sinceMs: number;
};

const SEND_EVERY_MS = 350;
/** Longer than a group_interval, for every state shall be seen. */
const LASTS_MS = { from: 1_500, to: 3_500 };
const KILL_AFTER_MS = { from: 1_500, to: 4_500 };
const KILL_WITHIN_MS = 60;
/** As Prometheus: an end ahead of every firing alert. */
const END_AHEAD_MS = 600_000;
/** So many states that were not told yet: fewer than a lane begins to put together. */
const BEHIND_MAX = 2;
/** Who does not keep what it could not tell would be waited for in vain. */
const WAIT_MAX_MS = 15_000;

/** Plays the stream; answers when all states were heard. */
export async function stream(
	sender: Sender,
	receiver: Receiver,
	chance: Chance,
	{ channels, alertsPerChannel, cycles, kills, deadlineMs }: StreamOptions,
): Promise<Streamed> {
	const lines = channels.flatMap((channel) =>
		Array.from({ length: alertsPerChannel }, (_, i) => newLine(`${channel}${i}`, channel, sender.nowMs(), chance)),
	);
	const killsMs: number[] = [];
	let nextKillMs = Date.now() + chance.whole(KILL_AFTER_MS.from, KILL_AFTER_MS.to);
	for (;;) {
		const roundMs = Date.now();
		for (const line of lines) advance(line, receiver, sender, chance, cycles, roundMs < deadlineMs);
		const isDone = lines.every((line) => isOver(line, cycles, roundMs < deadlineMs));
		if (isDone && killsMs.length >= kills) break;
		const isKill = killsMs.length < kills && Date.now() >= nextKillMs;
		const kill = isKill ? killWithin(chance.whole(0, KILL_WITHIN_MS), sender, killsMs) : null;
		await sender.post(lines.map((line) => posted(line, sender.nowMs()))).then(
			() => {
				for (const line of lines) line.takenMs ??= Date.now();
			},
			// It is down, or was just killed: the next round says it again.
			() => undefined,
		);
		if (kill !== null) {
			await kill;
			for (const line of lines) line.takenMs = null;
			nextKillMs = Date.now() + chance.whole(KILL_AFTER_MS.from, KILL_AFTER_MS.to);
		}
		if (roundMs >= deadlineMs) {
			receiver.isCalm = true;
			await sender.hurry();
		}
		await pause(Math.max(0, roundMs + SEND_EVERY_MS - Date.now()));
	}
	return {
		expected: new Map(lines.map(({ alert, states }) => [alert, states])),
		channelOf: new Map(lines.map(({ alert, channel }) => [alert, channel])),
		killsMs,
	};
}

/** At some moment of the next round. */
async function killWithin(ms: number, sender: Sender, killsMs: number[]): Promise<void> {
	await pause(ms);
	killsMs.push(Date.now());
	await sender.restart();
}

function newLine(alert: string, channel: Channel, nowMs: number, chance: Chance): Line {
	return {
		alert,
		channel,
		states: [{ alert, cycle: 1, status: "firing" }],
		startsAtMs: nowMs,
		endsAtMs: 0,
		takenMs: null,
		lastsMs: chance.whole(LASTS_MS.from, LASTS_MS.to),
		sinceMs: Date.now(),
	};
}

/** Moves an alert to its next state, when this one was heard long enough and not too much waits to be told. */
function advance(
	line: Line,
	receiver: Receiver,
	sender: Sender,
	chance: Chance,
	cycles: number,
	mayBegin: boolean,
): void {
	const last = line.states.at(-1) as State;
	if (!isHeard(line) || isOver(line, cycles, mayBegin)) return;
	const told = toldOf(receiver.taken, line.channel, line.alert);
	const behind = line.states.filter((state) => !told.has(nameOfState(state))).length;
	const mayWait = sender.name === "perdure" || Date.now() - line.sinceMs < WAIT_MAX_MS;
	if (behind > BEHIND_MAX && mayWait) return;
	const isEnd = last.status === "firing";
	line.states.push({
		alert: line.alert,
		cycle: isEnd ? last.cycle : last.cycle + 1,
		status: isEnd ? "resolved" : "firing",
	});
	if (isEnd) line.endsAtMs = sender.nowMs();
	else line.startsAtMs = sender.nowMs();
	line.takenMs = null;
	line.lastsMs = chance.whole(LASTS_MS.from, LASTS_MS.to);
	line.sinceMs = Date.now();
}

function isHeard({ takenMs, lastsMs }: Line): boolean {
	return takenMs !== null && Date.now() - takenMs >= lastsMs;
}

function isOver(line: Line, cycles: number, mayBegin: boolean): boolean {
	const last = line.states.at(-1) as State;
	return isHeard(line) && last.status === "resolved" && (last.cycle >= cycles || !mayBegin);
}

function posted({ alert, channel, states, startsAtMs, endsAtMs }: Line, nowMs: number): V2Alert {
	const { cycle, status } = states.at(-1) as State;
	return {
		labels: { alertname: alert, channel },
		annotations: { cycle: String(cycle) },
		startsAt: new Date(startsAtMs).toISOString(),
		endsAt: new Date(status === "firing" ? nowMs + END_AHEAD_MS : endsAtMs).toISOString(),
	};
}

function pause(ms: number): Promise<void> {
	return new Promise((done) => setTimeout(done, ms));
}

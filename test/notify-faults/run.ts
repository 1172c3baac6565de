/**
 * `npm run test:notify-faults [-- --cycles 6 --kills 10 --channels webhook,slack --seed N --short --json]`: services that are busy, broken, silent, late or
 * gone, and SIGKILL of their sender in between; every firing and every end must arrive, in order and once. The same is played to
 * Debian's Alertmanager beside it, where it is installed. Exit code 1 when Perdure missed an aim.
 */
import { join } from "node:path";
import { hasAlertmanager } from "../../bench/alertmanager.ts";
import { JSON_SAYS, readOptions, wholeOf } from "../../bench/options.ts";
import { newFolder, removeFolder } from "../../bench/processes.ts";
import { type Aim, printReport, progress, type Row } from "../../bench/report.ts";
import { Chance } from "../faults/chance.ts";
import { addScore, judge, noScore, type Score } from "./judge.ts";
import { Receiver } from "./receiver.ts";
import { AlertmanagerSender, PerdureSender, type Sender } from "./senders.ts";
import { CHANNELS, type Channel, KEYED, PEER_CHANNELS } from "./services.ts";
import { type Streamed, stream } from "./stream.ts";

const FULL = { cycles: 6, kills: 10, alertsPerChannel: 2, playS: 120, drainS: 60 };
/** For CI: less than a minute on a quiet machine. */
const SHORT = { cycles: 3, kills: 4, alertsPerChannel: 1, playS: 30, drainS: 20 };

const options = readOptions(
	"test:notify-faults",
	"Plays alerts over services that fail and a sender that is killed: each firing and end must arrive, in order and once.",
	{
		cycles: { type: "string" },
		kills: { type: "string" },
		channels: { type: "string" },
		"no-peer": { type: "boolean", default: false },
		seed: { type: "string" },
		short: { type: "boolean", default: false },
		json: { type: "boolean", default: false },
	} as const,
	{
		cycles: `firings of each alert (${FULL.cycles})`,
		kills: `kills of the sender (${FULL.kills})`,
		channels: `some of ${CHANNELS.join(",")}`,
		"no-peer": "without Alertmanager beside it",
		seed: "of what is left to chance; a run says its own",
		short: `${SHORT.cycles} firings and ${SHORT.kills} kills`,
		json: JSON_SAYS,
	},
);
const standard = options.short ? SHORT : FULL;
const cycles = wholeOf("cycles", options.cycles, standard.cycles);
const kills = wholeOf("kills", options.kills, standard.kills);
const chosen = CHANNELS.filter((channel) => options.channels?.split(",").includes(channel) ?? true);
const seed = wholeOf("seed", options.seed, Math.floor(Math.random() * 1e9));

type Told = {
	readonly name: string;
	readonly scores: ReadonlyMap<Channel, Score>;
	readonly total: Score;
	readonly receiver: Receiver;
	readonly streamed: Streamed;
};

const beganMs = performance.now();
progress(`notify-faults: ${cycles} firings of each alert, ${kills} kills, seed ${seed}`);
const folder = newFolder("perdure-notify-");
try {
	const own = play(chosen, (receiver) => PerdureSender.make(folder, receiver, chosen));
	const spoken = PEER_CHANNELS.filter((channel) => chosen.includes(channel));
	const peer =
		hasAlertmanager() && !options["no-peer"]
			? play(spoken, (receiver) => AlertmanagerSender.make(join(folder, "peer"), receiver, spoken))
			: Promise.resolve(null);
	report(await own, await peer);
} finally {
	removeFolder(folder);
}

async function play(channels: readonly Channel[], make: (receiver: Receiver) => Promise<Sender>): Promise<Told> {
	const receiver = new Receiver(channels, seed);
	const sender = await make(receiver);
	try {
		await sender.start();
		const { alertsPerChannel, playS, drainS } = standard;
		const deadlineMs = Date.now() + playS * 1_000;
		const streamed = await stream(sender, receiver, new Chance(seed), {
			channels,
			alertsPerChannel,
			cycles,
			kills,
			deadlineMs,
		});
		receiver.isCalm = true;
		progress(`${sender.name}: all states were heard, ${streamed.killsMs.length} kills; waiting for what is left`);
		const left = await sender.drain(Date.now() + drainS * 1_000);
		if (left !== "") progress(`${sender.name}: left over: ${left}`);
		const scores = new Map(channels.map((channel) => [channel, scoreOf(channel, receiver, streamed)]));
		const total = noScore();
		for (const score of scores.values()) addScore(total, score);
		return { name: sender.name, scores, total, receiver, streamed };
	} finally {
		await sender.stop();
		receiver.close();
	}
}

function scoreOf(channel: Channel, { taken }: Receiver, { expected, channelOf, killsMs }: Streamed): Score {
	const mine = new Map([...expected].filter(([alert]) => channelOf.get(alert) === channel));
	return judge(taken, channel, mine, killsMs);
}

function report(own: Told, peer: Told | null): void {
	const rows = [own, ...(peer === null ? [] : [peer])].flatMap((told) => rowsOf(told));
	rows.push(row("run: seed", seed, ""), row("run: time", Math.round((performance.now() - beganMs) / 1000), "s"));
	for (const what of own.total.complaints) progress(`perdure: ${what}`);
	if (!options.json) process.stdout.write(beside(own, peer));
	const aims = aimsOf(own);
	printReport({ bench: "notify-faults", rows, aims }, { json: options.json });
	process.exitCode = aims.every(({ ok }) => ok) ? 0 : 1;
}

function rowsOf({ name, scores, total, receiver, streamed }: Told): Row[] {
	const { busy = 0, broken = 0, ok = 0, ...others } = receiver.deeds;
	return [
		row(`${name}: kills`, streamed.killsMs.length, ""),
		row(`${name}: requests`, receiver.requests, ""),
		row(`${name}: taken at once`, ok, "requests"),
		row(`${name}: answered 429`, busy, "requests"),
		row(`${name}: answered 5xx`, broken, "requests"),
		...Object.entries(others).map(([deed, count]) => row(`${name}: ${deed}`, count, "requests")),
		row(`${name}: states to be told`, total.expected, "states"),
		row(`${name}: missing`, total.missing, "states"),
		row(`${name}: out of order`, total.outOfOrder, "alerts"),
		row(`${name}: told twice`, total.doubled, "states"),
		row(`${name}: of these after a lost answer`, total.excused, "states"),
		row(`${name}: recognized by their key`, total.recognized, "messages"),
		row(`${name}: before Retry-After was over`, receiver.early, "requests"),
		...[...scores].map(([channel, score]) => row(`${name}: missing by ${channel}`, score.missing, "states")),
		...[...scores].map(([channel, score]) => row(`${name}: told twice by ${channel}`, score.doubled, "states")),
	];
}

/** The channels that both speak, side by side. */
function beside(own: Told, peer: Told | null): string {
	const cell = (score: Score | undefined): string =>
		score === undefined
			? "-"
			: `${score.missing} of ${score.expected} missing, ${score.doubled} twice (${score.excused} excused), ${score.outOfOrder} disordered`;
	const lines = CHANNELS.map((channel) => [channel, cell(own.scores.get(channel)), cell(peer?.scores.get(channel))]);
	const widths = [0, 1].map((column) => Math.max(9, ...lines.map((line) => line[column]?.length ?? 0)));
	return [["channel", "perdure", "alertmanager"], ...lines]
		.map(([a = "", b = "", c = ""]) => `  ${a.padEnd(widths[0] ?? 0)}  ${b.padEnd(widths[1] ?? 0)}  ${c}\n`)
		.join("");
}

function aimsOf({ total, scores, receiver, streamed }: Told): Aim[] {
	const keyed = [...scores]
		.filter(([channel]) => KEYED.has(channel))
		.reduce((sum, [, { doubled }]) => sum + doubled, 0);
	return [
		{
			aim: "kills",
			want: `>= ${kills}`,
			got: String(streamed.killsMs.length),
			ok: streamed.killsMs.length >= kills,
		},
		none("states that never arrived", total.missing),
		none("alerts told in another order", total.outOfOrder),
		none("states that nobody sent", total.unexpected),
		none("states told twice where a key is honoured", keyed),
		none("states told twice although the answer was heard", total.doubled - total.excused),
		none("requests before Retry-After was over", receiver.early),
	];
}

function row(what: string, value: number, unit: string): Row {
	return { what, value, unit, ratio: null };
}

function none(aim: string, got: number): Aim {
	return { aim, want: "0", got: String(got), ok: got === 0 };
}

/**
 * `npm run test:faults [-- --rounds 30 --alert-rounds 8 --seed N --short --json]`: kills real workerd processes with SIGKILL while
 * they record, judge and tell, and compares what they promised with what is there. Exit code 1 when anything was lost or doubled.
 */
import { JSON_SAYS, readOptions, wholeOf } from "../../bench/options.ts";
import { type Aim, printReport, progress, type Row } from "../../bench/report.ts";
import { type Alerted, alertUnderKills } from "./alerting.ts";
import { type Recorded, recordUnderKills } from "./recording.ts";

const ROUNDS = { record: 30, alert: 8 };
/** For CI: less than 90 seconds on a quiet machine. */
const ROUNDS_SHORT = { record: 6, alert: 2 };

const options = readOptions(
	"test:faults",
	"Kills workerd while it records, judges and tells, and compares what it promised with what is there.",
	{
		rounds: { type: "string" },
		"alert-rounds": { type: "string" },
		seed: { type: "string" },
		short: { type: "boolean", default: false },
		json: { type: "boolean", default: false },
	} as const,
	{
		rounds: `kills while it records (${ROUNDS.record})`,
		"alert-rounds": `rounds of alerting (${ROUNDS.alert})`,
		seed: "of what is left to chance; a run says its own",
		short: `${ROUNDS_SHORT.record} kills and ${ROUNDS_SHORT.alert} rounds`,
		json: JSON_SAYS,
	},
);
const standard = options.short ? ROUNDS_SHORT : ROUNDS;
const recordRounds = wholeOf("rounds", options.rounds, standard.record);
const alertRounds = wholeOf("alert-rounds", options["alert-rounds"], standard.alert);
const seed = wholeOf("seed", options.seed, Math.floor(Math.random() * 1e9));

const startedMs = performance.now();
progress(`faults: ${recordRounds} kills while recording, ${alertRounds} rounds of alerting, seed ${seed}`);
const recorded = await recordUnderKills(recordRounds, seed);
const alerted = await alertUnderKills(alertRounds, seed);
const rows = [
	...recordRows(recorded),
	...alertRows(alerted),
	row("run: seed", seed, ""),
	row("run: time", elapsedS(), "s"),
];
const aims = [...recordAims(recorded), ...alertAims(alerted)];
printReport({ bench: "faults", rows, aims }, { json: options.json });
process.exitCode = aims.every((aim) => aim.ok) ? 0 : 1;

function recordRows(r: Recorded): Row[] {
	return [
		row("recording: rounds, each a SIGKILL under load", r.rounds, "kills"),
		row("recording: batches sent", r.batches, "batches"),
		row("recording: batches acknowledged at the first attempt", r.batches - r.retried, "batches"),
		row("recording: ambiguous batches retried", r.retried, "batches"),
		row("recording: of these, counted before the kill", r.retriedKnown, "batches"),
		row("recording: acknowledged batches sent once more", r.repeated, "batches"),
		row("recording: samples", r.samples, "samples"),
		row("recording: lost", r.lost, "samples"),
		row("recording: duplicates", r.surplus, "samples"),
		row("recording: kills that left a journal to replay", r.killsWithJournal, "kills"),
		row("recording: commits replayed", r.replayedCommits, "commits"),
		row("recording: checkpoints, at least", r.checkpoints, "checkpoints"),
		row("recording: hours closed", r.hoursClosed, "hours"),
		row("recording: metrics not listed between a kill and their next write", r.unlisted, "metrics"),
	];
}

function recordAims(r: Recorded): Aim[] {
	return [
		atLeast("rounds of recording", recordRounds, r.rounds),
		none("acknowledged samples lost", r.lost),
		none("samples counted twice or never sent", r.surplus),
		none("series with a wrong sum", r.wrongSums),
		none("receipts that are not the first one again", r.wrongReceipts),
		none("windows that differ from the exact account", r.wrongWindows),
	];
}

function alertRows({ verdict: v, killsIn, ...a }: Alerted): Row[] {
	return [
		row("alerting: rounds with kills", a.rounds, "rounds"),
		row("alerting: kills", a.kills, "kills"),
		...Object.entries(killsIn).map(([what, count]) => row(`alerting: kills during ${what}`, count, "kills")),
		row("alerting: kills between outbox and notifier", a.killsBeforeTaking, "kills"),
		row("alerting: kills between notifier and acknowledgement", a.killsBeforeAcknowledging, "kills"),
		row("alerting: deliveries cut off in the queue or on their way", a.cutOff, "deliveries"),
		row("alerting: notifications expected", v.expected, "messages"),
		row("alerting: notifications got", v.got, "messages"),
		row("alerting: duplicates", v.doubled, "messages"),
		row("alerting: out of order", v.outOfOrder, "alerts"),
		row("alerting: attempts seen by the receiver", v.sent, "attempts"),
		row("alerting: of these, answered 500 or 429", v.refused, "attempts"),
		row("alerting: same id again after a kill took the answer", v.repeatsAfterKill, "attempts"),
	];
}

function alertAims({ verdict: v, ...a }: Alerted): Aim[] {
	return [
		atLeast("rounds of alerting", alertRounds, a.rounds),
		{
			aim: "the run without kills tells the story",
			want: "yes",
			got: a.referenceHolds ? "yes" : "no",
			ok: a.referenceHolds,
		},
		none("rounds that did not come to their end", a.broken),
		none("notifications missing", v.missing),
		none("notifications that the run without kills has not", v.unexpected),
		none("notifications told twice under two ids", v.doubled),
		none("alerts told in another order", v.outOfOrder),
		none("accepted ids that came again without a kill", v.repeatsWithoutKill),
		none("attempts before Retry-After was over", v.early),
		none("attempts with a wrong signature", v.unsigned),
	];
}

function row(what: string, value: number, unit: string): Row {
	return { what, value, unit, ratio: null };
}

function none(aim: string, got: number): Aim {
	return { aim, want: "0", got: String(got), ok: got === 0 };
}

function atLeast(aim: string, want: number, got: number): Aim {
	return { aim, want: `>= ${want}`, got: String(got), ok: got >= want };
}

function elapsedS(): number {
	return Math.round((performance.now() - startedMs) / 1000);
}

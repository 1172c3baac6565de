/**
 * Part B: the story is played once without kills, and then again and again with kills at drawn moments: while samples are recorded,
 * inside a tick, while deliveries are in the queue or on their way. The receiver must be told the same, in the same order.
 */
import { join } from "node:path";
import { newFolder, removeFolder } from "../../bench/processes.ts";
import { progress } from "../../bench/report.ts";
import { uuid7 } from "../../src/lib/uuid7.ts";
import { MINUTE_MS } from "../../src/model/limits.ts";
import { Chance } from "./chance.ts";
import { metricsLeft, nextWrite, notifierLeft } from "./left-behind.ts";
import { Receiver } from "./receiver.ts";
import { EXPECTED, RULES, routes, STEP_MS, STORY } from "./story.ts";
import { addVerdict, isFaultless, judge, noVerdict, type Verdict } from "./verdict.ts";
import { bundledScript, World } from "./world.ts";

const PHASES = ["record", "tick", "settle"] as const;
type Phase = (typeof PHASES)[number];
/** The longest wait before a kill, from the beginning of its phase on. A phase that ends sooner is followed by it. */
const KILL_AFTER_MS_MAX: Readonly<Record<Phase, number>> = { record: 40, tick: 80, settle: 250 };
const KILL_AFTER_WRITE_MS_MAX = 3;
const REQUEST_LEAVES_MS = 3;
const WRITE_WITHIN_MS = 200;
/** A step in which the receiver refuses everything and nobody waits for it: what is told in the next one must not overtake. */
const DOWN = 0.3;
const DOWN_MS_MAX = 300;
const KILLS_PER_ROUND = { from: 5, to: 7 };
const TELLING = [...STORY.keys()].filter((step) => STORY[step]?.tells);
const QUIET_POLLS = 4;
/** Deliveries that do not move for so long although nobody was killed are an error. */
const STUCK_MS = 30_000;

/**
 * `at`: the wait begins with the phase, or when an object of this class writes: a metric with a state and its event, the notifier when
 * it takes the event over.
 */
type Kill = {
	readonly step: number;
	readonly phase: Phase;
	readonly at: "begin" | "MetricObject" | "NotifierObject";
	readonly afterMs: number;
};

/** Figures of all rounds with kills. */
export type Alerted = {
	rounds: number;
	kills: number;
	readonly killsIn: Record<Phase | "pending" | "firing" | "cooldown" | "held back", number>;
	/** Rounds that did not come to their end, deliveries that never moved again above all. */
	broken: number;
	/** Deliveries that were in the queue or on their way when the process died. */
	cutOff: number;
	/** Kills that left alert events in an outbox: not taken over by the notifier yet, and taken over but not acknowledged. */
	killsBeforeTaking: number;
	killsBeforeAcknowledging: number;
	/** The reference run says what the story says. */
	referenceHolds: boolean;
	readonly verdict: Verdict;
};

type Round = {
	readonly world: World;
	readonly receiver: Receiver;
	readonly chance: Chance;
	readonly figures: Alerted;
	readonly kills: Kill[];
	/** Virtual time of step 0, a whole minute. */
	readonly startMs: number;
	/** The times for which cron was asked, by step. */
	readonly ticks: number[][];
	/** Deliveries that died with the last process (`handOutOf`). */
	orphans: ReadonlySet<string>;
};

/** Plays the reference and `rounds` rounds with kills. */
export async function alertUnderKills(rounds: number, seed: number): Promise<Alerted> {
	const figures: Alerted = {
		rounds: 0,
		kills: 0,
		killsIn: { record: 0, tick: 0, settle: 0, pending: 0, firing: 0, cooldown: 0, "held back": 0 },
		broken: 0,
		cutOff: 0,
		killsBeforeTaking: 0,
		killsBeforeAcknowledging: 0,
		referenceHolds: false,
		verdict: noVerdict(),
	};
	const folder = newFolder();
	try {
		const script = await bundledScript(folder);
		const reference = await playRound(script, join(folder, "reference"), [], new Chance(seed), noFigures(figures));
		figures.referenceHolds = reference.isSame && reference.got === reference.expected && isFaultless(reference);
		for (const what of reference.complaints) progress(`alerting, reference: ${what}`);
		for (let round = 0; round < rounds; round++) {
			const chance = new Chance(seedOf(seed, round));
			const stateFolder = join(folder, `round-${round}`);
			const verdict = await playRound(script, stateFolder, drawKills(chance), chance, figures).catch(
				(error: unknown) => {
					progress(`alerting, round ${round} broke: ${error instanceof Error ? error.message : String(error)}`);
					figures.broken++;
					return noVerdict();
				},
			);
			for (const what of verdict.complaints) progress(`alerting, round ${round}: ${what}`);
			addVerdict(figures.verdict, verdict);
			figures.rounds++;
			progress(`alerting: ${round + 1} of ${rounds} rounds, ${figures.kills} kills`);
		}
	} finally {
		removeFolder(folder);
	}
	return figures;
}

async function playRound(
	script: string,
	stateFolder: string,
	kills: Kill[],
	chance: Chance,
	figures: Alerted,
): Promise<Verdict> {
	const receiver = new Receiver(chance);
	const config = routes(await receiver.listen(), receiver.secret);
	const world = new World({ script, stateFolder, vars: {} });
	receiver.nowMs = () => world.nowMs();
	const startMs = Math.ceil(Date.now() / MINUTE_MS + 1) * MINUTE_MS;
	const ticks = STORY.map((): number[] => []);
	const round: Round = { world, receiver, chance, figures, kills, startMs, ticks, orphans: new Set() };
	try {
		await world.start();
		await world.migrate();
		await world.call("PUT", "/api/v1/rules/groups", RULES, { "content-type": "application/yaml" });
		await world.call("PUT", "/api/v1/alertmanager/config", config, { "content-type": "application/yaml" });
		for (const step of STORY.keys()) await playStep(round, step);
	} finally {
		await world.crash();
		receiver.close();
	}
	return judge(receiver.attempts, EXPECTED, (startsAtMs) => ticks.findIndex((times) => times.includes(startsAtMs)));
}

async function playStep(round: Round, step: number): Promise<void> {
	const { world, chance, startMs } = round;
	const dueMs = startMs + step * STEP_MS;
	const body = bodyOf(step);
	const id = uuid7(world.nowMs(), chance.bytes(10));
	await underKills(round, step, "record", async () => {
		await world.call("POST", "/api/v1/record", body, { "idempotency-key": id });
	});
	await jump(round, dueMs + 1_000);
	await underKills(round, step, "tick", async () => {
		// A tick that was cut off is not repeated by cron: the next minute's comes.
		const tickMs = dueMs + (round.ticks[step] as number[]).length * MINUTE_MS;
		if (world.nowMs() < tickMs) await jump(round, tickMs + 1_000);
		round.ticks[step]?.push(tickMs);
		await world.cron(tickMs);
	});
	const isDown = step < STORY.length - 1 && chance.hits(DOWN);
	round.receiver.isDown = isDown;
	await underKills(round, step, "settle", () => (isDown ? pause(chance.whole(0, DOWN_MS_MAX)) : settle(round, step)));
}

/** Does it; kills, as drawn, while it is done or right after it; starts again, and does it again until nothing came between. */
async function underKills(round: Round, step: number, phase: Phase, act: () => Promise<void>): Promise<void> {
	const { world, figures } = round;
	for (;;) {
		const at = round.kills.findIndex((kill) => kill.step === step && kill.phase === phase);
		const kill = round.kills[at];
		if (kill === undefined) {
			await act();
			return;
		}
		round.kills.splice(at, 1);
		const killed = killAsDrawn(world, kill);
		const isDone = await act().then(
			() => true,
			() => false,
		);
		await killed;
		await noteWhatIsLeft(round);
		round.receiver.kills++;
		figures.kills++;
		figures.killsIn[phase]++;
		for (const state of STORY[step]?.during ?? []) figures.killsIn[state]++;
		await world.start();
		if (isDone && phase !== "settle") return;
	}
}

function killAsDrawn(world: World, { at, afterMs }: Kill): Promise<void> {
	if (at === "begin") return pause(afterMs).then(() => world.crash());
	const waitForWrite = nextWrite(world.objects(at));
	// The request has to leave this process first.
	return pause(REQUEST_LEAVES_MS).then(() => {
		waitForWrite(WRITE_WITHIN_MS);
		const endMs = performance.now() + afterMs;
		while (performance.now() < endMs);
		world.strike();
		return world.crash();
	});
}

/** What the dead process leaves to the next one. */
async function noteWhatIsLeft(round: Round): Promise<void> {
	const { world, figures } = round;
	const { outbox } = await metricsLeft(world.objects("MetricObject"));
	const { handedOut, taken } = await notifierLeft(world.objects("NotifierObject"));
	if (outbox.some((id) => !taken.has(id))) figures.killsBeforeTaking++;
	if (outbox.some((id) => taken.has(id))) figures.killsBeforeAcknowledging++;
	round.orphans = handedOut;
	figures.cutOff += handedOut.size;
}

type OpenDelivery = { readonly id: string; readonly state: string; readonly attempts: number; readonly nextAt: string };

/**
 * Waits until nothing is open. Time jumps to where a delivery waits for its next attempt, and to where the notifier notices that one
 * was cut off.
 */
async function settle(round: Round, step: number): Promise<void> {
	const { world } = round;
	let deadlineMs = Date.now() + STUCK_MS;
	let before = "";
	let quiet = 0;
	for (;;) {
		const open = await openDeliveries(world);
		// A group speaks a moment after its alerts came: nothing may be on its way for a while before the clock is moved.
		if (open.length === 0 && ++quiet === QUIET_POLLS) return;
		if (open.length === 0) {
			await pause(50);
			continue;
		}
		quiet = 0;
		const now = JSON.stringify(open);
		const isMoving = now !== before;
		if (isMoving) deadlineMs = Date.now() + STUCK_MS;
		before = now;
		if (Date.now() > deadlineMs) throw new Error(`deliveries do not move: ${now}`);
		if (isSent(round, open)) {
			await pause(15);
			continue;
		}
		// What is due leaves with the next look of the notifier, or waits behind another one of its lane.
		const waitsMs = open.map(({ nextAt }) => Date.parse(nextAt)).filter((nextMs) => nextMs > world.nowMs());
		if (waitsMs.length === open.length || (waitsMs.length > 0 && !isMoving))
			await jump(round, Math.min(...waitsMs) + 50);
		// No tick is due; the notifier looks at its lanes.
		await world.call("POST", `/api/v1/dev/tick?time=${round.ticks[step]?.at(-1) ?? 0}`);
	}
}

/**
 * Moves virtual time on. A jump lets every lease run out, as real time never does to what is on its way: so nothing that is sent
 * before or during it may be accepted, or the receiver would rightly be told again.
 */
async function jump(round: Round, toMs: number): Promise<void> {
	round.receiver.isDown = true;
	await untilNothingIsSent(round);
	await round.world.moveTo(toMs);
	await untilNothingIsSent(round);
	round.receiver.isDown = false;
}

async function untilNothingIsSent(round: Round): Promise<void> {
	const deadlineMs = Date.now() + STUCK_MS;
	while (isSent(round, await openDeliveries(round.world))) {
		if (Date.now() > deadlineMs) throw new Error("deliveries are on their way and no outcome is heard of");
		await pause(15);
	}
}

/** Whether one is on its way, other than those that died with a process. */
function isSent({ orphans }: Round, open: readonly OpenDelivery[]): boolean {
	return open.some((one) => one.state === "sending" && !orphans.has(handOutOf(one)));
}

async function openDeliveries(world: World): Promise<readonly OpenDelivery[]> {
	const answer = JSON.parse(await world.call("GET", "/api/v1/deliveries?limit=500")) as {
		readonly deliveries: readonly OpenDelivery[];
	};
	return answer.deliveries.filter(({ state }) => state === "pending" || state === "sending");
}

/** As `notifierLeft` names it: an id is `msg_`, fourteen hex digits of the sequence number, and a nonce. */
function handOutOf({ id, attempts }: OpenDelivery): string {
	return `${Number.parseInt(id.slice(4, 18), 16)} ${attempts}`;
}

function bodyOf(step: number): string {
	const { a, b, errors } = STORY[step] as (typeof STORY)[number];
	const samples = [
		{ name: "fault.level", kind: "gauge", labels: { site: "a" }, value: a },
		{ name: "fault.level", kind: "gauge", labels: { site: "b" }, value: b },
		{ name: "fault.errors", kind: "counter", labels: { site: "a" }, value: errors },
	];
	return JSON.stringify({ samples });
}

/** Steps are drawn anew each round, ticks and deliveries more often than recording, which part A is about. */
function drawKills(chance: Chance): Kill[] {
	const count = chance.whole(KILLS_PER_ROUND.from, KILLS_PER_ROUND.to);
	return Array.from({ length: count }, () => {
		const phase = chance.pick(["record", "tick", "tick", "settle", "settle"] as const);
		const at =
			phase === "tick" ? chance.pick(["begin", "MetricObject", "NotifierObject", "NotifierObject"] as const) : "begin";
		const afterMs =
			at === "begin" ? chance.whole(0, KILL_AFTER_MS_MAX[phase]) : chance.fraction() * KILL_AFTER_WRITE_MS_MAX;
		const isAimed = at !== "begin" || (phase !== "record" && chance.hits(0.7));
		const step = isAimed ? chance.pick(TELLING) : chance.whole(1, STORY.length - 1);
		return { step, phase, at, afterMs };
	});
}

/** Neighbouring seeds of the generator begin alike. */
function seedOf(seed: number, round: number): number {
	return Math.imul(seed + 1, 0x9e3779b1) ^ Math.imul(round + 1, 0x85ebca6b);
}

function pause(ms: number): Promise<void> {
	return new Promise((done) => setTimeout(done, ms));
}

function noFigures(like: Alerted): Alerted {
	return { ...like, killsIn: { ...like.killsIn }, verdict: noVerdict() };
}

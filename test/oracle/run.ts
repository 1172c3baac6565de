/**
 * `npm run test:oracle-notify [-- --only name,name --json]`: plays the same alerts, on the same `alertmanager.yml`, to Debian's
 * Alertmanager and to Perdure at the same time, and compares what their webhooks said. Exit code 1 on a deviation that is not
 * listed; 2 when Alertmanager is not installed.
 */
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { hasAlertmanager, startAlertmanager } from "../../bench/alertmanager.ts";
import { JSON_SAYS, readOptions } from "../../bench/options.ts";
import { newFolder, removeFolder } from "../../bench/processes.ts";
import { type Aim, printReport, progress, type Row } from "../../bench/report.ts";
import { bundledScript, World } from "../faults/world.ts";
import { differences, largestOffMs, TOLERANCE_MS } from "./compare.ts";
import { configOf } from "./config.ts";
import { type Got, Hooks } from "./hooks.ts";
import { type Api, type Played, playAll } from "./play.ts";
import type { Scenario } from "./scenario.ts";
import { ENDS } from "./scenarios/ends.ts";
import { GROUPING } from "./scenarios/grouping.ts";
import { MUTING } from "./scenarios/muting.ts";
import { ROUTING } from "./scenarios/routing.ts";

const EXTERNAL_URL = "http://oracle.invalid";
const SCENARIOS_MIN = 30;

type Verdict = {
	readonly scenario: string;
	readonly about: string;
	/** Of Alertmanager. */
	readonly messages: number;
	readonly offMs: number;
	readonly differences: readonly string[];
	/** Why they differ on purpose; null: they must not. */
	readonly deviation: string | null;
	readonly ok: boolean;
};

const options = readOptions(
	"test:oracle-notify",
	"Plays the same alerts to Debian's Alertmanager and to Perdure, and compares what their webhooks said.",
	{ only: { type: "string" }, json: { type: "boolean", default: false } } as const,
	{ only: "names of scenarios, with commas between", json: JSON_SAYS },
);
if (!hasAlertmanager()) {
	process.stderr.write("prometheus-alertmanager is not installed (apt-get install prometheus-alertmanager)\n");
	process.exit(2);
}
const all = [...GROUPING, ...ROUTING, ...ENDS, ...MUTING];
const only = options.only?.split(",");
const scenarios = all.filter(({ name }) => only?.includes(name) ?? true);
if (new Set(all.map(({ name }) => name)).size !== all.length) throw new Error("two scenarios have one name");

const beganMs = performance.now();
const folder = newFolder("perdure-oracle-");
const hooks = new Hooks(new Map(scenarios.map(({ name, answers = [] }) => [name, answers])));
try {
	report(await play(folder, configOf(scenarios, await hooks.listen())));
} finally {
	hooks.close();
	removeFolder(folder);
}

async function play(inFolder: string, config: string): Promise<Verdict[]> {
	writeFileSync(join(inFolder, "alertmanager.yml"), config);
	const world = new World({
		script: await bundledScript(inFolder),
		stateFolder: join(inFolder, "state"),
		vars: { EXTERNAL_URL },
	});
	const alertmanager = await startAlertmanager(join(inFolder, "peer"), config, EXTERNAL_URL);
	try {
		await world.start();
		await world.migrate();
		await world.call("PUT", "/api/v1/alertmanager/config", config, { "content-type": "application/yaml" });
		progress(`oracle: ${scenarios.length} scenarios side by side, about a minute`);
		const played = await playAll(scenarios, [
			{ name: "alertmanager", call: callerOf(alertmanager.url) },
			{ name: "perdure", call: (method, path, body) => world.call(method, path, body) },
		]);
		return scenarios.map((scenario) => verdictOf(scenario, played.get(scenario.name) as Played));
	} finally {
		await alertmanager.kill();
		await world.crash();
	}
}

function callerOf(url: string): Api["call"] {
	return async (method, path, body) => {
		const reply = await fetch(`${url}${path}`, {
			method,
			...(body !== undefined && { body, headers: { "content-type": "application/json" } }),
		});
		const text = await reply.text();
		if (!reply.ok) throw new Error(`${method} ${path}: ${reply.status} ${text}`);
		return text;
	};
}

function verdictOf(scenario: Scenario, { startMs, exactMs, lateMs, refused }: Played): Verdict {
	const mine = hooks.got.filter((one: Got) => one.scenario === scenario.name);
	const theirs = mine.filter(({ sender }) => sender === "alertmanager");
	const ours = mine.filter(({ sender }) => sender === "perdure");
	const found = [...refused, ...differences(theirs, ours, exactMs, startMs)];
	if (lateMs > TOLERANCE_MS) found.push(`the machine was ${lateMs} ms late: play it again`);
	return {
		scenario: scenario.name,
		about: scenario.about,
		messages: theirs.length,
		offMs: largestOffMs(theirs, ours),
		differences: found,
		deviation: scenario.deviation?.why ?? null,
		ok: found.every((what) => scenario.deviation?.only.test(what) ?? false),
	};
}

function report(verdicts: readonly Verdict[]): void {
	const rows = rowsOf(verdicts);
	const aims = aimsOf(verdicts);
	if (options.json) {
		process.stdout.write(`${JSON.stringify({ bench: "oracle", rows, aims, scenarios: verdicts })}\n`);
	} else {
		for (const one of verdicts) process.stdout.write(linesOf(one));
		printReport({ bench: "oracle", rows, aims }, { json: false });
	}
	process.exitCode = aims.every(({ ok }) => ok) ? 0 : 1;
}

function rowsOf(verdicts: readonly Verdict[]): Row[] {
	const alike = verdicts.filter(({ differences: found }) => found.length === 0).length;
	const bad = verdicts.filter(({ ok }) => !ok).length;
	const offMs = verdicts.filter(({ deviation }) => deviation === null).map((one) => one.offMs);
	const row = (what: string, value: number, unit: string): Row => ({
		what: `oracle: ${what}`,
		value,
		unit,
		ratio: null,
	});
	return [
		row("scenarios", verdicts.length, ""),
		row("alike", alike, ""),
		row("deviate as listed", verdicts.length - alike - bad, ""),
		row("deviate, and must not", bad, ""),
		row("messages of Alertmanager", messagesOf(verdicts), ""),
		row("largest distance in time where alike", Math.max(0, ...offMs), "ms"),
		row("time", Math.round((performance.now() - beganMs) / 1000), "s"),
	];
}

function aimsOf(verdicts: readonly Verdict[]): Aim[] {
	const bad = verdicts.filter(({ ok }) => !ok).length;
	const messages = messagesOf(verdicts);
	const isEnough = verdicts.length >= SCENARIOS_MIN || only !== undefined;
	return [
		{ aim: "deviations that are not listed", want: "0", got: String(bad), ok: bad === 0 },
		{ aim: "scenarios", want: `>= ${SCENARIOS_MIN}`, got: String(verdicts.length), ok: isEnough },
		{ aim: "messages compared", want: "> 0", got: String(messages), ok: messages > 0 || only !== undefined },
	];
}

function messagesOf(verdicts: readonly Verdict[]): number {
	return verdicts.reduce((sum, { messages }) => sum + messages, 0);
}

function linesOf({ scenario, about, messages, offMs, differences: found, deviation, ok }: Verdict): string {
	const word = found.length === 0 ? "alike" : ok ? "listed" : "DEVIATES";
	const cells = [
		word.padEnd(9),
		scenario.padEnd(27),
		`${messages} messages`.padEnd(14),
		`${offMs} ms apart`.padEnd(15),
	];
	const why = deviation === null || found.length === 0 ? "" : `          ${deviation}\n`;
	return `${cells.join("")}${about}\n${why}${found.map((what) => `          ${what}\n`).join("")}`;
}

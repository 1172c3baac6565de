/** Plays scenarios to both at once, in real time and side by side; each step goes to both at the same moment. */
import type { V2Alert, V2Silence } from "../../bench/alertmanager-api.ts";
import type { Said, Scenario, SilenceSaid, Step } from "./scenario.ts";

/** An end that nobody waits for. */
const FAR_S = 3_600;
/** Between the beginnings of two scenarios, so that not all speak at once. */
const APART_MS = 40;
const LISTEN_S = 5;

/** A way in of Alertmanager's API v2; throws unless it is accepted. */
export type Api = {
	readonly name: string;
	readonly call: (method: string, path: string, body?: string) => Promise<string>;
};

/** What was played: its clock's zero, and the times that it gave itself. */
export type Played = {
	readonly startMs: number;
	readonly exactMs: ReadonlySet<number>;
	/** How late a step was, or how long it took, at most. */
	readonly lateMs: number;
	/** Steps that one of them did not take. */
	readonly refused: readonly string[];
};

/** Plays all of them; answers by name. */
export async function playAll(
	scenarios: readonly Scenario[],
	apis: readonly Api[],
): Promise<ReadonlyMap<string, Played>> {
	const beginMs = Date.now() + 200;
	const played = await Promise.all(
		scenarios.map(
			async (scenario, at) => [scenario.name, await play(scenario, apis, beginMs + at * APART_MS)] as const,
		),
	);
	return new Map(played);
}

async function play(scenario: Scenario, apis: readonly Api[], startMs: number): Promise<Played> {
	const exactMs = new Set<number>();
	const books = apis.map(() => new Map<string, string>());
	const refused: string[] = [];
	let lateMs = 0;
	for (const step of scenario.steps) {
		await until(startMs + step.at * 1_000);
		const beganMs = Date.now();
		await Promise.all(
			apis.map((api, at) =>
				take(step, scenario.name, api, books[at] as Map<string, string>, startMs, exactMs).catch((error: unknown) => {
					refused.push(`${api.name} refused the step at ${step.at} s: ${error instanceof Error ? error.message : ""}`);
				}),
			),
		);
		lateMs = Math.max(lateMs, Date.now() - beganMs, beganMs - startMs - step.at * 1_000);
	}
	const lastS = scenario.steps.at(-1)?.at ?? 0;
	await until(startMs + (lastS + (scenario.listenS ?? LISTEN_S)) * 1_000 + 600);
	return { startMs, exactMs, lateMs, refused };
}

async function take(
	step: Step,
	scenario: string,
	api: Api,
	silences: Map<string, string>,
	startMs: number,
	exactMs: Set<number>,
): Promise<void> {
	if ("post" in step) {
		const alerts = step.post.map((said) => alertOf(said, scenario, startMs, exactMs));
		await api.call("POST", "/api/v2/alerts", JSON.stringify(alerts));
	} else if ("silence" in step) {
		const known = silences.get(step.silence.as);
		const wish = silenceOf(step.silence, scenario, startMs, known);
		const answer = JSON.parse(await api.call("POST", "/api/v2/silences", JSON.stringify(wish))) as {
			silenceID: string;
		};
		silences.set(step.silence.as, answer.silenceID);
	} else {
		await api.call("DELETE", `/api/v2/silence/${silences.get(step.expire)}`);
	}
}

function alertOf(said: Said, scenario: string, startMs: number, exactMs: Set<number>): V2Alert {
	const at = (seconds: number): string => {
		const ms = startMs + Math.round(seconds * 1_000);
		exactMs.add(ms);
		return new Date(ms).toISOString();
	};
	return {
		labels: { ...said.labels, scenario },
		annotations: said.annotations ?? {},
		...(said.starts !== undefined && { startsAt: at(said.starts) }),
		...(said.ends !== null && { endsAt: at(said.ends ?? FAR_S) }),
		...(said.generatorURL !== undefined && { generatorURL: said.generatorURL }),
	};
}

function silenceOf(said: SilenceSaid, scenario: string, startMs: number, id: string | undefined): V2Silence {
	const scope = { name: "scenario", value: scenario, isRegex: false, isEqual: true };
	return {
		...(id !== undefined && { id }),
		matchers: [scope, ...said.matchers],
		startsAt: new Date(said.starts === undefined ? Date.now() : startMs + said.starts * 1_000).toISOString(),
		endsAt: new Date(startMs + said.ends * 1_000).toISOString(),
		createdBy: "oracle",
		comment: scenario,
	};
}

function until(ms: number): Promise<void> {
	return new Promise((done) => setTimeout(done, Math.max(0, ms - Date.now())));
}

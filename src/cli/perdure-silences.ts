/** `perdure silence add`, `list` and `expire`. */
import { err, ok } from "../lib/result.ts";
import { matcherOf } from "./perdure-alerts.ts";
import type { Command, Input } from "./perdure-command.ts";
import { age, table } from "./perdure-table.ts";

const PATH = "/api/v1/silences";
const TITLES = ["ID", "STATE", "ENDS IN", "BY", "MATCHERS", "COMMENT"];

type Silence = {
	readonly id: string;
	readonly state: string;
	readonly mutesNow: boolean;
	readonly matchers: readonly string[];
	readonly endsAt: string;
	readonly createdBy: string;
	readonly comment: string;
};

export const SILENCE_COMMANDS: readonly Command[] = [
	{
		words: "silence add",
		operands: "MATCHER...",
		operandsMin: 1,
		operandsMax: 32,
		about: "makes a silence, and says its id",
		help: `  MATCHER                severity=critical, team!=db, node=~"db.*"; a word alone is the name of an alert
  --comment TEXT         why (needed)
  --duration 2h          how long; 1h if nothing is said
  --until TIME           or when it ends: 2026-01-31T12:00:00Z
  --start TIME           when it begins; now if nothing is said
  --author NAME          who; the user of this machine if nothing is said
  --remind-before 15m    its receivers are told so long before it ends
  --recurring JSON       only within these times, in Alertmanager's words:
                         '[{"weekdays": ["saturday", "sunday"], "location": "Europe/Berlin"}]'`,
		options: {
			comment: { type: "string" },
			duration: { type: "string" },
			until: { type: "string" },
			start: { type: "string" },
			author: { type: "string" },
			"remind-before": { type: "string" },
			recurring: { type: "string" },
		},
		run: add,
	},
	{
		words: "silence list",
		operands: "[MATCHER...]",
		operandsMin: 0,
		operandsMax: 32,
		about: "silences that are in force, or will be",
		help: `  MATCHER      only silences that have this matcher, word for word
  --expired    those that are over`,
		options: { expired: { type: "boolean" } },
		run: list,
	},
	{
		words: "silence expire",
		operands: "ID...",
		operandsMin: 1,
		operandsMax: 1_000,
		about: "ends silences now",
		help: "  ID    as 'perdure silence list' shows it",
		options: {},
		run: expire,
	},
];

async function add({ api, operands, option, user }: Input): ReturnType<Command["run"]> {
	const comment = option("comment");
	if (comment === null || comment === "") return err({ code: "usage", reason: "say why, with --comment" });
	const until = option("until");
	const duration = option("duration");
	if (until !== null && duration !== null) return err({ code: "usage", reason: "--until or --duration, not both" });
	const recurring = jsonOf(option("recurring"));
	if (recurring === undefined) return err({ code: "usage", reason: "--recurring must be JSON" });
	const answer = await api.post(PATH, {
		matchers: operands.map(matcherOf),
		startsAt: option("start"),
		endsAt: until,
		duration: until === null ? (duration ?? "1h") : null,
		createdBy: option("author") ?? user,
		comment,
		recurring,
		remindBefore: option("remind-before"),
	});
	if (!answer.ok) return answer;
	return ok({ body: answer.value, text: `${(answer.value as { readonly id: string }).id}\n` });
}

async function list({ api, operands, flag, nowMs }: Input): ReturnType<Command["run"]> {
	const state = flag("expired") ? "expired" : "active,pending";
	const answer = await api.get(PATH, { filter: operands.map(matcherOf), state });
	if (!answer.ok) return answer;
	const { silences } = answer.value as { readonly silences: readonly Silence[] };
	const rows = silences.map((silence) => [
		silence.id,
		silence.state === "active" && !silence.mutesNow ? "between" : silence.state,
		silence.state === "expired" ? `${age(silence.endsAt, nowMs)} ago` : age(silence.endsAt, nowMs),
		silence.createdBy,
		silence.matchers.join(" "),
		silence.comment,
	]);
	return ok({ body: answer.value, text: table(TITLES, rows, "There are no silences.") });
}

/** All that can be ended are, whatever the others are. */
async function expire({ api, operands }: Input): ReturnType<Command["run"]> {
	const expired: string[] = [];
	const problems: string[] = [];
	for (const id of operands) {
		const answer = await api.delete(`${PATH}/${encodeURIComponent(id)}`);
		if (answer.ok) expired.push(id);
		else problems.push(`${id}: ${answer.failure.reason}`);
	}
	const text = [...expired.map((id) => `${id} has ended`), ...problems].join("\n");
	return ok({ body: { expired, problems }, text: `${text}\n`, isBad: problems.length > 0 });
}

/** Undefined: it is no JSON. */
function jsonOf(text: string | null): unknown {
	if (text === null) return null;
	try {
		return JSON.parse(text);
	} catch {
		return undefined;
	}
}

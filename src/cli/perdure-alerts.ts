/** `perdure alert list`. */
import { ok } from "../lib/result.ts";
import type { Command } from "./perdure-command.ts";
import { age, pairs, table } from "./perdure-table.ts";

type Alert = {
	readonly labels: Readonly<Record<string, string>>;
	readonly state: string;
	readonly mutedBy: readonly { readonly kind: string; readonly by: string }[];
	readonly startsAt: string;
};
type Group = { readonly key: string; readonly receiver: string; readonly alerts: readonly Alert[] };
type Groups = { readonly groups: readonly Group[]; readonly truncated?: boolean; readonly total?: number };

const TITLES = ["STATE", "SINCE", "ALERT", "SEVERITY", "RECEIVER", "LABELS", "MUTED BY"];

export const ALERT_COMMANDS: readonly Command[] = [
	{
		words: "alert list",
		operands: "[MATCHER...]",
		operandsMin: 0,
		operandsMax: 32,
		about: "alerts that fire, for each receiver that they go to, and what mutes them",
		help: `  MATCHER            severity=critical, team!=db, node=~"db.*"; a word alone is the name of an alert
  --receiver REGEX   only what goes to these receivers
  --unmuted          leaves out what is silenced or inhibited`,
		options: { receiver: { type: "string" }, unmuted: { type: "boolean" } },
		run: async ({ api, operands, option, flag, nowMs }) => {
			const muted = flag("unmuted") ? "false" : null;
			const answer = await api.get("/api/v1/groups", {
				filter: operands.map(matcherOf),
				receiver: option("receiver"),
				silenced: muted,
				inhibited: muted,
			});
			if (!answer.ok) return answer;
			const { groups, truncated = false, total = 0 } = answer.value as Groups;
			const alerts = groups.flatMap((group) =>
				group.alerts.map((alert) => ({ ...alert, receiver: group.receiver, groupKey: group.key })),
			);
			const rows = alerts.map(({ labels, state, mutedBy, startsAt, receiver }) => [
				state,
				age(startsAt, nowMs),
				labels["alertname"] ?? "",
				labels["severity"] ?? "",
				receiver,
				pairs(labels, ["alertname", "severity"]),
				mutedBy.map(({ kind, by }) => `${kind} ${by}`).join(", "),
			]);
			const text = table(TITLES, rows, "Nothing fires.");
			if (!truncated) return ok({ body: { alerts }, text });
			const notice = `Not all of them: ${alerts.length} of ${total} alerts; name matchers or --receiver to see the others.`;
			return ok({ body: { alerts, truncated, total }, text, notice });
		},
	},
];

/** A word without an operator is the name of an alert, as amtool has it. */
export function matcherOf(text: string): string {
	return /[=~]/.test(text) ? text : `alertname=${JSON.stringify(text)}`;
}

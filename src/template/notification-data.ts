/** A message as Alertmanager's notification templates know it: `.Alerts.Firing`, `.CommonLabels.SortedPairs`, ... */
import { quoteMeta } from "../lib/quote-meta.ts";
import { ok } from "../lib/result.ts";
import type { Message, MessageAlert } from "../model/message.ts";
import { fixed } from "./function.ts";
import { ZERO_TIME_MS } from "./time.ts";
import {
	byCodePoint,
	struct,
	type TemplateFunction,
	type TemplateList,
	type TemplateMap,
	type TemplateStruct,
	type TemplateValue,
	textList,
	textOf,
} from "./value.ts";

/** The dot of a notification template. */
export function notificationData(message: Message): TemplateValue {
	return struct("template.Data", {
		// As Alertmanager has it: its own links filter by a regular expression.
		Receiver: quoteMeta(message.receiver),
		Status: message.status,
		Alerts: { kind: "list", items: message.alerts.map(alertOf), type: "template.Alerts", method: alertsMethod },
		GroupLabels: keyValues(message.groupLabels),
		CommonLabels: keyValues(message.commonLabels),
		CommonAnnotations: keyValues(message.commonAnnotations),
		ExternalURL: message.externalUrl,
	});
}

function alertOf(alert: MessageAlert): TemplateStruct {
	return struct("template.Alert", {
		Status: alert.status,
		Labels: keyValues(alert.labels),
		Annotations: keyValues(alert.annotations),
		StartsAt: { kind: "time", ms: Math.trunc(alert.startsAtMs), zone: "UTC" },
		EndsAt: { kind: "time", ms: Math.trunc(alert.endsAtMs ?? ZERO_TIME_MS), zone: "UTC" },
		GeneratorURL: alert.generatorUrl,
		Fingerprint: alert.fingerprint,
	});
}

function alertsMethod(name: string, { items }: TemplateList): TemplateFunction | null {
	if (name !== "Firing" && name !== "Resolved") return null;
	return fixed([], () => {
		const chosen = items.filter((alert) => textField(alert, "Status") === name.toLowerCase());
		return ok({ kind: "list", items: chosen, type: "[]template.Alert" });
	});
}

/** Alertmanager's KV: a map of texts with methods. */
function keyValues(record: Readonly<Record<string, string>>): TemplateMap {
	return {
		kind: "map",
		entries: new Map(Object.entries(record)),
		zero: "",
		type: "template.KV",
		method: keyValuesMethod,
	};
}

function keyValuesMethod(name: string, self: TemplateMap): TemplateFunction | null {
	if (name === "SortedPairs") return fixed([], () => ok(pairs(self)));
	if (name !== "Remove") return pairsMethod(name, pairs(self));
	return fixed(["texts"], ([names]) => {
		const gone = new Set((names as TemplateList).items);
		return ok({ ...self, entries: new Map([...self.entries].filter(([key]) => !gone.has(key))) });
	});
}

/** `alertname` first, the others by name. */
function pairs({ entries }: TemplateMap): TemplateList {
	const names = [...entries.keys()].filter((name) => name !== "alertname").sort(byCodePoint);
	if (entries.has("alertname")) names.unshift("alertname");
	const items = names.map((name) => struct("template.Pair", { Name: name, Value: entries.get(name) ?? "" }));
	return { kind: "list", items, type: "template.Pairs", method: pairsMethod };
}

function pairsMethod(name: string, { items }: TemplateList): TemplateFunction | null {
	switch (name) {
		case "Names":
			return fixed([], () => ok(textList(items.map((pair) => textField(pair, "Name")))));
		case "Values":
			return fixed([], () => ok(textList(items.map((pair) => textField(pair, "Value")))));
		case "String":
			return fixed([], () => {
				return ok(items.map((pair) => `${textField(pair, "Name")}=${textField(pair, "Value")}`).join(", "));
			});
		default:
			return null;
	}
}

function textField(value: TemplateValue, name: string): string {
	const field = value !== null && typeof value === "object" && value.kind === "struct" ? value.fields.get(name) : "";
	return textOf(field ?? "") ?? "";
}

/**
 * The body of Grafana's webhook: every alert with its own status, as an alert that Alertmanager could have been sent. Links and
 * values become annotations, which templates and receivers see. Pure: the clock comes in. What is wrong with one alert costs
 * none of the others.
 */
import { err, ok, type Result } from "../lib/result.ts";
import type { PostedAlert } from "../model/alerting-rpc.ts";
import { type Failure, invalid } from "../model/errors.ts";
import { fingerprint } from "../model/fingerprint.ts";
import { ALERT_PAIRS_MAX, ALERT_TEXT_CHARS_MAX, GRAFANA_ALERT_LIFE_MS } from "../model/limits.ts";
import { type PlacedAlert, type ReadAlerts, readAlert, readEach, readList } from "./posted-alerts.ts";
import { type Read, readText, recordOf, wrong } from "./posted-json.ts";

/** Of each alert, by the name under which the annotation stands. `panelURL` is not a member of the whole. */
const LINKS = ["dashboardURL", "panelURL", "silenceURL", "imageURL"] as const;

/** The alerts of a parsed body. */
export function readGrafanaAlerts(input: unknown, nowMs: number): Result<ReadAlerts, Failure> {
	const body = recordOf(input);
	if (body === null) return err(invalid("", "must be the body of a Grafana webhook: a map with alerts"));
	const list = readList(body["alerts"], "alerts");
	if (!list.ok) return list;
	if (list.value.length === 0) return err(invalid("alerts", "there is none"));
	return ok(readEach(list.value, "alerts", (item, place) => readGrafanaAlert(item, place, nowMs)));
}

/** The same for the same labels, start and status, however often Grafana sends it. */
export function grafanaMessageId({ alert }: PlacedAlert, nowMs: number): string {
	const status = alert.endsAtMs !== null && alert.endsAtMs <= nowMs ? "resolved" : "firing";
	return `grafana-${fingerprint(alert.labels)}-${alert.startsAtMs ?? 0}-${status}`;
}

function readGrafanaAlert(input: unknown, place: string, nowMs: number): Read<PostedAlert> {
	const read = readAlert(input, place);
	const fields = recordOf(input);
	if (!read.ok || fields === null) return read;
	const status = fields["status"];
	if (status !== "firing" && status !== "resolved") {
		return wrong(`${place}.status`, "must be 'firing' or 'resolved'");
	}
	const annotations = readAnnotationsOf(fields, read.value.annotations, place);
	if (!annotations.ok) return annotations;
	// Our clock may be behind Grafana's: what is over does not end in the future.
	const isOver = status === "resolved";
	const endsAtMs = isOver ? Math.min(read.value.endsAtMs ?? nowMs, nowMs) : nowMs + GRAFANA_ALERT_LIFE_MS;
	const startsAtMs = read.value.startsAtMs === null ? null : Math.min(read.value.startsAtMs, endsAtMs);
	return ok({ ...read.value, annotations: annotations.value, startsAtMs, endsAtMs });
}

/** An annotation that the rule itself has is left as it is. */
function readAnnotationsOf(
	fields: Readonly<Record<string, unknown>>,
	own: Readonly<Record<string, string>>,
	place: string,
): Read<Readonly<Record<string, string>>> {
	const added: [string, string][] = [];
	for (const name of LINKS) {
		const link = readText(fields[name], `${place}.${name}`);
		if (!link.ok) return link;
		added.push([name, link.value]);
	}
	added.push(["value", valueText(fields)]);
	const missing = added.filter(([name, text]) => text !== "" && !Object.hasOwn(own, name));
	return ok({ ...own, ...Object.fromEntries(missing) });
}

/** One value as it is, several by the names of their queries; else the text that Grafana made of them. */
function valueText(fields: Readonly<Record<string, unknown>>): string {
	const values = Object.entries(recordOf(fields["values"]) ?? {}).slice(0, ALERT_PAIRS_MAX);
	const [first] = values;
	const text = fields["valueString"];
	if (first === undefined) return typeof text === "string" ? clipped(text) : "";
	if (values.length === 1) return clipped(String(first[1]));
	return clipped(values.map(([name, value]) => `${name}=${String(value)}`).join(", "));
}

function clipped(text: string): string {
	return text.slice(0, ALERT_TEXT_CHARS_MAX).toWellFormed();
}

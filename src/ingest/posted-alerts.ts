/**
 * The body of Alertmanager's `POST /api/v2/alerts`, as Prometheus, vmalert and amtool send it. Each alert stands for itself:
 * what is wrong with one has its place, and costs none of the others. Pure; knows no groups and no clock.
 */
import { err, ok, type Result } from "../lib/result.ts";
import { isGoZero, parseRfc3339 } from "../lib/rfc3339.ts";
import type { PostedAlert } from "../model/alerting-rpc.ts";
import { type Failure, type Issue, invalid } from "../model/errors.ts";
import { ALERT_CHARS_MAX, ALERTS_PER_POST_MAX } from "../model/limits.ts";
import { type Read, readAnnotations, readLabels, readText, recordOf, wrong } from "./posted-json.ts";

/** An alert that can be taken in, and its place in the body. */
export type PlacedAlert = { readonly at: number; readonly alert: PostedAlert };
export type ReadAlerts = { readonly alerts: readonly PlacedAlert[]; readonly issues: readonly Issue[] };

/** The alerts of a parsed body. Members that nobody knows are passed over. */
export function readPostedAlerts(input: unknown): Result<ReadAlerts, Failure> {
	const list = readList(input ?? [], "");
	return list.ok ? ok(readEach(list.value, "", readAlert)) : list;
}

/** A list within the bound. */
export function readList(input: unknown, place: string): Result<readonly unknown[], Failure> {
	if (!Array.isArray(input)) return err(invalid(place, "must be a list of alerts"));
	if (input.length <= ALERTS_PER_POST_MAX) return ok(input);
	return err({ code: "too_large", what: "alerts in one request", limit: ALERTS_PER_POST_MAX, got: input.length });
}

/** Each by itself; `place` stands before the index. */
export function readEach(
	list: readonly unknown[],
	place: string,
	read: (input: unknown, place: string) => Read<PostedAlert>,
): ReadAlerts {
	const alerts: PlacedAlert[] = [];
	const issues: Issue[] = [];
	for (const [at, item] of list.entries()) {
		const here = `${place}[${at}]`;
		const alert = read(item, here);
		const fits = alert.ok ? checkSize(alert.value, here) : alert;
		if (fits.ok) alerts.push({ at, alert: fits.value });
		else issues.push(...fits.failure);
	}
	return { alerts, issues };
}

/** Labels, annotations and times, which Alertmanager and Grafana write alike. */
export function readAlert(input: unknown, place: string): Read<PostedAlert> {
	const fields = recordOf(input);
	if (fields === null) return wrong(place, "must be a map with labels");
	const labels = readLabels(fields["labels"], `${place}.labels`);
	const annotations = readAnnotations(fields["annotations"], `${place}.annotations`);
	const startsAt = readTime(fields["startsAt"], `${place}.startsAt`);
	const endsAt = readTime(fields["endsAt"], `${place}.endsAt`);
	const generatorUrl = readText(fields["generatorURL"], `${place}.generatorURL`);
	const issues = [labels, annotations, startsAt, endsAt, generatorUrl].flatMap((one) => (one.ok ? [] : one.failure));
	if (!labels.ok || !annotations.ok || !startsAt.ok || !endsAt.ok || !generatorUrl.ok) return err(issues);
	return ok({
		labels: labels.value,
		annotations: annotations.value,
		startsAtMs: startsAt.value,
		endsAtMs: endsAt.value,
		generatorUrl: generatorUrl.value,
	});
}

function readTime(input: unknown, place: string): Read<number | null> {
	if (input === undefined || input === null || input === "") return ok(null);
	const ms = typeof input === "string" ? parseRfc3339(input) : null;
	if (ms === null) return wrong(place, "must be a time such as 2026-01-31T12:00:00Z");
	return ok(isGoZero(ms) ? null : ms);
}

/** One row holds an alert. */
function checkSize(alert: PostedAlert, place: string): Read<PostedAlert> {
	let chars = alert.generatorUrl.length;
	for (const pairs of [alert.labels, alert.annotations]) {
		for (const [name, value] of Object.entries(pairs)) chars += name.length + value.length;
	}
	return chars <= ALERT_CHARS_MAX
		? ok(alert)
		: wrong(place, `${chars} characters in all; the limit is ${ALERT_CHARS_MAX}`);
}

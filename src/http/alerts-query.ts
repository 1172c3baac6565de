/** The question that lists of alerts and groups share, out of a URL: filters, a receiver, and which states are wanted. */
import { err, ok, type Result } from "../lib/result.ts";
import type { AlertsQuery } from "../model/alerting-rpc.ts";
import { type Failure, invalid } from "../model/errors.ts";
import { MATCHERS_MAX } from "../model/limits.ts";
import type { Matcher } from "../model/matcher.ts";
import { parseOneMatcher } from "../routing/matcher-text.ts";

/** What Alertmanager takes for yes; everything else is no. */
const YES: readonly string[] = ["true", "1", "yes", "ok", "y", "on", "selected", "checked", "t", "enabled"];

/** `filter` (repeated), `receiver`, `active`, `silenced`, `inhibited`, `unprocessed`; the four are true when left out. */
export function parseAlertsQuery(url: URL): Result<AlertsQuery, Failure> {
	const matchers = parseFilter(url);
	if (!matchers.ok) return matchers;
	const wants = (name: string): boolean => YES.includes(url.searchParams.get(name)?.toLowerCase() ?? "true");
	return ok({
		matchers: matchers.value,
		active: wants("active"),
		silenced: wants("silenced"),
		inhibited: wants("inhibited"),
		unprocessed: wants("unprocessed"),
		receiver: url.searchParams.get("receiver"),
	});
}

/** Matchers of repeated `filter=name="value"` parameters. */
export function parseFilter(url: URL): Result<readonly Matcher[], Failure> {
	const texts = url.searchParams.getAll("filter");
	if (texts.length > MATCHERS_MAX)
		return err({ code: "too_large", what: "filters", limit: MATCHERS_MAX, got: texts.length });
	const matchers: Matcher[] = [];
	for (const text of texts) {
		const matcher = parseOneMatcher(text);
		if (!matcher.ok) return err(invalid("filter", matcher.failure));
		matchers.push(matcher.value);
	}
	return ok(matchers);
}

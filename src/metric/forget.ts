/** Deletes series, or the whole metric. Alerts and the outbox stay: forgetting data ends no alert by itself. */
import { HOUR_MS } from "../model/limits.ts";
import { compileMatchers, type Matcher } from "../model/matcher.ts";
import type { Recording } from "./recording.ts";
import type { MetricStorage } from "./storage.ts";
import { floorTo } from "./timeline.ts";

/** Forgets the series that match, all of them when there is no matcher; answers how many. All or nothing. */
export function forgetSeries(
	recording: Recording,
	storage: MetricStorage,
	matchers: readonly Matcher[],
	nowMs: number,
): number {
	const history = recording.history;
	const test = compileMatchers(matchers);
	if (history === null || !test.ok) return 0;
	const chosen = [...history.series.all()].filter((series) => test.value(series.labels));
	if (matchers.length === 0) {
		storage.transaction(() => storage.clear());
	} else if (chosen.length > 0) {
		storage.transaction(() => {
			for (const series of chosen) storage.deleteSeries(series.id);
			// Cells of an id that is not in the table are skipped wherever they are read by series; the totals of slots up
			// to now hold them for good, so those are not used any more.
			const totalsFromMs = floorTo(nowMs, HOUR_MS) + HOUR_MS;
			storage.saveMetric({ ...history.metric, totals_from_ms: totalsFromMs, next_series: history.series.nextId });
		});
	}
	recording.reload();
	return chosen.length;
}

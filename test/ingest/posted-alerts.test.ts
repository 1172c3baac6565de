/** Alerts of other senders: each stands for itself, and what is wrong has its place. */
import { describe, expect, it } from "vitest";
import { readGrafanaAlerts } from "../../src/ingest/grafana.ts";
import { readPostedAlerts } from "../../src/ingest/posted-alerts.ts";
import { parsePostedJson } from "../../src/ingest/posted-json.ts";
import { readPostedSilence } from "../../src/ingest/posted-silence.ts";
import {
	ALERT_CHARS_MAX,
	ALERT_PAIRS_MAX,
	ALERT_TEXT_CHARS_MAX,
	ALERTS_PER_POST_MAX,
	MATCHERS_PER_SILENCE_MAX,
} from "../../src/model/limits.ts";

const NOW = Date.parse("2026-06-01T00:00:00Z");
const bytes = (text: string) => new TextEncoder().encode(text);

function read(body: unknown) {
	const parsed = parsePostedJson(bytes(typeof body === "string" ? body : JSON.stringify(body)));
	const alerts = parsed.ok ? readPostedAlerts(parsed.value) : parsed;
	if (!alerts.ok) throw new Error(JSON.stringify(alerts.failure));
	return alerts.value;
}
const labels = (more: object) => ({ labels: { alertname: "A", ...more } });
const many = (count: number, value = "x") =>
	Object.fromEntries(Array.from({ length: count }, (_, i) => [`l${i}`, value]));

describe("posted alerts", () => {
	it("are read with times to the nanosecond, at any offset, and year 1 as none", () => {
		const { alerts, issues } = read([
			{
				...labels({}),
				annotations: { summary: "two\nlines" },
				startsAt: "2026-05-31T12:00:00.123456789+02:00",
				endsAt: "0001-01-01T00:00:00Z",
				generatorURL: "http://p/graph",
				unknown: [1],
			},
		]);
		expect(issues).toEqual([]);
		expect(alerts).toEqual([
			{
				at: 0,
				alert: {
					labels: { alertname: "A" },
					annotations: { summary: "two\nlines" },
					startsAtMs: Date.parse("2026-05-31T10:00:00.123Z"),
					endsAtMs: null,
					generatorUrl: "http://p/graph",
				},
			},
		]);
	});

	it("may have values of several lines, with tabs, as Alertmanager takes them", () => {
		const value = "SELECT *\n\tFROM t\n";
		const annotations = { description: "one\r\n\ttwo" };
		const { alerts, issues } = read([{ ...labels({ query: value }), annotations }]);
		expect(issues).toEqual([]);
		expect(alerts[0]?.alert).toMatchObject({ labels: { query: value }, annotations });
		const grafana = { alerts: [{ ...labels({ query: value }), annotations, status: "firing" }] };
		expect(readGrafanaAlerts(grafana, NOW)).toMatchObject({
			value: { issues: [], alerts: [{ alert: { labels: { query: value }, annotations } }] },
		});
	});

	it("that name a label twice, as vmalert does, have its last value", () => {
		const { alerts } = read('[{"labels":{"alertname":"first","alertname":"last"}}]');
		expect(alerts[0]?.alert.labels).toEqual({ alertname: "last" });
	});

	it("may have labels that are called as what objects have anyway", () => {
		const { alerts } = read('[{"labels":{"__proto__":"a","constructor":"b"}}]');
		expect(Object.entries(alerts[0]?.alert.labels ?? {})).toEqual([
			["__proto__", "a"],
			["constructor", "b"],
		]);
	});

	it.each([
		["no map", 7, "[1]", "must be a map"],
		["no labels", {}, "[1].labels", "must be a map of texts"],
		["empty labels", { labels: { a: "" } }, "[1].labels", "at least one label pair required"],
		["a number as a value", labels({ b: 1 }), "[1].labels.b", "must be a text"],
		["a control character in a name", labels({ "a\u0000": "x" }), '[1].labels."a\\u0000"', "control character"],
		["a control character in a value", labels({ a: "x\u0007" }), "[1].labels.a", "control character"],
		["a NUL in a value", labels({ a: "\u0000" }), "[1].labels.a", "U+0000"],
		["a carriage return in a value", labels({ a: "x\r\n" }), "[1].labels.a", "U+000D"],
		["an escape of a terminal in a value", labels({ a: "\u001b[2J" }), "[1].labels.a", "U+001B"],
		["a line feed in a name", labels({ "a\nb": "x" }), '[1].labels."a\\nb"', "control character"],
		[
			"a bell in an annotation",
			{ ...labels({}), annotations: { summary: "x\u0007" } },
			"[1].annotations.summary",
			"U+0007",
		],
		["half a surrogate in a name", labels({ "\ud800": "x" }), '[1].labels."\ufffd"', "not valid UTF-8"],
		["half a surrogate in a value", labels({ a: "\ud800" }), "[1].labels.a", "not valid UTF-8"],
		["an empty name", labels({ "": "x" }), '[1].labels.""', "empty"],
		["too many labels", { labels: many(ALERT_PAIRS_MAX + 1) }, "[1].labels", `the limit is ${ALERT_PAIRS_MAX}`],
		["a long value", labels({ a: "x".repeat(ALERT_TEXT_CHARS_MAX + 1) }), "[1].labels.a", "the limit is"],
		[
			"too much in all",
			{ labels: many(ALERT_PAIRS_MAX, "x".repeat(ALERT_CHARS_MAX / ALERT_PAIRS_MAX)) },
			"[1]",
			"in all",
		],
		["annotations that are a list", { ...labels({}), annotations: [] }, "[1].annotations", "map of texts"],
		["a time that is none", { ...labels({}), startsAt: "yesterday" }, "[1].startsAt", "a time such as"],
		["a time that is a number", { ...labels({}), endsAt: 1 }, "[1].endsAt", "a time such as"],
		["an address that is none", { ...labels({}), generatorURL: 1 }, "[1].generatorURL", "must be a text"],
	])("with %s are refused by themselves", (_, bad, place, reason) => {
		const { alerts, issues } = read([labels({ i: "1" }), bad, labels({ i: "3" })]);
		expect(alerts.map(({ at }) => at)).toEqual([0, 2]);
		expect(issues).toEqual([{ place, reason: expect.stringContaining(reason) as string }]);
	});

	it("come in bounded numbers; none is no mistake", () => {
		expect(read("null")).toEqual({ alerts: [], issues: [] });
		const most = Array.from({ length: ALERTS_PER_POST_MAX }, () => labels({}));
		expect(read(most).alerts).toHaveLength(ALERTS_PER_POST_MAX);
		expect(readPostedAlerts([...most, labels({})])).toMatchObject({ failure: { code: "too_large" } });
		expect(readPostedAlerts({})).toMatchObject({ failure: { code: "invalid" } });
	});

	it("that are no JSON are refused with line and column", () => {
		expect(parsePostedJson(bytes("[\n{"))).toMatchObject({ failure: { issues: [{ place: "line 2, column 2" }] } });
		expect(parsePostedJson(bytes("["))).toMatchObject({ ok: false });
		expect(parsePostedJson(bytes("[".repeat(1_000)))).toMatchObject({ failure: { code: "too_large" } });
		expect(parsePostedJson(new Uint8Array([0x22, 0xff, 0x22]))).toMatchObject({ ok: false });
	});
});

describe("a posted silence", () => {
	const good = {
		matchers: [{ name: "a", value: "b", isRegex: false }],
		startsAt: "2026-01-01T00:00:00Z",
		endsAt: "2026-01-02T00:00:00Z",
		createdBy: "me",
		comment: "",
	};

	it("has the operators that its two flags say", () => {
		const flags = [
			[{}, "="],
			[{ isRegex: true }, "=~"],
			[{ isEqual: false }, "!="],
			[{ isRegex: true, isEqual: false }, "!~"],
		] as const;
		const matchers = flags.map(([flag]) => ({ name: "a", value: "b", ...flag }));
		const silence = readPostedSilence({ ...good, matchers, status: { state: "active" } });
		expect(silence.ok && silence.value.matchers.map(({ op }) => op)).toEqual(flags.map(([, op]) => op));
		expect(silence).toMatchObject({ value: { id: null, createdBy: "me", comment: "" } });
	});

	it("names everything that is missing at once", () => {
		const silence = readPostedSilence({ matchers: [], startsAt: "x" });
		expect(silence.ok ? [] : silence.failure.map(({ place }) => place)).toEqual([
			"matchers",
			"startsAt",
			"endsAt",
			"createdBy",
			"comment",
		]);
		const matchers = [{ name: "a", value: 1 }];
		expect(readPostedSilence({ ...good, matchers })).toMatchObject({ failure: [{ place: "matchers[0]" }] });
		const tooMany = Array.from({ length: MATCHERS_PER_SILENCE_MAX + 1 }, () => good.matchers[0]);
		expect(readPostedSilence({ ...good, matchers: tooMany })).toMatchObject({ failure: [{ place: "matchers" }] });
		expect(readPostedSilence([])).toMatchObject({ ok: false });
	});
});

describe("alerts of Grafana", () => {
	const alert = (change: object = {}) => ({
		status: "firing",
		labels: { alertname: "A" },
		annotations: { description: "d" },
		startsAt: "2026-05-31T00:00:00Z",
		endsAt: "0001-01-01T00:00:00Z",
		...change,
	});
	const one = (change: object) => {
		const result = readGrafanaAlerts({ alerts: [alert(change)] }, NOW);
		if (!result.ok) throw new Error(JSON.stringify(result.failure));
		return result.value;
	};

	it("show their values and links as annotations, and leave those of the rule alone", () => {
		const links = {
			dashboardURL: "https://g/d/1",
			panelURL: "https://g/d/1?viewPanel=2",
			silenceURL: "https://g/s",
			imageURL: "",
		};
		const { alerts } = one({ ...links, values: { B: 44.5, C: 1 }, annotations: { silenceURL: "own" } });
		expect(alerts[0]?.alert.annotations).toEqual({
			silenceURL: "own",
			dashboardURL: "https://g/d/1",
			panelURL: "https://g/d/1?viewPanel=2",
			value: "B=44.5, C=1",
		});
		expect(one({ values: { A: 0 } }).alerts[0]?.alert.annotations["value"]).toBe("0");
		expect(one({ values: null, valueString: "[ var='A' ]" }).alerts[0]?.alert.annotations["value"]).toBe("[ var='A' ]");
		expect(one({ values: null }).alerts[0]?.alert.annotations).toEqual({ description: "d" });
	});

	it("that fire do so until Grafana says that they are over", () => {
		expect(one({}).alerts[0]?.alert.endsAtMs).toBeGreaterThan(NOW + 24 * 3_600_000);
	});

	it("that are over have ended by now, whatever the clocks say", () => {
		const ends = (change: object) => one({ status: "resolved", ...change }).alerts[0]?.alert;
		expect(ends({ endsAt: "2026-05-31T12:00:00Z" })?.endsAtMs).toBe(Date.parse("2026-05-31T12:00:00Z"));
		expect(ends({})?.endsAtMs).toBe(NOW);
		expect(ends({ endsAt: "2027-01-01T00:00:00Z" })?.endsAtMs).toBe(NOW);
		expect(ends({ startsAt: "2027-01-01T00:00:00Z", endsAt: "2027-01-02T00:00:00Z" })).toMatchObject({
			startsAtMs: NOW,
			endsAtMs: NOW,
		});
	});

	it("that are no use are named, and a body without any is refused", () => {
		expect(one({ status: "alerting" })).toMatchObject({ alerts: [], issues: [{ place: "alerts[0].status" }] });
		expect(one({ panelURL: 7 })).toMatchObject({ alerts: [], issues: [{ place: "alerts[0].panelURL" }] });
		for (const body of [null, [], {}, { alerts: {} }, { alerts: [] }]) {
			expect(readGrafanaAlerts(body, NOW)).toMatchObject({ ok: false, failure: { code: "invalid" } });
		}
	});
});

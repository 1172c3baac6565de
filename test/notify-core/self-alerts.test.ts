/** What the notifier says of itself. */
import { describe, expect, it } from "vitest";
import type { MessageAlert } from "../../src/model/message.ts";
import type { Silence } from "../../src/model/routing.ts";
import { deadLetterReport, silenceEndReport } from "../../src/notify/self-alerts.ts";

const ALERT: MessageAlert = {
	fingerprint: "0123456789abcdef",
	status: "firing",
	labels: {},
	annotations: {},
	startsAtMs: 0,
	endsAtMs: null,
	generatorUrl: "",
	value: null,
	reason: null,
};

describe("a dead letter", () => {
	const GROUP = '{}/{severity="critical"}:{alertname="DiskFull"}';
	const about = (groupKey: string, ...names: string[]) => ({
		groupKey,
		alerts: names.map((alertname): MessageAlert => ({ ...ALERT, labels: { alertname } })),
	});
	const DISK = about(GROUP, "DiskFull");

	it("is a critical alert for an hour, one for each target", () => {
		const one = deadLetterReport("ops/0", DISK, "http 410", 1_000);
		expect(one?.body.labels).toEqual({ alertname: "PerdureDeliveryDead", severity: "critical", target: "ops/0" });
		expect(one?.body.annotations["description"]).toContain("http 410");
		expect(one?.body.annotations["description"]).toContain(GROUP);
		expect(one?.span).toEqual({ startsAtMs: 1_000, endsAtMs: 3_601_000, updatedAtMs: 1_000, isTimeout: true });
		expect(one?.key).toMatch(/^[0-9a-f]{16}$/);
		expect(deadLetterReport("ops/0", about("{}:{}", "Other"), "x", 2_000)?.key).toBe(one?.key);
		expect(deadLetterReport("ops/1", DISK, "http 410", 1_000)?.key).not.toBe(one?.key);
	});

	it("about a dead letter is none", () => {
		const key = '{}/{severity="critical"}:{alertname="PerdureDeliveryDead", severity="critical", target="ops/0"}';
		expect(deadLetterReport("ops/0", about(key, "PerdureDeliveryDead"), "http 410", 1_000)).toBeNull();
		// Where a group has no labels its key does not say what it is about.
		const both = about("{}:{}", "PerdureDeliveryDead", "PerdureDeliveryDead");
		expect(deadLetterReport("ops/0", both, "http 410", 1_000)).toBeNull();
		const mixed = about("{}:{}", "PerdureDeliveryDead", "DiskFull");
		expect(deadLetterReport("ops/0", mixed, "http 410", 1_000)).not.toBeNull();
	});
});

it("a silence near its end is told until it ends, with what it silences and whose it is", () => {
	const silence: Silence = {
		id: "5a0c",
		matchers: [{ name: "job", op: "=~", value: 'a"b.*' }],
		startsAtMs: 0,
		endsAtMs: 7_200_000,
		updatedAtMs: 0,
		createdBy: "ann",
		comment: "the move",
		recurring: null,
		remindBeforeMs: 3_600_000,
	};
	const one = silenceEndReport(silence, 3_600_000);
	expect(one.body.labels).toEqual({ alertname: "PerdureSilenceEnds", severity: "info", silence: "5a0c" });
	expect(one.body.annotations["summary"]).toBe("The silence of ann ends at 1970-01-01T02:00:00.000Z");
	expect(one.body.annotations["description"]).toBe('It silences {job=~"a\\"b.*"}: the move');
	expect(one.span).toMatchObject({ startsAtMs: 3_600_000, endsAtMs: 7_200_000 });
});

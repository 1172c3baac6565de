/** What a message says of its group: order, what is common, what fits; and two messages as one. */
import { describe, expect, it } from "vitest";
import type { Labels } from "../../src/model/labels.ts";
import { MESSAGE_ALERTS_MAX, MESSAGE_CHARS_MAX } from "../../src/model/limits.ts";
import type { Message, MessageAlert } from "../../src/model/message.ts";
import { coalesce, gather, messageOf } from "../../src/notify/group/message.ts";
import { decodeMessage, encodeMessage } from "../../src/notify/message-text.ts";

function alert(labels: Labels, change: Partial<MessageAlert> = {}): MessageAlert {
	return {
		fingerprint: JSON.stringify(labels),
		status: "firing",
		labels,
		annotations: {},
		startsAtMs: 1,
		endsAtMs: change.status === "resolved" ? 2 : null,
		generatorUrl: "",
		value: null,
		reason: null,
		...change,
	};
}

function message(alerts: readonly MessageAlert[], change: Partial<Parameters<typeof messageOf>[0]> = {}): Message {
	return messageOf({
		receiver: "r",
		groupKey: "{}:{}",
		groupLabels: {},
		alerts: gather(alerts),
		externalUrl: "",
		cause: "first",
		nowMs: 5,
		...change,
	});
}

const labelsOf = (one: Message) => one.alerts.map(({ labels }) => labels);

describe("a message", () => {
	it("has its alerts in Alertmanager's order: job, instance, those without last; fewer labels, then label by label, then start", () => {
		const sorted: Labels[] = [
			{ job: "a", instance: "1", x: "1" },
			{ job: "a" },
			{ job: "b", instance: "0" },
			{ instance: "a", z: "9" },
			{ instance: "b", a: "0" },
			{ z: "1" },
			{ a: "1", b: "1" },
			{ a: "2", b: "0" },
		];
		const shuffled = [5, 2, 7, 0, 3, 6, 1, 4].map((i) => alert(sorted[i] as Labels));
		expect(labelsOf(message(shuffled))).toEqual(sorted);
		const [late, early] = [alert({ a: "1" }, { startsAtMs: 9 }), alert({ a: "1" }, { startsAtMs: 3 })];
		expect(message([late, early]).alerts.map(({ startsAtMs }) => startsAtMs)).toEqual([3, 9]);
	});

	it("has in common what all of its alerts have", () => {
		const one = message([
			alert({ a: "1", b: "2", c: "3" }, { annotations: { s: "x", t: "y" } }),
			alert({ a: "1", b: "9", d: "4" }, { annotations: { s: "x" } }),
		]);
		expect(one.commonLabels).toEqual({ a: "1" });
		expect(one.commonAnnotations).toEqual({ s: "x" });
		expect(message([alert({ constructor: "a" }), alert({ b: "1" })]).commonLabels).toEqual({});
	});

	it("fires as long as one of its alerts does", () => {
		expect(message([alert({ a: "1" }, { status: "resolved" }), alert({ a: "2" })]).status).toBe("firing");
		expect(message([alert({ a: "1" }, { status: "resolved" })]).status).toBe("resolved");
	});

	it("counts what it has no place for, by number and by length", () => {
		const many = Array.from({ length: MESSAGE_ALERTS_MAX + 7 }, (_, i) => alert({ a: `${i}`, same: "x" }));
		const one = message(many);
		expect([one.alerts.length, one.truncatedAlerts]).toEqual([MESSAGE_ALERTS_MAX, 7]);
		// What is common is common to all of them, also to those that are left out.
		expect(one.commonLabels).toEqual({ same: "x" });
		const long = Array.from({ length: 30 }, (_, i) => alert({ a: `${i}` }, { annotations: { s: "x".repeat(50_000) } }));
		const cut = message(long);
		expect(cut.alerts.length).toBeGreaterThan(5);
		expect(cut.alerts.length + cut.truncatedAlerts).toBe(30);
		expect(JSON.stringify(cut.alerts).length).toBeLessThan(MESSAGE_CHARS_MAX + 100);
	});

	it("is kept with values that JSON has no word for", () => {
		for (const value of [Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY, -0.5, null]) {
			const one = message([alert({ a: "1" }, { value })]);
			expect(decodeMessage(encodeMessage(one))).toEqual(one);
		}
	});
});

describe("two messages as one", () => {
	const old = message([alert({ a: "1" }), alert({ a: "2" })]);

	it("say the newer standing, keep what the newer is silent of, and say how many they are", () => {
		const newer = message([alert({ a: "2" }, { status: "resolved" }), alert({ a: "3" })], {
			cause: "changed",
			nowMs: 9,
		});
		const one = coalesce(old, newer);
		expect(one.alerts.map(({ labels, status }) => [labels["a"], status])).toEqual([
			["1", "firing"],
			["2", "resolved"],
			["3", "firing"],
		]);
		expect(one).toMatchObject({ coalesced: 2, cause: "changed", createdMs: 9, truncatedAlerts: 0 });
		expect(coalesce(one, newer).coalesced).toBe(3);
	});

	it("keep the end of an alert beside its next beginning, in Alertmanager's order", () => {
		const ended = message([alert({ a: "2" }, { status: "resolved", startsAtMs: 1 })]);
		const again = message([alert({ a: "1" }), alert({ a: "2" }, { startsAtMs: 7 })]);
		const one = coalesce(ended, again);
		expect(one.alerts.map(({ labels, startsAtMs, status }) => [labels["a"], startsAtMs, status])).toEqual([
			["1", 1, "firing"],
			["2", 1, "resolved"],
			["2", 7, "firing"],
		]);
	});

	it("are over when the newer one is", () => {
		const over = message([alert({ a: "1" }, { status: "resolved" }), alert({ a: "2" }, { status: "resolved" })], {
			cause: "resolved",
		});
		expect(coalesce(old, over)).toMatchObject({ status: "resolved", cause: "resolved", coalesced: 2 });
	});

	it("lose no count of what has no place", () => {
		const many = (from: number) =>
			message(Array.from({ length: MESSAGE_ALERTS_MAX }, (_, i) => alert({ a: `${from + i}` })));
		const one = coalesce(many(0), many(MESSAGE_ALERTS_MAX - 10));
		expect(one.alerts.length + one.truncatedAlerts).toBe(2 * MESSAGE_ALERTS_MAX - 10);
		const cut = { ...many(0), truncatedAlerts: 5 };
		expect(coalesce(cut, message([alert({ a: "0" })])).truncatedAlerts).toBe(5);
		// The newer standing is the one that has to be heard.
		expect(one.alerts.some(({ labels }) => labels["a"] === `${MESSAGE_ALERTS_MAX + 900}`)).toBe(true);
	});
});

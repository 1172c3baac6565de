/** What our own messages say, in both languages, and how they are cut to a medium. */
import { describe, expect, it } from "vitest";
import { clip, clipBytes, oneLine, utf8Bytes } from "../../../src/notify/channels/clip.ts";
import { emailText } from "../../../src/notify/channels/email-text.ts";
import { safeLink } from "../../../src/notify/channels/escape.ts";
import { formatLasted, formatTime, formatValue } from "../../../src/notify/channels/plain-values.ts";
import { tellStory } from "../../../src/notify/channels/story.ts";
import { urgencyOf } from "../../../src/notify/channels/urgency.ts";
import { fitStory } from "../../../src/notify/channels/view.ts";
import { alert, message } from "./services.ts";

const two = [
	alert({ labels: { alertname: "HighErrorRate", severity: "critical", job: "api", instance: "a" } }),
	alert({
		labels: { alertname: "HighErrorRate", severity: "critical", job: "api", instance: "b" },
		status: "resolved",
	}),
];
const common = { alertname: "HighErrorRate", severity: "critical", job: "api" };

describe("a story", () => {
	it("has a title with counts, name and severity", () => {
		const title = (language: "en" | "zh", change = {}) =>
			tellStory(message({ alerts: two, commonLabels: common, ...change }), language, null).title;
		expect(title("en")).toBe("[FIRING:1, RESOLVED:1] HighErrorRate · critical");
		expect(title("zh")).toBe("【告警 1 · 已恢复 1】HighErrorRate · critical");
		expect(title("en", { alerts: [two[1]], cause: "test" })).toBe("[TEST] [RESOLVED:1] HighErrorRate · critical");
		expect(title("en", { commonLabels: {}, groupLabels: { cluster: "eu", job: "api" } })).toBe(
			"[FIRING:1, RESOLVED:1] eu · api",
		);
		expect(title("zh", { commonLabels: {}, groupLabels: {}, truncatedAlerts: 3 })).toBe(
			"【告警 1 · 已恢复 1】5 条告警",
		);
		expect(title("en", { commonLabels: { alertname: "x\ny".repeat(200) } }).length).toBe(150);
		expect(title("en", { commonLabels: { alertname: "x\ny".repeat(200) } })).not.toContain("\n");
	});

	it("says of each alert what differs, since when, and how long it lasted", () => {
		const story = tellStory(message({ alerts: two, commonLabels: common }), "en", null);
		expect(story.labels).toEqual([["job", "api"]]);
		expect(story.alerts[0]).toMatchObject({
			heading: "One in ten requests fails",
			labels: [["instance", "a"]],
			value: "0.123457",
			when: "Since 2026-01-01 00:00:00 UTC (2h)",
			reason: "",
		});
		expect(story.alerts[1]).toMatchObject({
			when: "From 2026-01-01 00:00:00 UTC to 2026-01-01 01:05:00 UTC (1h 5m)",
			reason: "recovered",
		});
		const zh = tellStory(message({ alerts: two, commonLabels: common }), "zh", null);
		expect(zh.alerts[1]).toMatchObject({
			when: "2026-01-01 00:00:00 UTC 至 2026-01-01 01:05:00 UTC（持续 1小时 5分钟）",
			reason: "已恢复正常",
		});
	});

	it("says why it is sent when that does not go without saying", () => {
		const notes = (change: object, problem: string | null = null) => tellStory(message(change), "en", problem).notes;
		expect(notes({})).toEqual([]);
		expect(notes({ cause: "changed" })).toEqual([]);
		expect(notes({ cause: "repeat" })).toEqual(["Reminder: this has not ended yet."]);
		expect(notes({ cause: "escalated", coalesced: 3 })).toEqual([
			"Escalated: nobody acknowledged this in time.",
			"Stands for 3 messages that could not be delivered in between.",
		]);
		expect(notes({}, "title: it failed")[0]).toContain("built-in form. title: it failed");
		expect(tellStory(message({ cause: "repeat", coalesced: 2 }), "zh", null).notes).toEqual([
			"提醒：该告警仍未恢复。",
			"本消息合并了期间未能送达的 2 条消息。",
		]);
	});

	it("is as urgent as the worst alert that fires", () => {
		const of = (...severities: string[]) => {
			const alerts = severities.map((severity) => alert({ labels: { alertname: "x", severity } }));
			return tellStory(message({ alerts }), "en", null).urgency;
		};
		expect(of("info", "warning", "critical")).toBe("critical");
		expect(of("info", "P2")).toBe("warning");
		expect(of("info")).toBe("info");
		expect(of("odd")).toBe("error");
		expect(tellStory(message({ alerts: [alert({ status: "resolved" })] }), "en", null).urgency).toBe("resolved");
		expect([urgencyOf(undefined), urgencyOf(" PAGE "), urgencyOf("P1"), urgencyOf("p3")]).toEqual([
			"error",
			"critical",
			"error",
			"info",
		]);
	});

	it("counts what it leaves out, and prefers many alerts in few words", () => {
		const alerts = Array.from({ length: 30 }, (_, at) =>
			alert({ annotations: { summary: `n${at}`, description: "d".repeat(2_000) } }),
		);
		const story = tellStory(message({ alerts, truncatedAlerts: 12 }), "en", null);
		const view = fitStory(
			story,
			20,
			(one) => one,
			(one) => one.alerts.reduce((sum, { description }) => sum + description.length, 0) <= 6_100,
		);
		expect(view.alerts.length).toBe(20);
		expect(view.alerts[0]?.description.length).toBe(300);
		expect(view.omitted).toBe(10 + 12);
		const none = fitStory(
			story,
			20,
			(one) => one,
			(one) => one.alerts.length === 0,
		);
		expect(none).toMatchObject({ alerts: [], omitted: 42 });
		expect(emailText(story)).toContain("… and 12 more");
	});
});

describe("texts", () => {
	it("are cut at whole characters, without control characters and halves", () => {
		expect(clip("abcdef", 6)).toBe("abcdef");
		expect(clip("abcdefg", 6)).toBe("abcde…");
		expect(clip("abcd🦄g", 6)).toBe("abcd…");
		expect(clip("a👨‍👩‍👧", 4)).toBe("a👨…");
		expect(clip("a\u0000b\u001bc\n\td\ud800", 20)).toBe("a b c\n\td\ufffd");
		expect(oneLine(" a\r\n b\t c ", 20)).toBe("a b c");
		for (let bytes = 3; bytes < 40; bytes++) {
			const cut = clipBytes("é漢🦄".repeat(5), bytes);
			expect(utf8Bytes(cut)).toBeLessThanOrEqual(bytes);
			expect(cut.isWellFormed()).toBe(true);
		}
	});

	it("are links only when they are http(s), and then without what could end one", () => {
		for (const bad of [
			"javascript:alert(1)",
			"data:text/html,x",
			"//x",
			"x",
			undefined,
			`https://e.com/${"x".repeat(3_000)}`,
		]) {
			expect(safeLink(bad)).toBeNull();
		}
		expect(safeLink("https://e.com/a?b=1&c=(x)|[y]<z>\"'`")).toBe(
			"https://e.com/a?b=1&c=%28x%29%7C%5By%5D%3Cz%3E%22%27%60",
		);
	});

	it("show numbers, times and spans as people read them", () => {
		expect([0, 12345678, 0.1234567, 1e21, Number.NaN, Number.POSITIVE_INFINITY].map(formatValue)).toEqual([
			"0",
			"12345678",
			"0.123457",
			"1e+21",
			"NaN",
			"Infinity",
		]);
		expect(
			[0, 999, 61_000, 3_600_000, 3_601_000, 90_061_000, -5].map((ms) => formatLasted(ms, ["d", "h", "m", "s"])),
		).toEqual(["0s", "1s", "1m 1s", "1h", "1h", "1d 1h", "0s"]);
		expect([0, Number.NaN, 1e300].map(formatTime)).toEqual(["1970-01-01 00:00:00 UTC", "?", "?"]);
	});
});

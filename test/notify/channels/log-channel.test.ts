/** The line on the log: what it says, that it is one line, and that it has a bound. */
import { beforeEach, describe, expect, it, vi } from "vitest";
import { deadMessageLine, logChannel } from "../../../src/notify/channels/log-channel.ts";
import { alert, issuesOf, message, opened, sendOnce } from "./services.ts";

const lines: string[] = [];
beforeEach(() => {
	lines.length = 0;
	vi.spyOn(console, "log").mockImplementation((line: string) => void lines.push(line));
});

describe("the line", () => {
	it("says of a message who, what and why", async () => {
		await sendOnce(opened(logChannel, { send_resolved: true }), message({ cause: "repeat" }), {}, "msg_9");
		expect(lines).toHaveLength(1);
		expect(JSON.parse(lines[0] ?? "")).toMatchObject({
			message_id: "msg_9",
			type: "notification",
			level: "warn",
			status: "firing",
			cause: "repeat",
			receiver: "ops",
			group_labels: { alertname: "HighErrorRate" },
			alerts: [{ labels: { service: "api" }, value: 0.1234567, startsAt: "2026-01-01T00:00:00Z", endsAt: null }],
			truncated_alerts: 0,
		});
	});

	it("is one line below 64 kB, whatever the alerts hold", () => {
		const long = "x\n🦄".repeat(4_000);
		const alerts = Array.from({ length: 1_000 }, () =>
			alert({ labels: { alertname: "x", long }, annotations: { summary: long } }),
		);
		const line = opened(logChannel, {}).render(message({ alerts, groupKey: long, receiver: long }));
		expect(line.length).toBeLessThanOrEqual(65_536);
		expect(line).not.toContain("\n");
		const said = JSON.parse(line) as { alerts: unknown[]; truncated_alerts: number };
		expect(said.alerts.length + said.truncated_alerts).toBe(1_000);
	});

	it("of a dead delivery says so first", () => {
		expect(JSON.parse(deadMessageLine(message(), "msg_1", 12, "http 500"))).toMatchObject({
			level: "error",
			type: "delivery_dead",
			message_id: "msg_1",
			attempts: 12,
			error: "http 500",
			receiver: "ops",
		});
	});

	it("has no settings but one", () => {
		expect(issuesOf(logChannel, { path: "/var/log" })).toEqual([
			{ place: "path", reason: "is not known, or not supported here" },
		]);
	});
});

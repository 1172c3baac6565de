/** Who is told as long as nobody uploaded a configuration. */
import { describe, expect, it } from "vitest";
import type { Labels } from "../../src/model/labels.ts";
import { defaultConfig } from "../../src/notify/default-config.ts";
import { RouteTree } from "../../src/routing/route-tree.ts";

const SLACK = "https://hooks.slack.com/services/T0/B0/x";
const ALL = {
	RECEIVER_WEBHOOK_URL: "https://example.com/hook",
	RECEIVER_SLACK_URL: SLACK,
	RECEIVER_EMAIL_FROM: "a@example.com",
	RECEIVER_EMAIL_TO: "b@example.com",
};

/** Receiver, repeat in minutes, and escalation, of every route that these labels reach. */
function reached(labels: Labels, variables: Record<string, string> = {}) {
	const routes = new RouteTree(defaultConfig(variables).route).match(labels);
	return routes.map(({ receiver, repeatIntervalMs, escalation }) => [
		receiver,
		Math.ceil(repeatIntervalMs / 60_000),
		...escalation.map((step) => `${step.receiver} after ${step.afterMs / 60_000}`),
	]);
}

describe("the default route", () => {
	it.each([
		["critical", ["critical", 5]],
		["P0", ["critical", 5]],
		["warning", ["warning", 60, "critical after 30"]],
		["p1", ["warning", 60, "critical after 30"]],
		["p2", ["warning", 60, "critical after 120"]],
		["Info", ["info", 240, "warning after 1440"]],
		["P3", ["info", 240, "warning after 1440"]],
		["whatever", ["info", 240]],
		["toString", ["info", 240]],
		["criticality", ["info", 240]],
	])("of severity %s", (severity, expected) => {
		expect(reached({ alertname: "A", severity })).toEqual([expected]);
	});

	it("tells an audience that has an address besides the severity's receiver", () => {
		const labels = { alertname: "A", severity: "critical", audience: "security" };
		expect(reached(labels)).toEqual([["critical", 5]]);
		expect(reached(labels, { RECEIVER_SECURITY_SLACK_URL: SLACK })).toEqual([
			["security", 240],
			["critical", 5],
		]);
		// Without a severity the audience alone is told.
		expect(reached({ alertname: "A", audience: "task-failure" }, { RECEIVER_TASK_FAILURE_SLACK_URL: SLACK })).toEqual([
			["task-failure", 240],
		]);
	});

	it("calls the emergency at once when it has an address", () => {
		expect(reached({ severity: "critical" }, { RECEIVER_EMERGENCY_SLACK_URL: SLACK })).toEqual([
			["critical", 5, "emergency after 0"],
		]);
	});

	it("makes each alert a group of its own, told at once, that may not flap for ever", () => {
		const tree = new RouteTree(defaultConfig(ALL).route);
		for (const route of tree.all) {
			expect(route).toMatchObject({ groupBy: "...", groupWaitMs: 0, groupIntervalMs: 1, flapHoldMs: 900_000 });
		}
		expect(new Set(tree.all.map(({ key }) => key)).size).toBe(tree.all.length);
	});
});

describe("the default receivers", () => {
	const channels = (variables: Record<string, string>) =>
		Object.fromEntries(
			defaultConfig(variables).receivers.map(({ name, integrations }) => [
				name,
				integrations.map(({ channel }) => channel),
			]),
		);

	it("have the channels of their severity that are filled in, and the log always, last", () => {
		expect(channels({})).toEqual({ critical: ["log"], warning: ["log"], info: ["log"] });
		const all = channels(ALL);
		expect(all["critical"]).toEqual(expect.arrayContaining(["webhook", "slack", "email"]));
		expect(all["warning"]).not.toContain("webhook");
		expect([...(all["warning"] ?? [])].sort()).toEqual(["email", "log", "slack"]);
		expect(all["info"]).toEqual(["email", "log"]);
		for (const list of Object.values(all)) expect(list.at(-1)).toBe("log");
	});

	it("hear of ends, and every one that a route names is there", () => {
		const config = defaultConfig({ ...ALL, RECEIVER_EMERGENCY_SLACK_URL: SLACK, RECEIVER_USERS_SLACK_URL: SLACK });
		const names = new Set(config.receivers.map(({ name }) => name));
		for (const route of new RouteTree(config.route).all) {
			expect(names).toContain(route.receiver);
			for (const { receiver } of route.escalation) expect(names).toContain(receiver);
		}
		expect(config.receivers.flatMap(({ integrations }) => integrations).every(({ sendResolved }) => sendResolved)).toBe(
			true,
		);
		expect(config.receivers.find(({ name }) => name === "users")?.integrations[0]?.settings).toMatchObject({
			api_url: SLACK,
		});
	});
});

/** The events that PagerDuty gets, and the key that makes one incident of a group. */
import { createHash } from "node:crypto";
import { describe, expect, it } from "vitest";
import { pagerdutyChannel } from "../../../src/notify/channels/pagerduty.ts";
import {
	alert,
	issuesOf,
	message,
	newKey,
	opened,
	received,
	SECRETS,
	SERVICES_URL,
	script,
	sendOnce,
} from "./services.ts";

type Event = {
	routing_key?: string;
	dedup_key?: string;
	event_action: string;
	client: string;
	client_url?: string;
	payload: {
		summary: string;
		source: string;
		severity: string;
		custom_details: Record<string, string>;
		component?: string;
	};
	links: unknown[];
	images: unknown[];
};
const base = { routing_key: SECRETS.PAGERDUTY_KEY };
const eventOf = (settings: object, one = message()): Event =>
	JSON.parse(opened(pagerdutyChannel, { ...base, ...settings }).render(one)) as Event;

describe("the event", () => {
	it("triggers and resolves one incident a group, by the hash of its key", async () => {
		const key = newKey();
		const one = opened(pagerdutyChannel, { ...base, url: `${SERVICES_URL}/pagerduty/${key}` });
		await sendOnce(one, message());
		await sendOnce(one, message({ alerts: [alert({ status: "resolved" })] }));
		const events = (await received(key)).map((call) => JSON.parse(call.body) as Event);
		expect(events.map((event) => event.event_action)).toEqual(["trigger", "resolve"]);
		const expected = createHash("sha256").update(message().groupKey).digest("hex");
		for (const event of events)
			expect(event).toMatchObject({ routing_key: SECRETS.PAGERDUTY_KEY, dedup_key: expected });
	});

	it("has a summary, a source, a severity and the alerts as details", () => {
		const { payload, client, client_url } = eventOf({});
		expect(payload).toMatchObject({
			summary: "[FIRING:1] HighErrorRate · critical",
			source: "10.0.0.1:80",
			severity: "critical",
		});
		expect(payload.custom_details).toMatchObject({ num_firing: "1", num_resolved: "0", resolved: "" });
		expect(payload.custom_details["firing"]).toContain("One in ten requests fails\n5xx are 10 % of all requests.");
		expect([client, client_url]).toEqual(["Perdure", "https://perdure.example.com/"]);
	});

	it.each([
		["critical", "critical"],
		["P0", "critical"],
		["P1", "error"],
		["warning", "warning"],
		["P3", "info"],
		["odd", "error"],
	])("the severity %s is PagerDuty's %s", (severity, expected) => {
		expect(eventOf({}, message({ alerts: [alert({ labels: { alertname: "x", severity } })] })).payload.severity).toBe(
			expected,
		);
		expect(
			eventOf({ severity: "{{ .CommonLabels.severity }}" }, message({ commonLabels: { severity } })).payload.severity,
		).toBe(expected);
	});

	it("has what the settings' templates make, without links that are none", () => {
		const event = eventOf({
			description: "D {{ .Status }}\nx",
			client: "me",
			source: "s",
			component: "{{ .CommonLabels.service }}",
			details: { firing: "mine", more: "{{ .CommonLabels.severity }}" },
			links: [{ href: "https://example.com/{{ .Status }}", text: "t" }, { href: "javascript:x" }],
			images: [{ src: "https://example.com/i.png", alt: "a" }],
		});
		expect(event.payload).toMatchObject({ summary: "D firing x", source: "s", component: "api" });
		expect(event.payload.custom_details).toMatchObject({ firing: "mine", more: "critical", num_firing: "1" });
		expect(event.links).toEqual([{ href: "https://example.com/firing", text: "t" }]);
		expect(event.images).toEqual([{ src: "https://example.com/i.png", alt: "a" }]);
		const failed = eventOf({ description: "{{ index .Alerts 99 }}", details: { firing: "mine" } });
		expect(failed.payload.summary).toBe("[FIRING:1] HighErrorRate · critical");
		expect(failed.payload.custom_details["notes"]).toContain("A template could not be used");
		expect(failed.payload.custom_details["firing"]).toContain("One in ten requests fails");
	});

	it("has at most 512 kB and a summary of 1,024, details of the settings' own included", () => {
		const long = '漢\u0001"'.repeat(5_000);
		const alerts = Array.from({ length: 1_000 }, () => alert({ annotations: { summary: long, description: long } }));
		const details = Object.fromEntries(
			Array.from({ length: 40 }, (_, at) => [`d${at}`, "{{ .CommonAnnotations.description }}"]),
		);
		const one = opened(pagerdutyChannel, { ...base, description: "{{ .CommonAnnotations.description }}", details });
		const body = one.render(message({ alerts, commonAnnotations: { description: long } }));
		expect(Buffer.byteLength(body)).toBeLessThanOrEqual(512_000 - 200);
		expect((JSON.parse(body) as Event).payload.summary.length).toBeLessThanOrEqual(1_024);
	});
});

describe("the settings", () => {
	it("are refused with their place; v1 by name", () => {
		const places = (settings: object, change = {}) =>
			issuesOf(pagerdutyChannel, settings, change).map((issue) => issue.place);
		expect(places({})).toEqual(["routing_key"]);
		expect(issuesOf(pagerdutyChannel, { service_key: "secret" })).toEqual([
			{ place: "service_key", reason: expect.stringContaining("Events API v1 is not supported") },
		]);
		expect(places({ ...base, url: "https://127.0.0.1/" }, { loopback: false })).toEqual(["url"]);
		expect(places({ ...base, details: { a: 1 } })).toEqual(["details.a"]);
		expect(places({ ...base, details: { a: "{{ end }}" } })).toEqual(["details.a"]);
	});

	it("take the address of the global section", async () => {
		const key = newKey();
		const one = opened(pagerdutyChannel, base, { global: { pagerduty_url: `${SERVICES_URL}/pagerduty/${key}` } });
		expect(await sendOnce(one, message())).toEqual({ kind: "delivered", httpStatus: 202 });
	});

	it("PagerDuty's own words are shown", async () => {
		const key = newKey();
		await script(key, [{ status: 400, body: '{"status":"invalid event","message":"Event object is invalid"}' }]);
		const one = opened(pagerdutyChannel, { ...base, url: `${SERVICES_URL}/pagerduty/${key}` });
		expect(await sendOnce(one, message())).toMatchObject({ kind: "never", why: "http 400: Event object is invalid" });
	});
});

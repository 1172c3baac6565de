/** What the notifier answers about alerts, groups and silences as they stand. */
import { runInDurableObject } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { expect, it } from "vitest";
import { fingerprint } from "../../src/model/fingerprint.ts";
import { ALERTS_PER_ANSWER_MAX } from "../../src/model/limits.ts";
import { putConfigFile } from "../../src/notify/config-desk.ts";
import { listAlerts, listGroups } from "../../src/notify/desk.ts";
import { Notifier } from "../../src/notify/notifier.ts";
import type { NotifierObject } from "../../src/notify/notifier-object.ts";
import { event } from "./receiver.ts";

const ALL = { matchers: [], active: true, silenced: true, inhibited: true, unprocessed: true, receiver: null };
const CONFIG = `route: {receiver: a, group_wait: 1h, routes: [{matchers: ['to="both"'], receiver: b, continue: true}, {receiver: a}]}
receivers: [{name: a}, {name: b}]
inhibit_rules: [{source_matchers: ['alertname="Own"'], target_matchers: ['alertname="Posted"']}]
`;

let count = 0;
const notifier = () => env.NOTIFIER.getByName(`desk-${count++}`) as unknown as NotifierObject;
const posted = (labels: Readonly<Record<string, string>>) => {
	return { labels, annotations: {}, startsAtMs: null, endsAtMs: null, generatorUrl: "" };
};
const silence = {
	id: null,
	newId: "9b1f0e0e-1111-4222-8333-444455556666",
	matchers: [{ name: "a", op: "=" as const, value: "b" }],
	startsAtMs: Date.now(),
	endsAtMs: Date.now() + 3_600_000,
	createdBy: "me",
	comment: "c",
	recurring: null,
	remindBeforeMs: null,
};

it("an alert of our own that inhibits is named by the fingerprint that it shows, not by its key", async () => {
	const stub = notifier();
	expect(await stub.putConfig(CONFIG)).toMatchObject({ ok: true });
	const own = event("Own");
	expect(await stub.accept([own])).toMatchObject({ ok: true });
	expect(await stub.postAlerts([posted({ alertname: "Posted" })])).toMatchObject({ ok: true });
	const alerts = await stub.alerts({ ...ALL, matchers: [{ name: "alertname", op: "=", value: "Posted" }] });
	expect(alerts).toMatchObject({
		value: { items: [{ state: "suppressed", mutedBy: [{ kind: "inhibition", by: fingerprint(own.labels) }] }] },
	});
});

it("a group that is asked for by its receiver names that one alone; an alert names all of its own", async () => {
	const stub = notifier();
	await stub.putConfig(CONFIG);
	await stub.postAlerts([posted({ alertname: "X", to: "both" })]);
	expect(await stub.alerts({ ...ALL, receiver: "b" })).toMatchObject({ value: { items: [{ receivers: ["b", "a"] }] } });
	expect(await stub.groups({ ...ALL, receiver: "b" })).toMatchObject({
		value: { items: [{ receiver: "b", alerts: [{ receivers: ["b"] }] }], shown: 1, total: 1 },
	});
	const all = await stub.groups(ALL);
	expect(all.ok ? all.value.items.map(({ receiver }) => receiver).sort() : []).toEqual(["a", "b"]);
});

it("what is taken on in one of its groups is quiet there, and not muted as a whole", async () => {
	const stub = notifier();
	await stub.putConfig(CONFIG);
	await stub.postAlerts([posted({ alertname: "X", to: "both" })]);
	const groups = await stub.groups({ ...ALL, receiver: "b" });
	const key = groups.ok ? (groups.value.items[0]?.key ?? "") : "";
	expect(await stub.acknowledge(key, "ann", "")).toMatchObject({ ok: true });
	const muted = async (receiver: string) => {
		const found = await stub.groups({ ...ALL, receiver });
		return found.ok ? found.value.items[0]?.alerts[0]?.mutedBy : null;
	};
	expect(await muted("b")).toEqual([{ kind: "acknowledged", by: "ann" }]);
	expect(await muted("a")).toEqual([]);
	expect(await stub.alerts(ALL)).toMatchObject({ value: { items: [{ mutedBy: [] }], shown: 1, total: 1 } });
});

it("an answer that is full says how many alerts had no place in it, and none is hidden in a large group", async () => {
	const over = 7;
	const stub = env.NOTIFIER.getByName(`desk-${count++}`);
	await runInDurableObject(stub, (_, { storage }) => {
		const now = Date.now();
		const notifier = new Notifier(storage, {}, "0".repeat(16), () => now);
		const config = "route: {receiver: a, group_by: [half], group_wait: 1h}\nreceivers: [{name: a}]\n";
		expect(putConfigFile(notifier, {}, config, now)).toMatchObject({ ok: true });
		const alerts = Array.from({ length: ALERTS_PER_ANSWER_MAX + over }, (_, i) =>
			posted({ alertname: "Many", i: `${i}`, half: i < 5 ? "small" : "large" }),
		);
		expect(notifier.post(alerts, now).issues).toEqual([]);
		const all = listAlerts(notifier, ALL, now);
		expect(all).toMatchObject({ value: { shown: ALERTS_PER_ANSWER_MAX, total: ALERTS_PER_ANSWER_MAX + over } });
		expect(all.ok && all.value.items.length).toBe(ALERTS_PER_ANSWER_MAX);
		const groups = listGroups(notifier, ALL, now);
		expect(groups).toMatchObject({ value: { shown: ALERTS_PER_ANSWER_MAX, total: ALERTS_PER_ANSWER_MAX + over } });
		const sizes = groups.ok ? groups.value.items.map((group) => group.alerts.length).sort((a, b) => a - b) : [];
		expect(sizes).toEqual([5, ALERTS_PER_ANSWER_MAX - 5]);
		const few = { ...ALL, matchers: [{ name: "half", op: "=" as const, value: "small" }] };
		expect(listAlerts(notifier, few, now)).toMatchObject({ value: { shown: 5, total: 5 } });
		expect(listGroups(notifier, few, now)).toMatchObject({ value: { shown: 5, total: 5 } });
	});
}, 60_000);

it("a wish for a silence that comes twice makes one", async () => {
	const stub = notifier();
	expect(await stub.putSilence(silence)).toEqual({ ok: true, value: silence.newId });
	expect(await stub.putSilence(silence)).toEqual({ ok: true, value: silence.newId });
	expect(await stub.silences([])).toMatchObject({ value: [{ id: silence.newId }] });
	// And without an id of its own it gets one.
	const { newId: _, ...wish } = silence;
	expect(await stub.putSilence(wish)).toMatchObject({ ok: true, value: expect.stringMatching(/^[0-9a-f-]{36}$/) });
});

it("a filter means silences that have the matcher word for word", async () => {
	const stub = notifier();
	await stub.putSilence(silence);
	const sizes = [];
	for (const [op, value] of [
		["=", "b"],
		["=", "c"],
		["!=", "c"],
		["=~", "b"],
	] as const) {
		const found = await stub.silences([{ name: "a", op, value }]);
		sizes.push(found.ok ? found.value.length : -1);
	}
	expect(sizes).toEqual([1, 0, 0, 0]);
});

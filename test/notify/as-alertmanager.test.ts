/** Where Alertmanager was met to do something else, found by test/oracle and told here without one at hand. */
import { describe, expect, it } from "vitest";
import { quoteMeta } from "../../src/lib/quote-meta.ts";
import type { MessageAlert } from "../../src/model/message.ts";
import type { RoutingConfig } from "../../src/model/routing.ts";
import { type LookInput, lookAt, type Member, type Target } from "../../src/notify/group/look.ts";
import { gather, messageOf } from "../../src/notify/group/message.ts";
import { postedReport } from "../../src/notify/group/posted-alert.ts";
import { tickAfter, tickOf } from "../../src/notify/group/ticks.ts";
import { Mutes } from "../../src/notify/mutes.ts";

const TARGET: Target = { name: "hook/0", receiver: "hook", sendResolved: true, isEscalation: false };
const SILENCED = [{ kind: "silence", by: "s" }] as const;

function alertOf(labels: Readonly<Record<string, string>>, status: MessageAlert["status"] = "firing"): MessageAlert {
	return {
		fingerprint: "0",
		status,
		labels,
		annotations: {},
		startsAtMs: 0,
		endsAtMs: status === "firing" ? null : 1,
		generatorUrl: "",
		value: null,
		reason: null,
	};
}

function member(key: string, mutedBy: Member["mutedBy"] = []): Member {
	return { key, isFiring: true, mutedBy };
}

function look(change: Partial<LookInput>): ReturnType<typeof lookAt> {
	return lookAt({
		members: [],
		targets: [TARGET],
		told: new Map(),
		acknowledged: null,
		mutedBy: [],
		heldBy: null,
		repeatIntervalMs: 4_000,
		tickMs: 10_000,
		...change,
	});
}

describe("a group of which all are muted", () => {
	const told = new Map([["hook/0", { atMs: 9_000, firing: new Set(["a"]), resolved: new Set<string>() }]]);

	it("says nothing and notes nothing, so that what was told is not told again when the silence is over", () => {
		expect(look({ told, members: [member("a", SILENCED)] }).sayings).toEqual([]);
		expect(look({ told, members: [member("a")] }).sayings).toEqual([]);
	});

	it("stays acknowledged as long as one of them fires", () => {
		const acknowledged = { by: "me", comment: "", atMs: 1, firing: new Set(["a"]) };
		expect(look({ told, acknowledged, members: [member("a", SILENCED)] }).acknowledged).toBe(acknowledged);
		const ended = { ...member("a", SILENCED), isFiring: false };
		expect(look({ told, acknowledged, members: [ended] }).acknowledged).toBeNull();
		expect(look({ told, acknowledged, members: [member("a"), member("b")] }).acknowledged).toBeNull();
	});
});

describe("a repeat", () => {
	it("is counted from tick to tick: a multiple of group_interval comes one tick later, however late the clock was", () => {
		const [anchorMs, intervalMs, repeatMs] = [1_000, 2_000, 4_000];
		for (const firstLateMs of [0, 3, 900]) {
			const tickMs = tickOf(anchorMs, intervalMs, 1_000 + firstLateMs);
			const atMs = look({ members: [member("a")], tickMs }).sayings[0]?.told.atMs ?? 0;
			const told = new Map([["hook/0", { atMs, firing: new Set(["a"]), resolved: new Set<string>() }]]);
			const causes = [3_000, 5_000, 7_000].map((nextMs) =>
				[0, 5, 950].map((lateMs) => {
					const tick = tickOf(anchorMs, intervalMs, nextMs + lateMs);
					return look({ told, members: [member("a")], tickMs: tick }).sayings.length;
				}),
			);
			expect(causes).toEqual([
				[0, 0, 0],
				[0, 0, 0],
				[1, 1, 1],
			]);
			expect(tickAfter(anchorMs, intervalMs, atMs + repeatMs)).toBe(7_000);
		}
	});
});

describe("an alert that inhibits others", () => {
	const config: RoutingConfig = {
		route: {
			key: "{}",
			receiver: "hook",
			matchers: [],
			groupBy: [],
			groupWaitMs: 0,
			groupIntervalMs: 1,
			repeatIntervalMs: 1,
			continue: false,
			muteTimeIntervals: [],
			activeTimeIntervals: [],
			escalation: [],
			flapHoldMs: null,
			routes: [],
		},
		receivers: [],
		inhibitRules: [
			{
				source: [{ name: "alertname", op: "=", value: "S" }],
				target: [{ name: "alertname", op: "=", value: "T" }],
				equal: [],
			},
		],
		timeIntervals: {},
		resolveTimeoutMs: 1,
		global: {},
	};
	const span = (endsAtMs: number | null) => ({ startsAtMs: 0, endsAtMs, updatedAtMs: 0, isTimeout: false });

	it("ceases to when its end has come, although nobody looked at its own group", () => {
		const mutes = new Mutes(config, () => 0);
		mutes.upsert("s", { alertname: "S" }, span(5_000));
		expect(mutes.nextEndMs).toBe(5_000);
		expect(mutes.of({ alertname: "T" }, 4_999)).toEqual([{ kind: "inhibition", by: "s" }]);
		mutes.changed = false;
		mutes.expire(5_000);
		expect(mutes.of({ alertname: "T" }, 5_000)).toEqual([]);
		expect([mutes.changedByTime, mutes.nextEndMs]).toEqual([true, null]);
	});

	it("goes on when it is said again with a later end, or with none", () => {
		const mutes = new Mutes(config, () => 0);
		mutes.upsert("s", { alertname: "S" }, span(5_000));
		mutes.upsert("s", { alertname: "S" }, span(9_000));
		expect(mutes.of({ alertname: "T" }, 8_999)).toHaveLength(1);
		mutes.upsert("s", { alertname: "S" }, span(null));
		expect([mutes.of({ alertname: "T" }, 1e12).length, mutes.nextEndMs]).toEqual([1, null]);
		mutes.upsert("o", { alertname: "O" }, span(5_000));
		expect(mutes.nextEndMs).toBeNull();
	});
});

it("alerts without a job stand behind those with one, and the same for instances", () => {
	const names = [{ z: "1" }, { instance: "a" }, { job: "b" }, { job: "b", instance: "a" }, { job: "a", z: "1" }];
	const message = messageOf({
		receiver: "hook",
		groupKey: "{}:{}",
		groupLabels: {},
		alerts: gather(names.map((labels) => alertOf(labels as Readonly<Record<string, string>>))),
		externalUrl: "",
		cause: "first",
		nowMs: 0,
	});
	expect(message.alerts.map(({ labels }) => labels)).toEqual([
		{ job: "a", z: "1" },
		{ job: "b", instance: "a" },
		{ job: "b" },
		{ instance: "a" },
		{ z: "1" },
	]);
});

it("empty labels of a posted alert are dropped, empty annotations are not", () => {
	const alert = { labels: { a: "b", c: "" }, annotations: { d: "" }, startsAtMs: 0, endsAtMs: 1, generatorUrl: "" };
	expect(postedReport(alert, 1, 0)).toMatchObject({
		ok: true,
		value: { body: { labels: { a: "b" }, annotations: { d: "" } } },
	});
});

it("the name of a receiver is quoted in payloads and templates as Go's regexp.QuoteMeta quotes it", () => {
	expect(quoteMeta("a.b(c)[d]{e}^$|*+?\\x-_ é")).toBe("a\\.b\\(c\\)\\[d\\]\\{e\\}\\^\\$\\|\\*\\+\\?\\\\x-_ é");
});

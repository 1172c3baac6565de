/** Alertmanager's API v2 and Perdure's own answers about silences and groups: who may, what is bounded, what is refused. */
import { beforeAll, describe, expect, it, vi } from "vitest";
import type { Route } from "../../src/http/route.ts";
import { ALERTMANAGER_ROUTES } from "../../src/http/routes/alertmanager-v2.ts";
import { GROUP_ROUTES } from "../../src/http/routes/groups.ts";
import { ok } from "../../src/lib/result.ts";
import { ALERTS_PER_HANDOVER_MAX, ALERTS_PER_POST_MAX, BODY_BYTES_MAX, MATCHERS_MAX } from "../../src/model/limits.ts";
import { addToken, ask, read, TOKEN } from "./golden.ts";

beforeAll(async () => {
	await addToken(TOKEN, ["admin"]);
	await addToken("only-records-samples", ["record"]);
	await addToken("only-reads-metrics", ["read"]);
});

type Init = Parameters<typeof ask>[1];
const body = (value: unknown, init: Init = {}): Init => ({
	method: "POST",
	body: typeof value === "string" ? value : JSON.stringify(value),
	headers: { "content-type": "application/json" },
	...init,
});
const basic = (text: string): Init => ({ token: null, headers: { authorization: `Basic ${text}` } });
const silence = (change: object = {}) => ({
	matchers: [{ name: "alertname", value: "S", isRegex: false }],
	startsAt: "2020-01-01T00:00:00Z",
	endsAt: "2035-01-01T00:00:00Z",
	createdBy: "me",
	comment: "c",
	...change,
});
async function post(path: string, value: unknown, init: Init = {}) {
	const response = await ask(path, body(value, init));
	const text = await response.text();
	return { status: response.status, answer: (text === "" ? null : JSON.parse(text)) as never };
}
type Shown = { labels: Record<string, string>; status: { state: string; silencedBy: string[] } };
async function shown(filter: string): Promise<Shown[]> {
	return (await (await ask(`/api/v2/alerts?filter=${encodeURIComponent(filter)}`)).json()) as Shown[];
}

describe("a token in Basic Auth", () => {
	it("is the password, whatever the user is called", async () => {
		for (const user of ["", "prometheus", "käse"]) {
			const text = btoa(String.fromCharCode(...new TextEncoder().encode(`${user}:${TOKEN}`)));
			expect((await ask("/api/v2/status", basic(text))).status).toBe(200);
		}
		expect((await ask("/api/v2/status", basic(btoa("u:only-records-samples")))).status).toBe(403);
	});

	it.each([
		["is not base64", "%%%"],
		["is not base64", "a"],
		["has no colon", ""],
		["has no colon", btoa(TOKEN)],
		["not known", btoa("u:guess")],
		["not known", btoa(`${TOKEN}:`)],
	])("that %s is refused with the reason: %s", async (reason, text) => {
		const response = await ask("/api/v2/status", basic(text));
		expect(response.status).toBe(401);
		expect(await response.json()).toContain(reason);
	});

	it("gives way to one that is sent otherwise", async () => {
		const headers = { authorization: "Basic %%%", "x-api-key": TOKEN };
		expect((await ask("/api/v2/status", { token: null, headers })).status).toBe(200);
	});
});

describe("who may", () => {
	it.each([
		["GET", "/api/v2/alerts", "only-reads-metrics", 200],
		["GET", "/api/v2/alerts", "only-records-samples", 403],
		["POST", "/api/v2/alerts", "only-records-samples", 200],
		["POST", "/api/v2/alerts", "only-reads-metrics", 403],
		["POST", "/api/v2/silences", "only-records-samples", 403],
		["POST", "/api/v2/silences", "only-reads-metrics", 403],
		["DELETE", "/api/v2/silence/x", "only-records-samples", 403],
		["POST", "/api/v1/silences", "only-reads-metrics", 403],
		["GET", "/api/v1/silences", "only-reads-metrics", 200],
		["POST", "/api/v1/groups/acknowledge", "only-reads-metrics", 403],
		["GET", "/api/v1/groups", "only-reads-metrics", 200],
	] as const)("%s %s with the token '%s' gives %i", async (method, path, token, status) => {
		const sent = method === "POST" ? body([], { token }) : { method, token };
		expect((await ask(path, sent)).status).toBe(status);
	});

	it("reads why not as a JSON text, as Alertmanager's clients do, also below another path", async () => {
		const response = await ask("/alertmanager/api/v2/alerts", { token: null });
		expect(response.status).toBe(401);
		expect(response.headers.get("content-type")).toContain("application/json");
		expect(await response.json()).toEqual(expect.stringContaining("scope 'read'"));
	});
});

describe("posted alerts", () => {
	it("are taken in, and those that are wrong are named by their places in the body", async () => {
		const alerts = Array.from({ length: ALERTS_PER_HANDOVER_MAX + 3 }, (_, i) => ({
			labels: { bulk: "1", i: `${i}` },
		}));
		const bad = { labels: { bulk: "1" }, startsAt: "2030-01-02T00:00:00Z", endsAt: "2030-01-01T00:00:00Z" };
		const at = ALERTS_PER_HANDOVER_MAX + 1;
		const { status, answer } = await post("/api/v2/alerts", [{ labels: {} }, ...alerts.slice(0, at - 1), bad, 5]);
		expect(status).toBe(400);
		expect(answer).toBe(
			`[0].labels: at least one label pair required; [${at + 1}]: must be a map with labels; [${at}]: start time must be before end time`,
		);
		expect(await shown('bulk="1"')).toHaveLength(at - 1);
	});

	it("with several lines in a label are taken, shown, filtered and silenced by them; a bell is refused by its place", async () => {
		const query = "SELECT 1\n\tFROM t";
		const alerts = [{ labels: { alertname: "Lines", query } }, { labels: { alertname: "Bell", query: "x\u0007" } }];
		const { status, answer } = await post("/api/v2/alerts", alerts);
		expect(status).toBe(400);
		expect(answer).toMatch(/^\[1\]\.labels\.query: .*U\+0007/);
		const matchers = [{ name: "query", value: query, isRegex: false }];
		expect((await post("/api/v2/silences", silence({ matchers }))).status).toBe(200);
		expect(await shown(`query=${JSON.stringify(query.replace("\t", " "))}`)).toEqual([]);
		const found = await shown('alertname="Lines"');
		expect(found).toMatchObject([{ labels: { query }, status: { state: "suppressed" } }]);
		expect(await shown('query="SELECT 1\\n\tFROM t"')).toHaveLength(1);
	});

	it("with a key that stands twice have the last one, as vmalert wants it", async () => {
		const twice = '[{"labels":{"alertname":"VM","alertname":"VMAlert","x":"1"},"startsAt":"0001-01-01T00:00:00Z"}]';
		expect(await post("/api/v2/alerts", twice)).toEqual({ status: 200, answer: null });
		expect(await shown('alertname="VMAlert"')).toHaveLength(1);
		expect(await shown('alertname="VM"')).toHaveLength(0);
	});

	it("cannot speak for an alert of our own", async () => {
		const { status, answer } = await post("/api/v2/alerts", [{ labels: { alertname: "X", __rule__: "id" } }]);
		expect([status, answer]).toEqual([400, "[0]: the label __rule__ is reserved"]);
	});

	it.each([
		[
			"too many",
			JSON.stringify(Array.from({ length: ALERTS_PER_POST_MAX + 1 }, () => 1)),
			413,
			"alerts in one request",
		],
		["too much", " ".repeat(BODY_BYTES_MAX + 1), 413, "bytes of the body"],
		["too deep", "[".repeat(100), 413, "levels of nesting"],
		["malformed", "[{]", 400, "line 1, column 3"],
	])("that are %s are refused as a whole", async (_, text, status, reason) => {
		const refused = await post("/api/v2/alerts", text);
		expect(refused.status).toBe(status);
		expect(refused.answer).toContain(reason);
	});

	it("of another media type are refused", async () => {
		expect((await ask("/api/v2/alerts", body([], { headers: { "content-type": "text/csv" } }))).status).toBe(415);
	});

	it("are filtered by a bounded number of matchers, which may not be hostile", async () => {
		const filters = Array.from({ length: MATCHERS_MAX + 1 }, () => "filter=a%3Db").join("&");
		expect((await ask(`/api/v2/alerts?${filters}`)).status).toBe(413);
		expect((await ask("/api/v2/alerts?filter=%7Ba%3Db%7D")).status).toBe(400);
		const began = Date.now();
		const hostile = encodeURIComponent(`bulk=~"${"(x+x+)+".repeat(20)}y"`);
		expect((await ask(`/api/v2/alerts?filter=${hostile}`)).status).toBeLessThan(500);
		expect(Date.now() - began).toBeLessThan(2_000);
	});
});

describe("a list that is cut", () => {
	const view = {
		fingerprint: "0123456789abcdef",
		labels: { alertname: "A" },
		annotations: {},
		startsAtMs: 0,
		endsAtMs: null,
		updatedAtMs: 0,
		generatorUrl: "",
		state: "active",
		mutedBy: [],
		receivers: ["a"],
	};
	const group = {
		key: "k",
		labels: {},
		receiver: "a",
		alerts: [view],
		acknowledged: null,
		escalated: 0,
		nextLookMs: null,
	};

	/** The answer of a route when the notifier knows of so many alerts, and shows one. */
	async function answered(routes: readonly Route[], path: string, total: number): Promise<Response> {
		const list = (item: unknown) => async () => ok({ items: [item], shown: 1, total });
		const notifier = { alerts: list(view), groups: list(group) };
		const url = new URL(`https://perdure.test${path}`);
		const call = {
			request: new Request(url),
			url,
			params: {},
			nowMs: 0,
			env: { NOTIFIER: { getByName: () => notifier } },
		};
		const route = routes.find((one) => one.method === "GET" && one.path === path);
		if (route === undefined) throw new Error(path);
		return route.answer(call as never);
	}

	it.each(["/api/v2/alerts", "/api/v2/alerts/groups", "/alertmanager/api/v2/alerts"])(
		"of %s stays a bare list, and says so in headers",
		async (path) => {
			const cut = await answered(ALERTMANAGER_ROUTES, path, 30_000);
			expect(cut.headers.get("perdure-left-out")).toBe("29999");
			expect(cut.headers.get("warning")).toMatch(/^299 perdure "1 of 30000 alerts are shown: .*filter=/);
			expect(await cut.json()).toHaveLength(1);
			const whole = await answered(ALERTMANAGER_ROUTES, path, 1);
			expect([whole.headers.get("perdure-left-out"), whole.headers.get("warning")]).toEqual([null, null]);
		},
	);

	it("of our own says so in its body", async () => {
		const cut = await answered(GROUP_ROUTES, "/api/v1/groups", 30_000);
		expect(await cut.json()).toMatchObject({ groups: [{ key: "k" }], truncated: true, total: 30_000 });
		expect(await (await answered(GROUP_ROUTES, "/api/v1/groups", 1)).json()).toMatchObject({
			truncated: false,
			total: 1,
		});
	});
});

describe("silences", () => {
	it("keep under a change by Alertmanager's clients what these do not know", async () => {
		const own = {
			matchers: ["alertname=Kept"],
			duration: "2h",
			createdBy: "me",
			comment: "c",
			recurring: [{ weekdays: ["monday:friday"], times: [{ start_time: "22:00", end_time: "24:00" }] }],
			remindBefore: "15m",
		};
		const { status, answer } = await post("/api/v1/silences", own);
		expect(status).toBe(201);
		const { id } = answer as { id: string };
		const one = (await (await ask(`/api/v2/silence/${id}`)).json()) as Record<string, unknown>;
		expect((await post("/api/v2/silences", { ...one, comment: "changed" })).answer).toEqual({ silenceID: id });
		const { silences } = (await read(await ask("/api/v1/silences?filter=alertname%3DKept"))) as {
			silences: Record<string, unknown>[];
		};
		expect(silences).toMatchObject([
			{
				id,
				state: "active",
				matchers: ['alertname="Kept"'],
				comment: "changed",
				remindBefore: "15m",
				recurring: [{ ...own.recurring[0], location: "UTC" }],
			},
		]);
		expect((await ask(`/api/v1/silences/${id}`, { method: "DELETE" })).status).toBe(200);
		expect((await ask(`/api/v1/silences/${id}`, { method: "DELETE" })).status).toBe(409);
		// Alertmanager's clients get what they want.
		expect((await ask(`/api/v2/silence/${id}`, { method: "DELETE" })).status).toBe(200);
		expect((await ask("/api/v1/silences/nobody", { method: "DELETE" })).status).toBe(404);
	});

	it("end, and begin anew under another id, when their matchers change", async () => {
		const first = (await post("/api/v2/silences", silence())).answer as { silenceID: string };
		const matchers = [{ name: "alertname", value: "T", isRegex: false }];
		const second = await post("/api/v2/silences", silence({ id: first.silenceID, matchers }));
		expect(second.answer).not.toEqual(first);
		expect(await read(await ask(`/api/v2/silence/${first.silenceID}`))).toMatchObject({ status: { state: "expired" } });
	});

	it.each([
		["no matchers", { matchers: [] }, "matchers"],
		["an end before its start", { endsAt: "2019-01-01T00:00:00Z" }, "start time must be before end time"],
		["a regex that is none", { matchers: [{ name: "a", value: "(", isRegex: true }] }, "matchers[0]"],
		["matchers that mean everything", { matchers: [{ name: "a", value: ".*", isRegex: true }] }, "everything"],
		["a start that is none", { startsAt: "soon" }, "startsAt"],
	])("with %s are refused with the reason", async (_, change, reason) => {
		const { status, answer } = await post("/api/v2/silences", silence(change));
		expect(status).toBe(400);
		expect(answer).toMatch(/^Failed to create silence: /);
		expect(answer).toContain(reason);
	});

	it.each([
		[{ matchers: ["a=b"] }, ["createdBy", "comment"]],
		[{ matchers: ["a=b", "b"], duration: "1h", createdBy: "m", comment: "c" }, ["matchers[1]"]],
		[{ matchers: ["a=b"], createdBy: "m", comment: "c" }, ["endsAt"]],
		[{ matchers: ["a=b"], duration: "1 hour", createdBy: "m", comment: "c" }, ["duration"]],
		[{ matchers: ["a=b"], endsAt: "soon", createdBy: "m", comment: "c" }, ["endsAt"]],
		[{ matchers: ["a=b"], duration: "1h", createdBy: "m", comment: "c", recuring: [] }, ["recuring"]],
		[
			{ matchers: ["a=b"], duration: "1h", createdBy: "m", comment: "c", recurring: [{ days: [] }] },
			["recurring[0].days"],
		],
		[{ matchers: [], duration: "1h", createdBy: "m", comment: "c" }, ["matchers"]],
	])("of our own kind name every place that is wrong: %j", async (wish, places) => {
		const { status, answer } = await post("/api/v1/silences", wish);
		expect(status).toBe(400);
		expect((answer as { issues: { place: string }[] }).issues.map(({ place }) => place)).toEqual(places);
	});

	it("are listed by state", async () => {
		expect((await ask("/api/v1/silences?state=active,odd")).status).toBe(400);
		const { silences } = (await read(await ask("/api/v1/silences?state=expired"))) as { silences: { state: string }[] };
		expect(new Set(silences.map(({ state }) => state))).toEqual(new Set(["expired"]));
	});
});

describe("a group", () => {
	it("is taken on and given back, and says by whom it is quiet", async () => {
		await post("/api/v2/alerts", [{ labels: { alertname: "Ours", severity: "critical" } }]);
		type Group = { key: string; acknowledged: unknown; nextLook: string | null; alerts: { mutedBy: unknown[] }[] };
		const group = async () => {
			const found = await ask("/api/v1/groups?filter=alertname%3DOurs");
			return ((await found.json()) as { groups: Group[] }).groups[0] as Group;
		};
		const { key } = await group();
		expect(key).toContain('alertname="Ours"');
		const on = { groupKey: key, by: "ann", comment: "looking" };
		expect((await post("/api/v1/groups/acknowledge", on)).status).toBe(200);
		expect(await group()).toMatchObject({
			acknowledged: { by: "ann", comment: "looking", at: expect.any(String) },
			alerts: [{ mutedBy: [{ kind: "acknowledged", by: "ann" }] }],
		});
		// Alertmanager knows no such reason.
		expect(await shown('alertname="Ours"')).toMatchObject([{ status: { state: "active", silencedBy: [] } }]);
		const path = `/api/v1/groups/acknowledge?groupKey=${encodeURIComponent(key)}`;
		expect((await ask(path, { method: "DELETE" })).status).toBe(200);
		expect(await group()).toMatchObject({ acknowledged: null, alerts: [{ mutedBy: [] }] });
	});

	it("is not taken on by nobody, nor when there is none", async () => {
		expect((await post("/api/v1/groups/acknowledge", { groupKey: "k", by: " " })).status).toBe(400);
		expect((await post("/api/v1/groups/acknowledge", { groupKey: "k", by: "ann" })).status).toBe(404);
		expect((await ask("/api/v1/groups/acknowledge", { method: "DELETE" })).status).toBe(400);
	});

	it("shows only itself when a receiver is asked for", async () => {
		await vi.waitFor(async () => {
			const found = await ask("/api/v1/groups?receiver=critical");
			const { groups } = (await found.json()) as { groups: { receiver: string }[] };
			expect(new Set(groups.map(({ receiver }) => receiver))).toEqual(new Set(["critical"]));
		}, 15_000);
	});
});

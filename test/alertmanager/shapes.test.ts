/** The same requests to Debian's Alertmanager 0.25 and to Perdure, on the same configuration: the answers are the same. */
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it, vi } from "vitest";
import { freePort } from "../../src/cli/free-port.ts";
import { missing, openWorld, startProgram, type World } from "./world.ts";

const absent = missing("prometheus-alertmanager", "prometheus-alertmanager");
if (absent !== null) console.info(absent);

const CONFIG = `route:
  receiver: hook
  group_by: [alertname]
  group_wait: 0s
  group_interval: 1s
  routes: [{matchers: ['team="db"'], receiver: db, continue: true}, {receiver: hook}]
receivers: [{name: hook, webhook_configs: [{url: 'http://127.0.0.1:1/'}]}, {name: db}]
inhibit_rules: [{source_matchers: ['alertname="Rack"'], target_matchers: ['severity="info"'], equal: [rack]}]
`;
const START = "2026-01-01T00:00:00.123456789+02:00";
const END = new Date(Date.now() + 3_600_000).toISOString();
const ALERTS = [
	{ labels: { alertname: "A", severity: "info", rack: "1" }, annotations: { s: "t" }, startsAt: START, endsAt: END },
	{ labels: { alertname: "Rack", rack: "1" }, startsAt: START, endsAt: END, generatorURL: "http://x/y" },
	{ labels: { alertname: "B", team: "db", empty: "" }, annotations: { e: "" }, startsAt: START, endsAt: END },
	{ labels: { alertname: "C", node: "ü" }, startsAt: START, endsAt: END },
	{ labels: { alertname: "Over" }, startsAt: START, endsAt: START },
];
const silence = (name: string, value: string, change: object = {}) => ({
	matchers: [{ name, value, isRegex: false }],
	startsAt: "2020-01-01T00:00:00Z",
	endsAt: "2035-01-01T00:00:00Z",
	createdBy: "me",
	comment: "c",
	...change,
});

type Ask = (method: string, path: string, body?: unknown) => Promise<{ status: number; body: unknown }>;

describe.skipIf(absent !== null)("beside Alertmanager", { timeout: 60_000 }, () => {
	let world: World;
	let alertmanager: ReturnType<typeof startProgram> | null = null;
	let ours: Ask;
	let theirs: Ask;

	beforeAll(async () => {
		world = await openWorld();
		const port = await freePort();
		const file = join(world.folder, "alertmanager.yml");
		writeFileSync(file, CONFIG);
		alertmanager = startProgram("prometheus-alertmanager", [
			`--config.file=${file}`,
			`--storage.path=${join(world.folder, "alertmanager")}`,
			`--web.listen-address=127.0.0.1:${port}`,
			"--cluster.listen-address=",
		]);
		const reply = async (response: Response) => {
			const text = await response.text();
			return { status: response.status, body: text === "" ? null : (JSON.parse(text) as unknown) };
		};
		ours = async (method, path, body) => reply(await world.ask(method, `/api/v2${path}`, body));
		theirs = async (method, path, body) =>
			reply(
				await fetch(`http://127.0.0.1:${port}/api/v2${path}`, {
					method,
					headers: { "content-type": "application/json" },
					...(body === undefined ? {} : { body: typeof body === "string" ? body : JSON.stringify(body) }),
				}),
			);
		await vi.waitFor(() => theirs("GET", "/status"), { timeout: 20_000, interval: 100 });
		const config = { "content-type": "application/yaml" };
		const stored = await world.ask("PUT", "/api/v1/alertmanager/config", CONFIG, config);
		expect(stored.status, await stored.text()).toBe(200);
		for (const ask of [ours, theirs]) {
			expect(await ask("POST", "/alerts", ALERTS)).toEqual({ status: 200, body: null });
			expect((await ask("POST", "/silences", silence("alertname", "C"))).status).toBe(200);
			expect((await ask("POST", "/silences", silence("x", "later", { startsAt: "2030-01-01T00:00:00Z" }))).status).toBe(
				200,
			);
		}
		// Groups are looked at a moment later; until then alerts are unprocessed here and there.
		await vi.waitFor(async () => {
			for (const ask of [ours, theirs])
				expect(JSON.stringify(await ask("GET", "/alerts"))).not.toContain("unprocessed");
		}, 15_000);
	}, 60_000);
	afterAll(async () => {
		await alertmanager?.stop();
		await world?.close();
	});

	/** What differs between two runs of the same: ids, and when something was written. Offsets are a way of writing. */
	function comparable(value: unknown): unknown {
		const text = JSON.stringify(value)
			.replaceAll(/"(updatedAt|uptime)":"[^"]*"/g, '"$1":"T"')
			.replaceAll(/"[0-9a-f]{8}-[0-9a-f-]{27}"/g, '"ID"')
			.replaceAll(/"(\d{4}-\d\d-\d\dT[^"]*)"/g, (_, time: string) => JSON.stringify(new Date(time).toISOString()))
			// The silence starts when it was made.
			.replaceAll(/"startsAt":"20(?:2[6-9])-\d\d-\d\dT[^"]*"/g, '"startsAt":"S"');
		return JSON.parse(text) as unknown;
	}

	it.each([
		"/receivers",
		"/alerts",
		"/alerts?silenced=false",
		"/alerts?inhibited=false",
		"/alerts?active=false",
		"/alerts?active=no&silenced=TRUE",
		"/alerts?filter=team%3D%22db%22",
		"/alerts?filter=alertname%3D~%22A%7CB%22&filter=team%3D%22%22",
		"/alerts?filter=alertname!%3DC",
		"/alerts?receiver=d.",
		"/alerts?receiver=d",
		"/alerts/groups",
		"/alerts/groups?receiver=db",
		"/alerts/groups?silenced=false&inhibited=false",
		"/silences",
		"/silences?filter=alertname%3DC",
		"/silences?filter=alertname!%3DC",
	])("GET %s is the same", async (path) => {
		const [we, they] = [await ours("GET", path), await theirs("GET", path)];
		expect(they.status).toBe(200);
		expect(comparable(we)).toEqual(comparable(they));
	});

	it("GET /status has the same members", async () => {
		const [we, they] = [await ours("GET", "/status"), await theirs("GET", "/status")];
		const members = (value: unknown): unknown =>
			typeof value === "object" && value !== null && !Array.isArray(value)
				? Object.fromEntries(Object.entries(value).map(([name, inner]) => [name, members(inner)]))
				: typeof value;
		expect(members(we.body)).toEqual(members(they.body));
		expect(we.body).toMatchObject({ cluster: { status: "disabled", peers: [] }, versionInfo: { version: "0.25.0" } });
	});

	it("one silence is the same, by its id", async () => {
		for (const ask of [ours, theirs]) {
			const [first] = (await ask("GET", "/silences")).body as { id: string }[];
			const one = await ask("GET", `/silence/${first?.id}`);
			expect(one).toEqual({ status: 200, body: first });
		}
	});

	const NOBODY = "9b1f0e0e-1111-4222-8333-444455556666";
	it.each([
		["POST", "/alerts", "{", 400],
		["POST", "/alerts", {}, 400],
		["POST", "/alerts", [{ labels: { a: 1 } }], 400],
		["POST", "/alerts", [{ labels: {} }], 400],
		["POST", "/alerts", [{ labels: { a: "1" }, startsAt: "yesterday" }], 400],
		["POST", "/alerts", [{ labels: { a: "1" }, startsAt: END, endsAt: START }], 400],
		["POST", "/alerts", [], 200],
		["POST", "/alerts", "null", 200],
		["POST", "/silences", silence("a", "b", { startsAt: "2036-01-01T00:00:00Z" }), 400],
		["POST", "/silences", silence("a", "b", { endsAt: "2021-01-01T00:00:00Z" }), 400],
		["POST", "/silences", silence("a", "b", { matchers: [{ name: "a", value: "(", isRegex: true }] }), 400],
		["POST", "/silences", silence("a", ""), 400],
		["POST", "/silences", silence("a", "b", { id: NOBODY }), 404],
		["GET", "/silence/9b1f0e0e-1111-4222-8333-444455556666", undefined, 404],
		["GET", "/alerts?filter=foo", undefined, 400],
		["GET", "/alerts?filter=x%3D~%22(%22", undefined, 400],
		["GET", "/alerts?receiver=(", undefined, 400],
		["GET", "/nothing", undefined, 404],
		["DELETE", "/alerts", undefined, 405],
	] as const)("%s %s with %j has the status that Alertmanager gives it", async (method, path, body, status) => {
		const [we, they] = [await ours(method, path, body), await theirs(method, path, body)];
		expect([we.status, they.status]).toEqual([status, status]);
		// Where Alertmanager says a sentence, so do we.
		if (typeof they.body === "string") expect(we.body).toEqual(expect.any(String));
	});

	it.each([
		["DELETE", `/silence/${NOBODY}`, undefined, 404, 500],
		["GET", "/silence/nouuid", undefined, 404, 422],
		["POST", "/alerts", [{ annotations: { a: "1" } }], 400, 422],
		["POST", "/alerts", [{ labels: { "a b": "1" } }], 200, 400],
		["POST", "/alerts", [{ labels: { a: "1" }, generatorURL: ":no uri" }], 200, 422],
		["POST", "/alerts", "", 400, 422],
		["POST", "/silences", silence("a", "b", { matchers: [] }), 400, 422],
		["POST", "/silences", { ...silence("a", "b"), comment: undefined }, 400, 422],
	] as const)("deviates on purpose: %s %s with %j gives %i instead of %i", async (method, path, body, we, they) => {
		expect([(await ours(method, path, body)).status, (await theirs(method, path, body)).status]).toEqual([we, they]);
	});
});

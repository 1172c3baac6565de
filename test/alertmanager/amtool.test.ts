/** Debian's amtool 0.25, unmodified, against Perdure: it adds and lists alerts, and makes, changes and ends silences. */
import { spawnSync } from "node:child_process";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { missing, openWorld, TOKEN, type World } from "./world.ts";

const absent = missing("amtool", "prometheus-alertmanager");
if (absent !== null) console.info(absent);

type Shown = { readonly id: string; readonly endsAt: string; readonly comment: string; readonly matchers: unknown[] };

describe.skipIf(absent !== null)("amtool", { timeout: 60_000 }, () => {
	let world: World;
	beforeAll(async () => {
		world = await openWorld();
	}, 60_000);
	afterAll(() => world?.close());

	function run(url: string, args: readonly string[]) {
		return spawnSync("amtool", [`--alertmanager.url=${url}`, ...args], { encoding: "utf8", timeout: 20_000 });
	}
	function amtool(...args: readonly string[]): string {
		// The token is the password, whatever the user is called; the path prefix is one that Alertmanager may have.
		const url = `${world.url.replace("http://", `http://somebody:${TOKEN}@`)}/alertmanager`;
		const { status, stdout, stderr } = run(url, args);
		if (status !== 0) throw new Error(`amtool ${args.join(" ")}: ${stderr}${stdout}`);
		expect(stderr).toBe("");
		return stdout.trim();
	}
	const alerts = (...args: readonly string[]) =>
		(JSON.parse(amtool("-o", "json", "alert", "query", ...args)) as { labels: Record<string, string> }[]).map(
			({ labels }) => labels["alertname"],
		);
	const silences = (...args: readonly string[]) =>
		JSON.parse(amtool("-o", "json", "silence", "query", ...args)) as Shown[];

	it("adds alerts and finds them by their labels", () => {
		amtool("alert", "add", "alertname=Disk", "severity=critical", "node=db1", "--annotation=summary=full");
		amtool("alert", "add", "Memory", "severity=info");
		expect(alerts()).toEqual(expect.arrayContaining(["Disk", "Memory"]));
		expect(alerts("severity=critical")).toEqual(["Disk"]);
		expect(alerts('node=~"db[0-9]"')).toEqual(["Disk"]);
		expect(alerts("node!=db1", "alertname=~Disk|Memory")).toEqual(["Memory"]);
		expect(amtool("alert", "query", "Disk")).toMatch(/Alertname +Starts At +Summary +State\s+Disk .* full +active/);
		expect(alerts("--receiver=critical")).toEqual(["Disk"]);
	});

	it("silences one, sees it as suppressed by that silence, and lets it speak again", () => {
		const id = amtool("silence", "add", "alertname=Disk", 'node=~"db.*"', "--duration=2h", "--comment=a new disk");
		expect(id).toMatch(/^[0-9a-f-]{36}$/);
		expect(alerts()).not.toContain("Disk");
		expect(alerts("--silenced")).toEqual(["Disk"]);
		expect(silences()).toMatchObject([
			{
				id,
				comment: "a new disk",
				status: { state: "active" },
				matchers: [
					{ name: "alertname", value: "Disk", isRegex: false, isEqual: true },
					{ name: "node", value: "db.*", isRegex: true, isEqual: true },
				],
			},
		]);
		expect(silences("alertname=Disk")).toHaveLength(1);
		expect(silences("alertname=Memory")).toHaveLength(0);
		const before = Date.parse(silences()[0]?.endsAt ?? "");
		amtool("silence", "update", id, "--duration=4h", "--comment=it takes longer");
		expect(silences()).toMatchObject([{ id, comment: "it takes longer" }]);
		expect(Date.parse(silences()[0]?.endsAt ?? "") - before).toBeGreaterThan(3_600_000);
		expect(amtool("silence", "query", "-q")).toBe(id);
		amtool("silence", "expire", id);
		expect(silences()).toEqual([]);
		expect(silences("--expired")).toMatchObject([{ id, status: { state: "expired" } }]);
		expect(alerts()).toContain("Disk");
	});

	it("makes a silence with a matcher that it has not, and one that begins later", () => {
		const id = amtool("silence", "add", "alertname=Later", "team!=a", "--start=2035-01-01T00:00:00Z", "--comment=x");
		expect(silences()).toMatchObject([{ id, status: { state: "pending" }, startsAt: "2035-01-01T00:00:00.000Z" }]);
		expect(silences()[0]?.matchers).toContainEqual({ name: "team", value: "a", isRegex: false, isEqual: false });
		amtool("silence", "expire", id);
	});

	it("shows the status, the configuration, and the routes of it", () => {
		expect(amtool("cluster", "show")).toContain("disabled");
		expect(amtool("config", "show")).toContain("receiver: info");
		expect(amtool("config", "routes", "test", "severity=critical")).toBe("critical");
		expect(amtool("config", "routes", "test", "severity=p1")).toBe("warning");
	});

	it("reads a configuration that was uploaded, without its secrets", async () => {
		const yaml = `route: {receiver: hook, routes: [{matchers: ['team="db"'], receiver: db}]}
receivers: [{name: hook, webhook_configs: [{url: 'https://example.com/s3cret'}]}, {name: db, slack_configs: [{channel: c, api_url: 'https://example.com/s3cret'}]}]
`;
		const path = "/api/v1/alertmanager/config";
		const stored = await world.ask("PUT", path, yaml, { "content-type": "application/yaml" });
		expect(await stored.text()).toContain("stored");
		expect(amtool("config", "show")).not.toContain("s3cret");
		expect(amtool("config", "routes", "test", "team=db")).toBe("db");
		expect((await world.ask("DELETE", path)).status).toBe(200);
	});

	it("is told what is wrong, and without a token that it is not let in", () => {
		const refused = run(`${world.url.replace("http://", `http://u:${TOKEN}@`)}`, ["silence", "expire", "no-such"]);
		expect(refused.status).toBe(1);
		expect(refused.stderr).toContain("404");
		const outside = run(world.url, ["alert"]);
		expect(outside.status).toBe(1);
		expect(outside.stderr).toContain("401");
	});
});

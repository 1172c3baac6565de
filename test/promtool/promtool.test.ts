/** Debian's promtool, unmodified, asks Perdure as it asks Prometheus, and prints the same. */
import { spawnSync } from "node:child_process";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { TOKEN } from "../alertmanager/world.ts";
import { absent, openPair, type Pair } from "./world.ts";

if (absent !== null) console.info(absent);

const NOW_S = Math.floor(Date.now() / 1_000);

describe.skipIf(absent !== null)("promtool", { timeout: 120_000 }, () => {
	let pair: Pair;
	beforeAll(async () => {
		pair = await openPair();
	}, 120_000);
	afterAll(() => pair?.close());

	/** What it prints of Perdure and of Prometheus, without what Prometheus adds to the labels of what it scrapes. */
	function print(args: readonly string[], rest: readonly string[]) {
		const withToken = pair.perdure.url.replace("http://", `http://promtool:${TOKEN}@`);
		return [withToken, pair.prometheusUrl].map((server) => {
			const { status, stdout, stderr } = spawnSync("promtool", ["query", ...args, server, ...rest], {
				encoding: "utf8",
			});
			const plain = stdout
				.replaceAll(/(?:, )?(?:instance|job)="[^"]*"/g, "")
				.replaceAll("{, ", "{")
				.replaceAll(/ @\[[\d.]+\]/g, "");
			return {
				status,
				stderr: stderr.replaceAll(/\d+\.\d+\.\d+\.\d+:\d+/g, "server"),
				lines: plain.split("\n").sort(),
			};
		});
	}

	const alike: readonly [string, readonly string[], readonly string[], RegExp][] = [
		["an instant vector", ["instant"], ["queue_backlog"], /team="a"} => 7/],
		["a scalar at a time", ["instant", "--time=4"], ["time() + 1.5"], /scalar: 5\.5/],
		["a range of a vector", ["instant"], ['sum_over_time(queue_backlog{team="b"}[1m]) > 1e9'], /^$/],
		[
			"numbers of all sizes",
			["instant", "--time=4"],
			["vector(1e-9) or label_replace(vector(-Inf), 'a', 'b', '', '')"],
			/0\.000000001/,
		],
		["values over time", ["range", "--start=0", "--end=30", "--step=10s"], ["vector(time())"], /20/],
		[
			"values over time without a step",
			["range", `--start=${NOW_S - 7_200}`, `--end=${NOW_S - 3_600}`],
			["vector(2)"],
			/2/,
		],
		["series", ["series", "--match=queue_backlog", '--match={__name__=~"jobs.*"}'], [], /jobs_done_total/],
		["series of a time", ["series", "--match=queue_backlog", "--start=0", "--end=1"], [], /^$/],
		["values of a label", ["labels"], ["team"], /a\nb/],
		["values of a label that is nowhere", ["labels"], ["nothing"], /^$/],
	];
	it.each(alike)("prints %s", (_, args, rest, expected) => {
		const [ours, theirs] = print(args, rest);
		expect(ours).toEqual(theirs);
		expect(ours?.status).toBe(0);
		expect(ours?.lines.filter((line) => line !== "").join("\n")).toMatch(expected);
	});

	it("says what is wrong with an expression, and where", () => {
		const [ours, theirs] = print(["instant"], ["foo/"]);
		expect(ours?.stderr).toContain('invalid parameter "query": 1:5: parse error: unexpected end of input');
		expect(ours).toEqual(theirs);
	});

	it("is told to bring a token", () => {
		const { status, stderr } = spawnSync("promtool", ["query", "instant", pair.perdure.url, "up"], {
			encoding: "utf8",
		});
		expect(status).not.toBe(0);
		expect(stderr).toMatch(/401|token/);
	});
});

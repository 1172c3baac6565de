/** Asks Debian's promtool and amtool what a template gives. Null stands for a failure: the words differ, the verdict must not. */
import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { unquote } from "../../src/lib/go-string.ts";
import type { RuleTemplateData } from "../../src/template/rule-data.ts";

/** What became of a text for each set of data; `refused`: no rule file may hold it. */
export type RuleAnswer = "refused" | readonly (string | null)[];

const DEFAULTS = "/usr/share/prometheus/alertmanager/*.tmpl";

/** Why a program cannot be asked, or null. */
export function missing(program: "promtool" | "amtool"): string | null {
	return spawnSync(program, ["--version"]).status === 0
		? null
		: `${program} is not installed: its comparison is skipped`;
}

/** What Prometheus makes of texts as annotations; the data differ in their label `i` and their value. */
export function askPromtool(texts: readonly string[], data: readonly RuleTemplateData[]): RuleAnswer[] {
	return inFolder((folder) => {
		const rules = (asked: readonly number[]): string => {
			const annotations = Object.fromEntries(asked.map((i) => [`a${i}`, texts[i] ?? ""]));
			return JSON.stringify({ groups: [{ name: "g", rules: [{ alert: "A", expr: "m", annotations }] }] });
		};
		const all = texts.map((_, i) => i);
		const refused = new Set<number>();
		// One text that does not parse may hide those behind it.
		for (;;) {
			writeFileSync(join(folder, "rules.yml"), rules(all.filter((i) => !refused.has(i))));
			const checked = spawnSync("promtool", ["check", "rules", join(folder, "rules.yml")], { encoding: "utf8" });
			const before = refused.size;
			for (const [, i] of `${checked.stdout}${checked.stderr}`.matchAll(/annotation "a(\d+)": /g))
				refused.add(Number(i));
			if (refused.size === before) break;
		}
		const got = testRules(folder, data);
		return texts.map((_, i) => (refused.has(i) ? "refused" : data.map((_, d) => got.get(`${d} a${i}`) ?? null)));
	});
}

/** Expanded annotations by `data annotation`; those that failed are left out. */
function testRules(folder: string, data: readonly RuleTemplateData[]): ReadonlyMap<string, string> {
	const series = ({ labels, value }: RuleTemplateData): object => {
		const pairs = Object.entries(labels).filter(([name]) => name !== "__name__");
		const text = pairs.map(([name, text]) => `${name}=${JSON.stringify(text)}`).join(",");
		const number = Number.isNaN(value) ? "NaN" : Number.isFinite(value) ? String(value) : value > 0 ? "Inf" : "-Inf";
		return { series: `m{${text}}`, values: `${number} ${number} ${number}` };
	};
	const test = {
		interval: "1m",
		external_labels: data[0]?.externalLabels ?? {},
		external_url: data[0]?.externalUrl ?? "",
		input_series: data.map(series),
		alert_rule_test: [{ eval_time: "1m", alertname: "A", exp_alerts: [{}] }],
	};
	const cases = { rule_files: ["rules.yml"], evaluation_interval: "1m", tests: [test] };
	writeFileSync(join(folder, "test.yml"), JSON.stringify(cases));
	const options = { encoding: "utf8", maxBuffer: 1 << 28 } as const;
	const { stdout, stderr } = spawnSync("promtool", ["test", "rules", join(folder, "test.yml")], options);
	const text = `${stdout}${stderr}`;
	const got = new Map<string, string>();
	for (const alert of text.slice(text.indexOf("got:[")).split("Labels:{").slice(1)) {
		const [labels = "", annotations = ""] = alert.split("Annotations:{");
		const i = /\bi="(\d+)"/.exec(labels)?.[1];
		for (const [, name, quoted] of annotations.matchAll(/(a\d+)="((?:[^"\\]|\\.)*)"/g)) {
			const value = unquote(quoted ?? "", '"', "replace");
			if (value.ok && !value.value.startsWith("<error expanding template")) got.set(`${i} ${name}`, value.value);
		}
	}
	if (got.size === 0) throw new Error(`promtool answered nothing: ${text.slice(0, 2_000)}`);
	return got;
}

/** What Alertmanager makes of one text. */
export function askAmtool(text: string, data: object, type: "text" | "html"): string | null {
	return inFolder((folder) => {
		writeFileSync(join(folder, "data.json"), JSON.stringify(data));
		const { status, stdout } = spawnSync(
			"amtool",
			[
				"template",
				"render",
				`--template.glob=${DEFAULTS}`,
				`--template.data=${join(folder, "data.json")}`,
				`--template.type=${type}`,
				`--template.text=${text}`,
			],
			{ encoding: "utf8", maxBuffer: 1 << 26 },
		);
		return status === 0 ? stdout : null;
	});
}

function inFolder<T>(act: (folder: string) => T): T {
	const folder = mkdtempSync(join(tmpdir(), "template-oracle-"));
	try {
		return act(folder);
	} finally {
		rmSync(folder, { recursive: true });
	}
}

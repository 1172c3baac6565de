/** Asks Debian's amtool (Alertmanager 0.25) what it makes of a configuration file. */
import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Labels } from "../../src/model/labels.ts";

/** Why amtool cannot be asked, or null. */
export function amtoolMissing(): string | null {
	const found = spawnSync("amtool", ["--version"], { encoding: "utf8" });
	return found.status === 0
		? null
		: "amtool is not installed (Debian package prometheus-alertmanager): its comparison is skipped";
}

/** A configuration file that amtool can be asked about until it is closed. */
export class AmtoolFile {
	readonly #folder: string;
	readonly #file: string;

	constructor(text: string) {
		this.#folder = mkdtempSync(join(tmpdir(), "amtool-"));
		this.#file = join(this.#folder, "alertmanager.yml");
		writeFileSync(this.#file, text);
	}

	/** Whether `amtool check-config` takes the file. */
	isAccepted(): boolean {
		return spawnSync("amtool", ["check-config", this.#file], { encoding: "utf8" }).status === 0;
	}

	/** The receivers of a label set, in the order of the tree. */
	receivers(labels: Labels): readonly string[] {
		const pairs = Object.entries(labels).map(([name, value]) => `${name}=${JSON.stringify(value)}`);
		const args = ["config", "routes", "test", `--config.file=${this.#file}`, ...pairs];
		const { stdout, stderr, status } = spawnSync("amtool", args, { encoding: "utf8" });
		if (status !== 0) throw new Error(`amtool refused ${pairs.join(" ")}: ${stderr.slice(0, 500)}`);
		return stdout.trim().split(",");
	}

	/** The tree as amtool draws it. */
	tree(): string {
		return spawnSync("amtool", ["config", "routes", "show", `--config.file=${this.#file}`], { encoding: "utf8" })
			.stdout;
	}

	close(): void {
		rmSync(this.#folder, { recursive: true });
	}
}

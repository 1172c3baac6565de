/** Walks through the steps of the set-up, one after the other, and stops at the first that fails. Prints nothing by itself. */
import { spawn } from "node:child_process";
import { stripVTControlCharacters } from "node:util";
import { adviceFor, type Output, type Step } from "./setup-steps.ts";

export type StepReport = {
	readonly title: string;
	readonly state: "already there" | "made" | "would look" | "would make" | "failed";
	/** The command that made it, or would. */
	readonly command: string | null;
	/** Of a failure: what wrangler said, and what to do. */
	readonly problem: { readonly said: string; readonly advice: string } | null;
};

/** Runs one wrangler command to its end; `input` goes to its standard input. */
export type Wrangler = (args: readonly string[], input?: string) => Promise<Output>;

/** No telemetry, no colours, no questions: what a person has to decide comes back as a failure with advice. */
const QUIET = { WRANGLER_SEND_METRICS: "false", NO_COLOR: "1", CI: "1" };

/** wrangler as an executable, run by this Node in `folder`. */
export function wranglerAt(file: string, folder: string): Wrangler {
	return (args, input = "") =>
		new Promise((done) => {
			const child = spawn(process.execPath, [file, ...args], { cwd: folder, env: { ...process.env, ...QUIET } });
			let text = "";
			const take = (data: Buffer): void => {
				text += data.toString();
			};
			child.stdout.on("data", take);
			child.stderr.on("data", take);
			child.once("error", (error) => done({ code: 127, text: `wrangler did not start: ${error.message}` }));
			child.once("close", (code) => done({ code: code ?? 1, text: stripVTControlCharacters(text) }));
			// A command that ends without reading leaves a closed pipe behind, which is no failure of ours.
			child.stdin.on("error", () => {});
			child.stdin.end(input);
		});
}

/** What every step would do, were nothing there yet. Asks nobody: no network. */
export function planSetup(steps: readonly Step[]): readonly StepReport[] {
	return steps.map((step) => report(step, step.make === null ? "would look" : "would make"));
}

/** Looks, makes what is missing, and reports each step as it ends. Run again it changes nothing that is there. */
export async function runSetup(
	steps: readonly Step[],
	wrangler: Wrangler,
	onStep: (report: StepReport) => void,
): Promise<readonly StepReport[]> {
	const reports: StepReport[] = [];
	for (const step of steps) {
		const one = await runStep(step, wrangler);
		reports.push(one);
		onStep(one);
		if (one.state === "failed") break;
	}
	return reports;
}

async function runStep(step: Step, wrangler: Wrangler): Promise<StepReport> {
	const seen = await wrangler(step.look);
	const isDone = step.isDone(seen);
	if (isDone === true) return report(step, "already there");
	if (isDone === null) return failed(step, seen.text);
	if (step.make === null) return failed(step, "");
	const made = await wrangler(step.make, step.input);
	return made.code === 0 ? report(step, "made") : failed(step, made.text);
}

function failed(step: Step, text: string): StepReport {
	const problem = { said: text.trim(), advice: adviceFor(text) ?? step.advice };
	return { ...report(step, "failed"), problem };
}

function report(step: Step, state: StepReport["state"]): StepReport {
	return {
		title: step.title,
		state,
		command: step.make === null ? null : `npx wrangler ${step.make.join(" ")}`,
		problem: null,
	};
}

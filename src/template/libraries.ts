/** Which functions there are where: in notification templates, and in the labels and annotations of alerting rules. */
import { err, ok } from "../lib/result.ts";
import { BUILTINS } from "./builtins.ts";
import { fixed } from "./function.ts";
import { REGEX_FUNCTIONS } from "./regex-functions.ts";
import { RULE_FUNCTIONS } from "./rule-functions.ts";
import type { FunctionTable } from "./run.ts";
import { raiseWords, TEXT_FUNCTIONS } from "./text-functions.ts";

const NO_QUERY = "'query' asks a Prometheus server, and templates here have none to ask";
/** They do not evaluate all of their arguments, so the evaluator itself has them. */
const IN_EVALUATOR = ["and", "or"];

/** All functions of Go, Alertmanager and Prometheus, but `query`. */
export const NOTIFICATION_FUNCTIONS: FunctionTable = new Map(
	Object.entries({ ...BUILTINS, ...REGEX_FUNCTIONS, ...RULE_FUNCTIONS, ...TEXT_FUNCTIONS }),
);

/** The same for rules: `title` is that of Prometheus, and `query` may stand in a rule file, but fails when it is called. */
export const RULE_LIBRARY: FunctionTable = new Map([
	...NOTIFICATION_FUNCTIONS,
	["title", fixed(["text"], ([text]) => ok(raiseWords(text as string)))],
	["query", fixed(["text"], () => err(NO_QUERY))],
]);

/** What is wrong with calling a function of this name, or null. */
export function functionIssue(functions: FunctionTable, name: string): string | null {
	if (functions.has(name) || IN_EVALUATOR.includes(name)) return null;
	return name === "query" ? NO_QUERY : `function ${JSON.stringify(name.slice(0, 60))} not defined`;
}

/** All scenarios as one `alertmanager.yml`, the same for both. Pure. */
import { stringify } from "yaml";
import type { RouteYaml, Scenario } from "./scenario.ts";

/** When an alert without an end counts as over. */
export const RESOLVE_TIMEOUT_S = 6;

const ALWAYS = [{ times: [{ start_time: "00:00", end_time: "24:00" }] }];
const NEVER = [{ years: ["1999"] }];

/** `hooks`: where the webhooks of receivers listen, without a slash at its end. */
export function configOf(scenarios: readonly Scenario[], hooks: string): string {
	return stringify({
		global: { resolve_timeout: `${RESOLVE_TIMEOUT_S}s` },
		route: {
			receiver: "root",
			routes: scenarios.map(({ name, route }) => ({
				...named(route, name),
				receiver: fullName(name, route.receiver ?? "main"),
				matchers: [`scenario="${name}"`],
			})),
		},
		inhibit_rules: scenarios.flatMap(({ name, inhibit = [] }) =>
			inhibit.map((rule) => ({
				source_matchers: [`scenario="${name}"`, ...rule.source_matchers],
				target_matchers: [`scenario="${name}"`, ...rule.target_matchers],
				equal: rule.equal ?? [],
			})),
		),
		time_intervals: [
			{ name: "always", time_intervals: ALWAYS },
			{ name: "never", time_intervals: NEVER },
		],
		receivers: [{ name: "root" }, ...scenarios.flatMap((scenario) => receiversOf(scenario, hooks))],
	});
}

function receiversOf({ name, route, receivers = {} }: Scenario, hooks: string): object[] {
	return [...new Set(["main", ...shortNames(route)])].map((short) => ({
		name: fullName(name, short),
		webhook_configs: (receivers[short] ?? [{}]).map((hook, index) => ({
			...hook,
			url: `${hooks}/${name}/${encodeURIComponent(short)}/${index}`,
		})),
	}));
}

function shortNames({ receiver, routes = [] }: RouteYaml): string[] {
	return [...(receiver === undefined ? [] : [receiver]), ...routes.flatMap(shortNames)];
}

function named(route: RouteYaml, scenario: string): RouteYaml {
	const { receiver, routes, ...rest } = route;
	return {
		...rest,
		...(receiver !== undefined && { receiver: fullName(scenario, receiver) }),
		...(routes !== undefined && { routes: routes.map((child) => named(child, scenario)) }),
	};
}

function fullName(scenario: string, short: string): string {
	return `${scenario}-${short}`;
}

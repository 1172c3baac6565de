/** Which group an alert falls into under a route, and the key of that group as Alertmanager's webhooks have it. Pure. */

import { quote } from "../lib/go-string.ts";
import type { Labels } from "../model/labels.ts";
import type { Route } from "../model/routing.ts";
import { compareTexts } from "./matcher-text.ts";

/** The labels by which the route groups, of those that the alert has. */
export function groupLabels(route: Pick<Route, "groupBy">, labels: Labels): Labels {
	const { groupBy } = route;
	const entries = Object.entries(labels).filter(
		([name, value]) => value !== "" && (groupBy === "..." || groupBy.includes(name)),
	);
	return Object.fromEntries(entries.sort(([a], [b]) => compareTexts(a, b)));
}

/** `{}/{severity="critical"}:{alertname="X", zone="a"}`: the key of the route, and the group's labels. */
export function groupKey(route: Pick<Route, "groupBy" | "key">, labels: Labels): string {
	return `${route.key}:${labelsText(groupLabels(route, labels))}`;
}

/** A label set as Go prints it. Sorted by the whole pairs, as Alertmanager 0.25 does: `a1="x"` comes before `a="x"`. */
export function labelsText(labels: Labels): string {
	const pairs = Object.entries(labels).map(([name, value]) => `${name}=${quote(value)}`);
	return `{${pairs.sort(compareTexts).join(", ")}}`;
}

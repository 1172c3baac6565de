/** The routing tree of a configuration file, with what a child has from its parent filled in. Every issue is noted with its place. */
import { type Fields, knownFields, readDuration } from "../lib/yaml-fields.ts";
import type { YamlNode } from "../lib/yaml-source.ts";
import {
	ESCALATION_STEPS_MAX,
	GROUP_BY_LABELS_MAX,
	HOUR_MS,
	MINUTE_MS,
	ROUTE_DEPTH_MAX,
	ROUTE_KEY_CHARS_MAX,
	ROUTES_MAX,
	SECOND_MS,
	TIME_INTERVALS_MAX,
} from "../model/limits.ts";
import type { EscalationStep, GroupBy, Route } from "../model/routing.ts";
import { readMatchers } from "./config-matchers.ts";
import { type ConfigReading, shown } from "./config-reading.ts";
import { matchersText } from "./matcher-text.ts";

/** The names that routes may refer to. */
export type Known = { readonly receivers: ReadonlySet<string>; readonly timeIntervals: ReadonlySet<string> };

/** What a route has from its parent when it does not say it itself. */
type Inherited = Pick<
	Route,
	"receiver" | "groupBy" | "groupWaitMs" | "groupIntervalMs" | "repeatIntervalMs" | "escalation" | "flapHoldMs"
>;

type Walk = { readonly reading: ConfigReading; readonly known: Known; routes: number };

const ROUTE_FIELDS = [
	"receiver",
	"group_by",
	"continue",
	"match",
	"match_re",
	"matchers",
	"group_wait",
	"group_interval",
	"repeat_interval",
	"mute_time_intervals",
	"active_time_intervals",
	"perdure_escalation",
	"perdure_flap_hold",
	"routes",
];

const DEFAULTS: Inherited = {
	receiver: "",
	groupBy: [],
	groupWaitMs: 30 * SECOND_MS,
	groupIntervalMs: 5 * MINUTE_MS,
	repeatIntervalMs: 4 * HOUR_MS,
	escalation: [],
	flapHoldMs: null,
};

/** The tree below the root; null when there is none. */
export function readRoutes(reading: ConfigReading, from: YamlNode, known: Known): Route | null {
	const { source } = reading;
	const walk: Walk = { reading, known, routes: 0 };
	const root = readRoute(walk, from, DEFAULTS, { key: "", depth: 0, siblings: new Map() });
	if (root === null) return null;
	if (root.matchers.length > 0) {
		const said = ["match", "match_re", "matchers"].map((field) => source.find(from, field));
		const place = said.find(({ node }) => node !== from.node) ?? from;
		source.complain(place, "root route must not have any matchers");
	}
	for (const [names, field] of [
		[root.muteTimeIntervals, "mute_time_intervals"] as const,
		[root.activeTimeIntervals, "active_time_intervals"] as const,
	]) {
		const reason = `root route must not have any ${field.replaceAll("_", " ")}`;
		if (names.length > 0) source.complain(source.find(from, field), reason);
	}
	if (root.receiver === "") source.complain(from, "root route must specify a default receiver");
	if (root.continue) source.complain(source.find(from, "continue"), "cannot have continue in root route");
	return root;
}

type Position = { readonly key: string; readonly depth: number; readonly siblings: Map<string, number> };

function readRoute(walk: Walk, from: YamlNode, parent: Inherited, position: Position): Route | null {
	const { reading } = walk;
	const { source } = reading;
	if (++walk.routes > ROUTES_MAX) {
		return walk.routes === ROUTES_MAX + 1 ? source.complain(from, `more routes than ${ROUTES_MAX}`) : null;
	}
	if (position.depth >= ROUTE_DEPTH_MAX) {
		return source.complain(from, `routes inside one another deeper than ${ROUTE_DEPTH_MAX}`);
	}
	const entries = source.entries(from, "a route");
	if (entries === null) return null;
	const fields = knownFields(source, entries, "a route", ROUTE_FIELDS);
	const matchers = readMatchers(reading, fields, "");
	const key = keyOf(position, matchersText(matchers));
	if (key.length > ROUTE_KEY_CHARS_MAX) {
		const reason = `the matchers of this route and those above it have ${key.length} characters`;
		return source.complain(from, `${reason}; the limit is ${ROUTE_KEY_CHARS_MAX}`);
	}
	const own = readOwn(walk, fields, parent);
	const children = fields.get("routes");
	return {
		key,
		matchers,
		...own,
		continue: reading.boolean(fields.get("continue"), "continue", false),
		muteTimeIntervals: readIntervalNames(walk, fields.get("mute_time_intervals"), "mute_time_intervals"),
		activeTimeIntervals: readIntervalNames(walk, fields.get("active_time_intervals"), "active_time_intervals"),
		routes: children === undefined ? [] : readChildren(walk, children, own, { ...position, key }),
	};
}

function readChildren(walk: Walk, from: YamlNode, parent: Inherited, position: Position): readonly Route[] {
	const { source } = walk.reading;
	const below = { key: position.key, depth: position.depth + 1, siblings: new Map<string, number>() };
	const routes: Route[] = [];
	for (const item of source.items(from, "routes") ?? []) {
		if (source.isExhausted || walk.routes > ROUTES_MAX) break;
		const route = source.isNothing(item)
			? source.complain(item, "an empty route")
			: readRoute(walk, item, parent, below);
		if (route !== null) routes.push(route);
	}
	return routes;
}

/** Alertmanager's key, `parent/{matchers}`; siblings with equal matchers are told apart from the second one on. */
function keyOf({ key, depth, siblings }: Position, matchers: string): string {
	if (depth === 0) return matchers;
	const ordinal = (siblings.get(matchers) ?? 0) + 1;
	siblings.set(matchers, ordinal);
	return `${key}/${matchers}${ordinal > 1 ? `#${ordinal}` : ""}`;
}

function readOwn(walk: Walk, fields: Fields, parent: Inherited): Inherited {
	const { source } = walk.reading;
	const duration = (field: string): number | null => readDuration(source, fields.get(field), field);
	const positive = (field: string): number | null => {
		const ms = duration(field);
		return ms === 0 ? source.complain(fields.get(field) ?? 0, `${field} cannot be zero`) : ms;
	};
	return {
		receiver: readReceiver(walk, fields.get("receiver"), "receiver") ?? parent.receiver,
		groupBy: readGroupBy(walk.reading, fields.get("group_by")) ?? parent.groupBy,
		groupWaitMs: duration("group_wait") ?? parent.groupWaitMs,
		groupIntervalMs: positive("group_interval") ?? parent.groupIntervalMs,
		repeatIntervalMs: positive("repeat_interval") ?? parent.repeatIntervalMs,
		escalation: readEscalation(walk, fields.get("perdure_escalation")) ?? parent.escalation,
		// Alertmanager's files do without; zero is for a child whose parent says more.
		flapHoldMs: fields.has("perdure_flap_hold") ? duration("perdure_flap_hold") || null : parent.flapHoldMs,
	};
}

function readReceiver(walk: Walk, from: YamlNode | undefined, what: string): string | null {
	const { source } = walk.reading;
	const name = from === undefined ? null : source.scalar(from, what);
	if (from === undefined || name === null || name === "") return null;
	if (!walk.known.receivers.has(name)) source.complain(from, `undefined receiver ${shown(name)}`);
	return name;
}

/** Null: nothing is said, and an empty list says nothing, as in Alertmanager. */
function readGroupBy(reading: ConfigReading, from: YamlNode | undefined): GroupBy | null {
	const { source } = reading;
	const texts = reading.texts(from, "group_by", GROUP_BY_LABELS_MAX);
	if (from === undefined || texts.length === 0) return null;
	if (!texts.some(({ text }) => text === "...")) return reading.labelNames(from, "group_by", GROUP_BY_LABELS_MAX);
	if (texts.some(({ text }) => text !== "...")) {
		return source.complain(from, "'...' in group_by means all labels: no other can stand beside it");
	}
	return "...";
}

function readIntervalNames(walk: Walk, from: YamlNode | undefined, what: string): readonly string[] {
	return walk.reading.texts(from, what, TIME_INTERVALS_MAX).map(({ text, node }) => {
		if (!walk.known.timeIntervals.has(text)) {
			walk.reading.source.complain(node, `undefined time interval ${shown(text)}`);
		}
		return text;
	});
}

/** Null: nothing is said. An empty list says "no escalation". */
function readEscalation(walk: Walk, from: YamlNode | undefined): readonly EscalationStep[] | null {
	const { source } = walk.reading;
	if (from === undefined || source.isNothing(from)) return null;
	const items = source.items(from, "perdure_escalation") ?? [];
	if (items.length > ESCALATION_STEPS_MAX) {
		return source.complain(from, `${items.length} steps of escalation; the limit is ${ESCALATION_STEPS_MAX}`);
	}
	let soonestMs = 0;
	return items.flatMap((item) => {
		const entries = source.entries(item, "a step of perdure_escalation");
		if (entries === null) return [];
		const fields = knownFields(source, entries, "a step of perdure_escalation", ["receiver", "after"]);
		const receiver = readReceiver(walk, fields.get("receiver"), "receiver");
		const afterMs = readDuration(source, fields.get("after"), "after");
		if (receiver === null) source.complain(item, "'receiver' is missing");
		if (!fields.has("after"))
			source.complain(item, "'after' is missing: write how long after the first message, 0s for with it");
		if (receiver === null || afterMs === null) return [];
		if (afterMs < soonestMs) source.complain(item, "the steps of an escalation stand in the order of their times");
		soonestMs = afterMs;
		return [{ receiver, afterMs }];
	});
}

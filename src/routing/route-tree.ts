/**
 * The routing tree, ready to be asked: which routes a label set reaches, and why. Pure but for its memo of regular expressions;
 * knows no time and no groups. Its matchers were checked when the configuration was read.
 */
import { assert } from "../lib/assert.ts";
import type { Labels } from "../model/labels.ts";
import { EXPLAINED_ROUTES_MAX } from "../model/limits.ts";
import { labelValue } from "../model/matcher.ts";
import type { Route } from "../model/routing.ts";
import { acceptsAll, type CompiledMatcher, compileAll, type RegexBook } from "./compiled-matcher.ts";
import { matcherText } from "./matcher-text.ts";

type Node = {
	readonly route: Route;
	readonly matchers: readonly CompiledMatcher[];
	readonly children: readonly Node[];
};

/** What became of one route. `passed`: it matched, and one of its children took over. */
export type RouteVerdict = "reached" | "passed" | "failed" | "not asked";
export type RouteVisit = {
	/** Its key, and how deep it lies (the root: 0). */
	readonly route: string;
	readonly depth: number;
	readonly receiver: string;
	readonly verdict: RouteVerdict;
	/** In words: which matcher failed on which value, or who took over. */
	readonly why: string;
};
export type ReachedReceiver = {
	readonly receiver: string;
	readonly route: string;
	/** Null: told at once; else how long after the group's first message, while nobody acknowledges. */
	readonly afterMs: number | null;
	readonly why: string;
};
export type RouteExplanation = {
	readonly receivers: readonly ReachedReceiver[];
	/** In the order in which the tree is walked, its children's children before their next sibling. */
	readonly routes: readonly RouteVisit[];
	/** Routes that were visited and are not listed. */
	readonly more: number;
};

export class RouteTree {
	readonly #root: Node;
	/** Every route, each before its children. */
	readonly all: readonly Route[];

	constructor(root: Route) {
		const all: Route[] = [];
		this.#root = compileRoute(root, new Map(), all);
		this.all = all;
	}

	/** The deepest routes that match, left to right; a sibling after a match is only asked where that one says `continue`. */
	match(labels: Labels): readonly Route[] {
		const reached: Route[] = [];
		if (acceptsAll(this.#root.matchers, labels)) collect(this.#root, labels, reached);
		return reached;
	}

	/** The same walk, with what became of every route on the way. */
	explain(labels: Labels): RouteExplanation {
		const visits: RouteVisit[] = [];
		const reached: Route[] = [];
		let more = 0;
		const note = (visit: RouteVisit): void => {
			if (visits.length < EXPLAINED_ROUTES_MAX) visits.push(visit);
			else more++;
		};
		explainNode(this.#root, labels, 0, note, reached);
		return { receivers: reached.flatMap(receiversOf), routes: visits, more };
	}
}

function compileRoute(route: Route, book: RegexBook, all: Route[]): Node {
	all.push(route);
	const matchers = compileAll(route.matchers, book);
	assert(matchers.ok, "the matchers of a stored route compile");
	return { route, matchers: matchers.value, children: route.routes.map((child) => compileRoute(child, book, all)) };
}

/** The node is known to match. */
function collect({ route, children }: Node, labels: Labels, reached: Route[]): void {
	const before = reached.length;
	for (const child of children) {
		if (!acceptsAll(child.matchers, labels)) continue;
		collect(child, labels, reached);
		if (!child.route.continue) break;
	}
	if (reached.length === before) reached.push(route);
}

type Note = (visit: RouteVisit) => void;

/** Whether the node matched. */
function explainNode(node: Node, labels: Labels, depth: number, note: Note, reached: Route[]): boolean {
	const { route, matchers, children } = node;
	const about = { route: route.key, depth, receiver: route.receiver };
	const failed = matchers.find(({ matcher, accepts }) => !accepts(labelValue(labels, matcher.name)));
	if (failed !== undefined) {
		note({ ...about, verdict: "failed", why: whyFailed(failed, labels) });
		return false;
	}
	const below: RouteVisit[] = [];
	const before = reached.length;
	let taken: Route | null = null;
	for (const child of children) {
		if (taken !== null) {
			const why = `${taken.key} matched before it and does not continue`;
			const { key, receiver } = child.route;
			below.push({ route: key, depth: depth + 1, receiver, verdict: "not asked", why });
		} else if (explainNode(child, labels, depth + 1, (visit) => below.push(visit), reached) && !child.route.continue) {
			taken = child.route;
		}
	}
	if (reached.length === before) {
		note({ ...about, verdict: "reached", why: whyReached(node) });
		reached.push(route);
	} else note({ ...about, verdict: "passed", why: "it matches, and so does a route below it" });
	for (const visit of below) note(visit);
	return true;
}

function whyFailed({ matcher }: CompiledMatcher, labels: Labels): string {
	const value = labelValue(labels, matcher.name);
	const got = value === "" ? "the label is absent" : `the label is ${JSON.stringify(value)}`;
	return `${matcherText(matcher)} does not hold: ${got}`;
}

function whyReached({ matchers, children }: Node): string {
	const self = matchers.length === 0 ? "it matches everything" : "all its matchers hold";
	return children.length === 0 ? self : `${self}, and no route below it matches`;
}

function receiversOf(route: Route): readonly ReachedReceiver[] {
	const { key, receiver, escalation } = route;
	const why = `the route ${key} is the deepest one that matches`;
	const steps = escalation.map((step) => ({
		receiver: step.receiver,
		route: key,
		afterMs: step.afterMs,
		why: `escalation of the route ${key}, while nobody acknowledges`,
	}));
	return [{ receiver, route: key, afterMs: null, why }, ...steps];
}

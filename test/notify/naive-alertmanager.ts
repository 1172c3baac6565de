/**
 * Alertmanager's semantics as naively as they can be written, for tests: every group flushes at every interval, every flush looks
 * at everything. Written from its documentation and source (dispatch.go, notify.go), not from this project's code.
 */
import { labelText, type Said } from "./notifier-driver.ts";

type Labels = Readonly<Record<string, string>>;
type Alert = { labels: Labels; startMs: number; endMs: number; isTimeout: boolean };
type Notified = { atMs: number; firing: Set<string>; resolved: Set<string> };
type Flushing = { route: NaiveRoute; labels: Labels; members: Set<string>; nextMs: number; hasFlushed: boolean };

export type NaiveRoute = {
	readonly id: string;
	readonly receiver: string;
	readonly match: Labels;
	readonly groupBy: readonly string[] | "...";
	readonly waitMs: number;
	readonly intervalMs: number;
	readonly repeatMs: number;
	readonly continue: boolean;
	readonly routes: readonly NaiveRoute[];
};
export type NaiveConfig = {
	readonly route: NaiveRoute;
	/** By receiver: `send_resolved` of each integration. */
	readonly receivers: Readonly<Record<string, readonly boolean[]>>;
	readonly inhibit: readonly { readonly source: Labels; readonly target: Labels; readonly equal: readonly string[] }[];
	readonly resolveTimeoutMs: number;
};
export type NaiveSilence = { readonly match: Labels; startMs: number; endMs: number };

export class NaiveAlertmanager {
	readonly said: Omit<Said, "cause" | "groupKey">[] = [];
	readonly silences: NaiveSilence[] = [];
	nowMs: number;
	readonly #config: NaiveConfig;
	readonly #alerts = new Map<string, Alert>();
	readonly #groups = new Map<string, Flushing>();
	readonly #log = new Map<string, Notified>();

	constructor(config: NaiveConfig, nowMs: number) {
		this.#config = config;
		this.nowMs = nowMs;
	}

	post(labels: Labels, startMs: number | null, endMs: number | null): void {
		const id = labelText(labels);
		const next: Alert = {
			labels,
			startMs: startMs ?? endMs ?? this.nowMs,
			endMs: endMs ?? this.nowMs + this.#config.resolveTimeoutMs,
			isTimeout: endMs === null,
		};
		const known = this.#alerts.get(id);
		const alert = known === undefined ? next : merge(known, next, this.nowMs);
		this.#alerts.set(id, alert);
		for (const route of matching(this.#config.route, labels)) this.#insert(route, id, alert);
		this.flush();
	}

	advance(ms: number): void {
		const endMs = this.nowMs + ms;
		for (;;) {
			const due = [...this.#groups.values()].map(({ nextMs }) => nextMs).filter((nextMs) => nextMs <= endMs);
			if (due.length === 0) break;
			this.nowMs = Math.max(this.nowMs, Math.min(...due));
			this.flush();
		}
		this.nowMs = endMs;
	}

	/** Flushes what is due now. */
	flush(): void {
		for (const [key, group] of [...this.#groups]) {
			if (group.nextMs > this.nowMs) continue;
			group.hasFlushed = true;
			group.nextMs = this.nowMs + group.route.intervalMs;
			this.#notify(key, group);
			for (const id of group.members) if (this.#endOf(id) <= this.nowMs) group.members.delete(id);
			if (group.members.size === 0) this.#groups.delete(key);
		}
		for (const id of [...this.#alerts.keys()]) {
			const isKept = [...this.#groups.values()].some(({ members }) => members.has(id));
			if (!isKept) this.#alerts.delete(id);
		}
	}

	#insert(route: NaiveRoute, id: string, alert: Alert): void {
		const labels = Object.fromEntries(
			Object.entries(alert.labels).filter(([name]) => route.groupBy === "..." || route.groupBy.includes(name)),
		);
		const key = `${route.id} ${labelText(labels)}`;
		const isOverdue = alert.startMs + route.waitMs < this.nowMs;
		const group = this.#groups.get(key) ?? {
			route,
			labels,
			members: new Set<string>(),
			nextMs: isOverdue ? this.nowMs : this.nowMs + route.waitMs,
			hasFlushed: false,
		};
		this.#groups.set(key, group);
		group.members.add(id);
		if (!group.hasFlushed && isOverdue) group.nextMs = Math.min(group.nextMs, this.nowMs);
	}

	#notify(key: string, group: Flushing): void {
		const speaking = [...group.members].filter((id) => !this.#isInhibited(id) && !this.#isSilenced(id));
		if (speaking.length === 0) return;
		const resolved = new Set(speaking.filter((id) => this.#endOf(id) <= this.nowMs));
		const firing = new Set(speaking.filter((id) => !resolved.has(id)));
		for (const [index, sendResolved] of (this.#config.receivers[group.route.receiver] ?? []).entries()) {
			const target = `${group.route.receiver}/${index}`;
			const entry = this.#log.get(`${key} ${target}`);
			if (!this.#needsUpdate(entry, firing, resolved, sendResolved, group.route.repeatMs)) continue;
			this.#log.set(`${key} ${target}`, { atMs: this.nowMs, firing, resolved });
			const heard = sendResolved ? speaking : [...firing];
			if (heard.length === 0) continue;
			const alerts = heard.map((id) => `${id}:${firing.has(id) ? "firing" : "resolved"}`).sort();
			this.said.push({ atMs: this.nowMs, target, alerts });
		}
	}

	#needsUpdate(
		entry: Notified | undefined,
		firing: Set<string>,
		resolved: Set<string>,
		sendResolved: boolean,
		repeatMs: number,
	): boolean {
		if (entry === undefined) return firing.size > 0;
		if ([...firing].some((id) => !entry.firing.has(id))) return true;
		if (firing.size === 0) return entry.firing.size > 0;
		if (sendResolved && [...resolved].some((id) => !entry.resolved.has(id))) return true;
		return entry.atMs < this.nowMs - repeatMs;
	}

	#endOf(id: string): number {
		return this.#alerts.get(id)?.endMs ?? 0;
	}

	#isSilenced(id: string): boolean {
		const labels = this.#alerts.get(id)?.labels ?? {};
		return this.silences.some(
			({ match, startMs, endMs }) => startMs <= this.nowMs && this.nowMs < endMs && holds(match, labels),
		);
	}

	#isInhibited(id: string): boolean {
		const labels = this.#alerts.get(id)?.labels ?? {};
		return this.#config.inhibit.some(({ source, target, equal }) => {
			if (!holds(target, labels)) return false;
			return [...this.#alerts.values()].some((other) => {
				if (other.endMs <= this.nowMs || !holds(source, other.labels)) return false;
				if (equal.some((name) => (other.labels[name] ?? "") !== (labels[name] ?? ""))) return false;
				// What is source and target at once is not inhibited by its like.
				return !(holds(source, labels) && holds(target, other.labels));
			});
		});
	}
}

function holds(match: Labels, labels: Labels): boolean {
	return Object.entries(match).every(([name, value]) => (labels[name] ?? "") === value);
}

function matching(route: NaiveRoute, labels: Labels): NaiveRoute[] {
	if (!holds(route.match, labels)) return [];
	const found: NaiveRoute[] = [];
	for (const child of route.routes) {
		const below = matching(child, labels);
		found.push(...below);
		if (below.length > 0 && !child.continue) break;
	}
	return found.length > 0 ? found : [route];
}

/** types.Alert.Merge, for the fields that count here. */
function merge(old: Alert, young: Alert, nowMs: number): Alert {
	const overlap =
		(young.endMs > old.startMs && young.endMs < old.endMs) ||
		(young.startMs > old.startMs && young.startMs < old.endMs);
	if (!overlap) return young;
	const merged = { ...young, startMs: Math.min(old.startMs, young.startMs) };
	if (young.endMs <= nowMs) {
		if (old.endMs <= nowMs && old.endMs > young.endMs) merged.endMs = old.endMs;
	} else if (old.endMs > young.endMs && !old.isTimeout) merged.endMs = old.endMs;
	return merged;
}

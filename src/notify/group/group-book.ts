/**
 * The groups in memory, above their tables: found by key, woken at their ticks, forgotten when they are over. Every change is
 * written before memory follows, within the caller's transaction. It knows no alert's words.
 */
import { TimeHeap } from "../../lib/heap.ts";
import { fingerprintOfText } from "../../model/fingerprint.ts";
import type { Labels } from "../../model/labels.ts";
import { GROUPS_MAX } from "../../model/limits.ts";
import type { Route, RoutingConfig } from "../../model/routing.ts";
import { groupKey, groupLabels } from "../../routing/group.ts";
import type { KeptAlert } from "./alert-rows.ts";
import { type Group, isOver, nextLookMs, type Read } from "./group.ts";
import { type GroupRow, GroupRows, type Looked, type ToldRow } from "./group-rows.ts";
import type { Span } from "./merge-alert.ts";
import { anchorOf, tickAfter, tickAt } from "./ticks.ts";

export class GroupBook {
	readonly byId = new Map<number, Group>();
	/** When each group is looked at next. */
	readonly looks = new TimeHeap<number>();
	readonly #byKey = new Map<string, Group>();
	readonly #rows: GroupRows;
	/** Up to when all that was due was looked at, as far as it had to be written. */
	#looked: Looked;
	/** Of each receiver. */
	#targets: ReadonlyMap<string, readonly string[]> = new Map();
	readonly #justLooked = new Set<Group>();
	#nextGroup = 1;
	#nextTold = 1;

	constructor(sql: SqlStorage) {
		this.#rows = new GroupRows(sql);
		this.#looked = this.#rows.loadLooked();
	}

	/** Reads the groups, before their members; false: they were made under other routes. */
	load(config: RoutingConfig, routes: readonly Route[], nowMs: number): boolean {
		const byKey = new Map(routes.map((route) => [route.key, route]));
		const routed = this.#rows.loadRouted();
		this.use(config);
		for (const row of this.#rows.load()) {
			this.#nextGroup = Math.max(this.#nextGroup, row.id + 1);
			const route = byKey.get(row.routeKey);
			if (route !== undefined)
				this.#adopt(newGroup(row, route, row.anchorMs < nowMs || row.anchorMs <= this.#looked.untilMs));
			else this.#rows.delete(row.id);
		}
		for (const told of this.#rows.loadTold()) {
			this.#nextTold = Math.max(this.#nextTold, told.id + 1);
			const group = this.byId.get(told.groupId);
			if (group === undefined) continue;
			group.told.set(told.target, told);
			if (told.atMs >= group.row.anchorMs) group.hasFlushed = true;
		}
		return routed === null || routed === this.#rows.loadRouted();
	}

	/** Routes and receivers from now on. */
	use(config: RoutingConfig): void {
		this.#targets = new Map(
			config.receivers.map(({ name, integrations }) => [name, integrations.map((_, index) => `${name}/${index}`)]),
		);
		this.#rows.saveRouted(fingerprintOfText(JSON.stringify(config.route)));
	}

	/** After the members came: when each is looked at. What was missed is due at once. */
	scheduleAll(alerts: ReadonlyMap<string, KeptAlert>, nowMs: number): void {
		for (const group of this.byId.values()) this.schedule(group, alerts, nowMs);
	}

	/** When a group that was just read from the tables is looked at. */
	schedule(group: Group, alerts: ReadonlyMap<string, KeptAlert>, nowMs: number): void {
		const next = nextLookMs(group, alerts, this.#seen(group), nowMs);
		if (next === null) this.looks.delete(group.row.id);
		else this.looks.set(group.row.id, next);
	}

	byKey(key: string): Group | null {
		return this.#byKey.get(key) ?? null;
	}

	/** The group of labels under a route; one that is empty begins anew, and knows what its targets were told. */
	of(route: Route, labels: Labels, span: Span, nowMs: number): Group {
		const key = groupKey(route, labels);
		const known = this.#byKey.get(key);
		if (known !== undefined && known.members.size > 0) return known;
		const anchorMs = anchorOf(span.startsAtMs, route.groupWaitMs, nowMs);
		if (known !== undefined) {
			known.row = { ...known.row, anchorMs, firstToldMs: null, escalated: 0, acknowledged: null };
			known.hasFlushed = false;
			this.#rows.save(known.row);
			return known;
		}
		const row: GroupRow = {
			id: this.#nextGroup++,
			key,
			routeKey: route.key,
			labels: groupLabels(route, labels),
			anchorMs,
			acknowledged: null,
			firstToldMs: null,
			escalated: 0,
			changesMs: [],
		};
		this.#rows.save(row);
		const group = newGroup(row, route, false);
		this.#adopt(group);
		if (this.byId.size > GROUPS_MAX) this.#sweepGhosts();
		return group;
	}

	/** Something is new in a group. */
	wake(group: Group, span: Span, nowMs: number): void {
		const { anchorMs } = group.row;
		const { groupIntervalMs, groupWaitMs } = group.route;
		if (group.hasFlushed) {
			this.lookAt(group, tickAt(anchorMs, groupIntervalMs, nowMs + 1));
			return;
		}
		// What waited long enough elsewhere hurries the group it comes to.
		if (span.startsAtMs + groupWaitMs < nowMs && anchorMs > nowMs) {
			group.row = { ...group.row, anchorMs: nowMs };
			this.#rows.save(group.row);
			this.looks.set(group.row.id, nowMs);
			return;
		}
		this.lookAt(group, anchorMs);
	}

	/** Every group with alerts is looked at on its next tick: what mutes has changed. `inclusive`: a tick of this moment counts. */
	wakeAll(nowMs: number, inclusive: boolean): void {
		for (const group of this.byId.values()) if (group.members.size > 0) this.wakeNext(group, nowMs, inclusive);
	}

	/** One group on its next tick. */
	wakeNext(group: Group, nowMs: number, inclusive = false): void {
		const { anchorMs } = group.row;
		const { groupIntervalMs } = group.route;
		const lookedMs = [group.looked?.atMs, ...[...group.told.values()].map(({ atMs }) => atMs)];
		const isOpen = inclusive && nowMs > this.#looked.untilMs && !lookedMs.includes(nowMs);
		const nextMs = isOpen ? tickAt(anchorMs, groupIntervalMs, nowMs) : tickAfter(anchorMs, groupIntervalMs, nowMs);
		this.lookAt(group, group.hasFlushed ? nextMs : anchorMs);
	}

	/** One group on its first tick from a time on, if it is not looked at sooner. */
	wakeAt(group: Group, atMs: number, nowMs: number): void {
		if (!this.byId.has(group.row.id)) return;
		const { anchorMs } = group.row;
		this.lookAt(group, Math.max(tickAt(anchorMs, group.route.groupIntervalMs, atMs), nowMs + 1));
	}

	/** When a group is looked at next, after a look. `muted`: members that said nothing in it. */
	reschedule(group: Group, alerts: ReadonlyMap<string, KeptAlert>, muted: ReadonlySet<string>, nowMs: number): void {
		if (!this.byId.has(group.row.id)) return;
		this.#justLooked.add(group);
		const next = nextLookMs(group, alerts, muted, nowMs);
		const { anchorMs } = group.row;
		const earliest = group.hasFlushed ? tickAfter(anchorMs, group.route.groupIntervalMs, nowMs) : anchorMs;
		if (next === null) this.looks.delete(group.row.id);
		else this.looks.set(group.row.id, Math.max(next, earliest));
	}

	/**
	 * Writes how far the looks have come, if one of them left something unsaid, such as what is muted: who reads the tables would
	 * take it for missed. `nextAlertId`: alerts from it on came later.
	 */
	noteLooks(alerts: ReadonlyMap<string, KeptAlert>, nextAlertId: number, nowMs: number): void {
		const untilMs = Math.min(nowMs, (this.looks.nextMs ?? Number.POSITIVE_INFINITY) - 1);
		for (const group of this.#justLooked) {
			if (!this.byId.has(group.row.id)) continue;
			const nextMs = nextLookMs(group, alerts, this.#seen(group), nowMs);
			if (nextMs === null || nextMs > nowMs) continue;
			this.#looked = { untilMs, nextAlertId };
			this.#rows.saveLooked(this.#looked);
			break;
		}
		this.#justLooked.clear();
	}

	lookAt(group: Group, atMs: number): void {
		const known = this.looks.timeOf(group.row.id);
		if (known === null || known > atMs) this.looks.set(group.row.id, atMs);
	}

	/** Writes what targets were told, and where the group stands. `isLast`: the group is forgotten next, and no row is worth it. */
	saveLook(group: Group, row: GroupRow, told: readonly Omit<ToldRow, "id" | "groupId">[], isLast = false): void {
		for (const one of told) {
			const id = group.told.get(one.target)?.id ?? this.#nextTold++;
			const saved: ToldRow = { ...one, id, groupId: group.row.id };
			if (!isLast) this.#rows.saveTold(saved);
			group.told.set(one.target, saved);
		}
		if (isSameRow(row, group.row)) return;
		if (!isLast) this.#rows.save(row);
		group.row = row;
	}

	/** Forgets a group of which nobody has to hear any more. */
	forgetIfOver(group: Group, nowMs: number): void {
		if (isOver(group, nowMs)) this.#forget(group);
	}

	/** Forgets all such groups: those that flapped are over a while after their last alert. */
	sweep(nowMs: number): void {
		for (const group of [...this.byId.values()]) this.forgetIfOver(group, nowMs);
	}

	/** All groups without their members, to be filled anew under other routes; `adoptAs` takes those back that are found again. */
	empty(): ReadonlyMap<string, Group> {
		const before = new Map([...this.byId.values()].map((group) => [group.row.key, group]));
		this.byId.clear();
		this.#byKey.clear();
		this.looks.clear();
		return before;
	}

	/** Takes a group back under the route that it has now, without its members; its ticks begin anew. */
	adoptAs(group: Group, route: Route, span: Span, nowMs: number): Group {
		const known = this.#byKey.get(group.row.key);
		if (known !== undefined) return known;
		const row = { ...group.row, anchorMs: anchorOf(span.startsAtMs, route.groupWaitMs, nowMs) };
		const adopted: Group = { ...group, row, route, members: new Set(), hasFlushed: false, looked: null };
		this.#rows.save(row);
		this.#adopt(adopted);
		return adopted;
	}

	/** Deletes the rows of groups that were not taken back. */
	dropOthers(before: ReadonlyMap<string, Group>): void {
		for (const { row } of before.values()) if (!this.byId.has(row.id)) this.#rows.delete(row.id);
	}

	#seen({ route }: Group): Read {
		return { ...this.#looked, targets: this.#targets.get(route.receiver) ?? [] };
	}

	#adopt(group: Group): void {
		this.byId.set(group.row.id, group);
		this.#byKey.set(group.row.key, group);
	}

	#forget(group: Group): void {
		const told = [...group.told.values()].map(({ id }) => id);
		this.#rows.delete(group.row.id, told);
		this.byId.delete(group.row.id);
		this.#byKey.delete(group.row.key);
		this.looks.delete(group.row.id);
	}

	/** Groups without alerts, kept for what somebody was told, go first when there are too many. */
	#sweepGhosts(): void {
		for (const group of [...this.byId.values()]) {
			if (this.byId.size <= GROUPS_MAX) return;
			if (group.members.size === 0) this.#forget(group);
		}
	}
}

/** An acknowledgement is never changed, only given and lifted. */
function isSameRow({ acknowledged: a, ...one }: GroupRow, { acknowledged: b, ...other }: GroupRow): boolean {
	return a === b && JSON.stringify(one) === JSON.stringify(other);
}

function newGroup(row: GroupRow, route: Route, hasFlushed: boolean): Group {
	return { row, route, members: new Set(), told: new Map(), hasFlushed, looked: null, said: new Map() };
}

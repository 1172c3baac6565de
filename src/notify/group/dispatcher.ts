/**
 * Alerts and their groups: takes reports in, and says which groups have to be looked at. Each public method is one synchronous
 * move within the caller's transaction; when that fails, the caller builds all of it anew from the tables. It knows no
 * receiver's channel, no queue and no clock.
 */
import type { Labels } from "../../model/labels.ts";
import { ALERTS_ACTIVE_MAX, AWAY_MS, RESTART_GRACE_MS } from "../../model/limits.ts";
import type { RoutingConfig } from "../../model/routing.ts";
import { groupKey } from "../../routing/group.ts";
import { RouteTree } from "../../routing/route-tree.ts";
import { type AlertBody, AlertRows, type KeptAlert } from "./alert-rows.ts";
import type { Group } from "./group.ts";
import { GroupBook } from "./group-book.ts";
import { Heard } from "./heard.ts";
import { isResolved, mergeSpan, type Span } from "./merge-alert.ts";

/** What somebody says of an alert. */
export type Report = { readonly key: string; readonly body: AlertBody; readonly span: Span; readonly isOwn: boolean };

/** Told when an alert appears, changes or goes, for what mutes others. */
export type AlertListener = {
	/** False: nobody asks, so the labels of stored alerts need not be read. */
	readonly wantsAlerts: boolean;
	upsert(key: string, labels: Labels, span: Span): void;
	remove(key: string): void;
};

export class Dispatcher {
	readonly rows: AlertRows;
	readonly alerts = new Map<string, KeptAlert>();
	readonly groups: GroupBook;
	readonly heard: Heard;
	readonly #listener: AlertListener;
	#tree: RouteTree;
	#nextAlert = 1;

	/** Reads everything that is kept. */
	constructor(sql: SqlStorage, config: RoutingConfig, listener: AlertListener, nowMs: number) {
		this.rows = new AlertRows(sql);
		this.groups = new GroupBook(sql);
		this.heard = new Heard(sql);
		this.#listener = listener;
		this.#tree = new RouteTree(config.route);
		const areRoutesKnown = this.groups.load(config, this.#tree.all, nowMs);
		this.#load();
		if (!areRoutesKnown) this.reroute(config, nowMs);
		else this.groups.scheduleAll(this.alerts, nowMs);
		this.#forgive(nowMs);
		this.heard.save();
		this.showAll();
	}

	/** Takes a report in. False: there is no place for another alert. */
	report(report: Report, nowMs: number): boolean {
		const { key, body } = report;
		const known = this.alerts.get(key);
		if (known === undefined && this.alerts.size >= ALERTS_ACTIVE_MAX) return false;
		const span = known === undefined || report.isOwn ? report.span : mergeSpan(known, report.span, nowMs);
		const groups = this.#tree.match(body.labels).map((route) => this.groups.of(route, body.labels, span, nowMs));
		const alert: KeptAlert = {
			...span,
			id: known?.id ?? this.#nextAlert++,
			key,
			groups: groups.map((group) => group.row.id),
			bodyHash: hashOf(JSON.stringify(body)),
		};
		// An alert that is only said again is worth no row of its own: its end moves on.
		const isSame = known !== undefined && isSaidAgain(known, alert, nowMs);
		if (!isSame) this.rows.save(alert, body);
		if (!isSame || alert.endsAtMs !== known.endsAtMs) this.heard.set(alert.id, isSame ? alert.endsAtMs : null);
		this.alerts.set(key, isSame ? { ...alert, updatedAtMs: known.updatedAtMs } : alert);
		this.#listener.upsert(key, body.labels, span);
		for (const group of groups) this.#join(group, alert, isSame, nowMs);
		return true;
	}

	/** Takes ended alerts out of a group; who is in no group any more is forgotten, and so is a group that is over. */
	removeMembers(group: Group, keys: readonly string[], nowMs: number): void {
		for (const key of keys) {
			group.members.delete(key);
			group.said.delete(key);
			const alert = this.alerts.get(key);
			if (alert === undefined) continue;
			const groups = alert.groups.filter((id) => id !== group.row.id);
			if (groups.length > 0) {
				this.alerts.set(key, { ...alert, groups });
				this.rows.saveGroups(alert.id, groups);
				continue;
			}
			this.alerts.delete(key);
			this.rows.delete(alert.id);
			this.#listener.remove(key);
		}
		this.groups.forgetIfOver(group, nowMs);
	}

	/** Notes how far the looks have come, after some of them. */
	noteLooks(nowMs: number): void {
		this.groups.noteLooks(this.alerts, this.#nextAlert, nowMs);
	}

	/** Shows every alert to whom it may concern. */
	showAll(): void {
		if (!this.#listener.wantsAlerts) return;
		for (const [alert, body] of this.#stored()) this.#listener.upsert(alert.key, body.labels, alert);
	}

	/**
	 * New routes: every alert is taken in again, as if it had just come. Groups of the same key stay: what their targets were told, who
	 * took them on, how far they escalated.
	 */
	reroute(config: RoutingConfig, nowMs: number): void {
		this.#tree = new RouteTree(config.route);
		this.groups.use(config);
		const before = this.groups.empty();
		for (const [alert, body] of this.#stored()) {
			const groups = this.#tree.match(body.labels).map((route) => {
				const known = before.get(groupKey(route, body.labels));
				if (known !== undefined && known.members.size > 0) return this.groups.adoptAs(known, route, alert, nowMs);
				return this.groups.of(route, body.labels, alert, nowMs);
			});
			for (const group of groups) this.#join(group, alert, false, nowMs);
			const ids = groups.map((group) => group.row.id);
			if (sameIds(ids, alert.groups)) continue;
			this.alerts.set(alert.key, { ...alert, groups: ids });
			this.rows.saveGroups(alert.id, ids);
		}
		this.groups.dropOthers(before);
	}

	#join(group: Group, alert: KeptAlert, isSame: boolean, nowMs: number): void {
		const isNew = !group.members.has(alert.key);
		group.members.add(alert.key);
		if (isNew || !isSame || !group.hasFlushed) this.groups.wake(group, alert, nowMs);
		else if (alert.endsAtMs !== null && alert.endsAtMs > nowMs) this.groups.wakeAt(group, alert.endsAtMs, nowMs);
	}

	#load(): void {
		for (const alert of this.rows.load()) {
			this.#nextAlert = Math.max(this.#nextAlert, alert.id + 1);
			this.alerts.set(alert.key, { ...alert, endsAtMs: this.heard.endOf(alert.id) ?? alert.endsAtMs });
			for (const id of alert.groups) this.groups.byId.get(id)?.members.add(alert.key);
		}
	}

	/**
	 * A look that was missed by so much shows that we were away, and senders could not reach us: what seems to have ended
	 * meanwhile, without anyone having said so, gets some time to be said again.
	 */
	#forgive(nowMs: number): void {
		for (const [id, group] of this.groups.byId) {
			const lookMs = this.groups.looks.timeOf(id);
			if (lookMs === null || nowMs - lookMs < AWAY_MS) continue;
			for (const key of group.members) {
				const alert = this.alerts.get(key);
				if (alert === undefined || alert.endsAtMs === null || !isResolved(alert, nowMs)) continue;
				if (alert.endsAtMs <= alert.updatedAtMs) continue;
				const endsAtMs = nowMs + RESTART_GRACE_MS;
				this.alerts.set(key, { ...alert, endsAtMs });
				this.heard.set(alert.id, endsAtMs);
				for (const other of alert.groups) {
					const one = this.groups.byId.get(other);
					if (one !== undefined) this.groups.schedule(one, this.alerts, nowMs);
				}
			}
		}
	}

	*#stored(): Generator<readonly [alert: KeptAlert, body: AlertBody]> {
		const byId = new Map([...this.alerts.values()].map((alert) => [alert.id, alert]));
		for (const [id, body] of this.rows.bodies()) {
			const alert = byId.get(id);
			if (alert !== undefined) yield [alert, body];
		}
	}
}

function isSaidAgain(known: KeptAlert, alert: KeptAlert, nowMs: number): boolean {
	return (
		known.bodyHash === alert.bodyHash &&
		known.startsAtMs === alert.startsAtMs &&
		known.isTimeout === alert.isTimeout &&
		isResolved(known, nowMs) === isResolved(alert, nowMs) &&
		(known.endsAtMs === null) === (alert.endsAtMs === null) &&
		sameIds(known.groups, alert.groups)
	);
}

function sameIds(a: readonly number[], b: readonly number[]): boolean {
	return a.length === b.length && a.every((id, i) => id === b[i]);
}

/** FNV-1a, 32 bits: it only saves a row when nothing changed. */
function hashOf(text: string): number {
	let hash = 0x811c9dc5;
	for (let i = 0; i < text.length; i++) hash = Math.imul(hash ^ text.charCodeAt(i), 0x01000193);
	return hash >>> 0;
}

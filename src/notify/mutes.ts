/**
 * What keeps alerts from being told now: silences, inhibition, and the time intervals of routes. A copy in memory of the
 * notifier's silences and of the alerts that inhibit others; it writes nothing and knows no group.
 */
import { TimeHeap } from "../lib/heap.ts";
import type { Labels } from "../model/labels.ts";
import type { MuteReason } from "../model/notification.ts";
import type { Route, RoutingConfig, Silence } from "../model/routing.ts";
import { Inhibitor } from "../routing/inhibit.ts";
import { nextTimeMuteMs, timeMuteOf } from "../routing/route-time.ts";
import { SilenceSet } from "../routing/silence-match.ts";
import type { AlertListener } from "./group/dispatcher.ts";
import { isResolved, type Span } from "./group/merge-alert.ts";

export class Mutes implements AlertListener {
	readonly silences = new Map<string, Silence>();
	/** What inhibits has changed since the flag was taken down: every group may have to speak, or to fall silent. */
	changed = false;
	/** The same, but by the clock alone: a silence began or ended, an alert that inhibits others ended. */
	changedByTime = false;
	readonly #set = new SilenceSet();
	/** When alerts that inhibit others end by themselves, unless they are said again. */
	readonly #ends = new TimeHeap<string>();
	readonly #clock: () => number;
	#inhibitor: Inhibitor;
	#config: RoutingConfig;

	constructor(config: RoutingConfig, clock: () => number) {
		this.#config = config;
		this.#clock = clock;
		this.#inhibitor = new Inhibitor(config.inhibitRules);
	}

	/** Whether anyone has to be shown the labels of every alert. */
	get wantsAlerts(): boolean {
		return this.#config.inhibitRules.length > 0;
	}

	upsert(key: string, labels: Labels, span: Span): void {
		if (!this.wantsAlerts) return;
		const before = this.#inhibitor.size;
		this.#inhibitor.upsert(key, labels, !isResolved(span, this.#clock()));
		if (this.#inhibitor.size !== before) this.changed = true;
		if (span.endsAtMs !== null && this.#inhibitor.has(key)) this.#ends.set(key, span.endsAtMs);
		else this.#ends.delete(key);
	}

	remove(key: string): void {
		const before = this.#inhibitor.size;
		this.#inhibitor.remove(key);
		this.#ends.delete(key);
		if (this.#inhibitor.size !== before) this.changed = true;
	}

	/** Alerts that ended by now inhibit no longer, whenever their own group looks at them. */
	expire(nowMs: number): void {
		for (let key = this.#ends.due(nowMs); key !== null; key = this.#ends.due(nowMs)) {
			this.#inhibitor.remove(key);
			this.#ends.delete(key);
			this.changedByTime = true;
		}
	}

	/** When the next alert that inhibits others ends by itself; null: none does. */
	get nextEndMs(): number | null {
		return this.#ends.nextMs;
	}

	/** New inhibition rules and intervals; the alerts are shown again afterwards. */
	configure(config: RoutingConfig): void {
		this.#config = config;
		this.#inhibitor = new Inhibitor(config.inhibitRules);
		this.#ends.clear();
	}

	/** Why a silence cannot be kept, or null. */
	setSilence(silence: Silence): string | null {
		const set = this.#set.upsert(silence);
		if (!set.ok) return set.failure;
		this.silences.set(silence.id, silence);
		return null;
	}

	dropSilence(id: string): void {
		this.#set.remove(id);
		this.silences.delete(id);
	}

	/** Whether anything could mute an alert for its labels; false: `of` answers nothing whatever they are. */
	get asksForLabels(): boolean {
		return this.silences.size > 0 || this.wantsAlerts;
	}

	/** Why an alert with these labels is not told now; none: it may be. */
	of(labels: Labels, nowMs: number): readonly MuteReason[] {
		this.expire(nowMs);
		const silences = this.#set.mutedBy(labels, nowMs).map((by): MuteReason => ({ kind: "silence", by }));
		return [...silences, ...this.inhibition(labels)];
	}

	inhibition(labels: Labels): readonly MuteReason[] {
		return this.#inhibitor.inhibitedBy(labels).map((by): MuteReason => ({ kind: "inhibition", by }));
	}

	/** Why a whole route says nothing now. */
	ofRoute(route: Route, nowMs: number): readonly MuteReason[] {
		const mute = timeMuteOf(route, this.#config.timeIntervals, nowMs);
		if (mute === null) return [];
		const by = mute.kind === "mute" ? mute.names.join(", ") : `outside of ${mute.names.join(", ")}`;
		return [{ kind: "time interval", by }];
	}

	/** When a route may begin or cease to be mute; null: never. */
	routeChangesMs(route: Route, nowMs: number): number | null {
		if (route.muteTimeIntervals.length + route.activeTimeIntervals.length === 0) return null;
		return nextTimeMuteMs(route, this.#config.timeIntervals, nowMs);
	}

	/** When a silence begins or ends next; null: never. */
	silencesChangeMs(nowMs: number): number | null {
		return this.#set.nextChangeMs(nowMs);
	}
}

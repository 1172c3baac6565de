/**
 * Everything that the notifier keeps, put together: alerts and groups, mutes, deliveries, configuration. Each method is one
 * synchronous move in one transaction; if that fails, the whole notifier is built anew from the tables by its owner. It speaks to
 * nobody: no queue, no alarm, no D1.
 */
import { configOf } from "../config.ts";
import { ok, type Result } from "../lib/result.ts";
import { migrate } from "../lib/schema.ts";
import type { AlertEvent } from "../model/alert.ts";
import type { PostedAlert, PostedReceipt } from "../model/alerting-rpc.ts";
import type { Channel } from "../model/channel.ts";
import type { Failure, Issue } from "../model/errors.ts";
import {
	DEFAULT_GROUP_INTERVAL_MS,
	DELIVERIES_OPEN_MAX,
	EVENTS_PER_ACCEPT_MAX,
	LOOKS_PER_RUN_MAX,
	NOTIFIER_SWEEP_EVERY_MS,
} from "../model/limits.ts";
import type { Message } from "../model/message.ts";
import type { LogEntry } from "../model/notification.ts";
import { Buckets, type Rate } from "./bucket.ts";
import { type Configuration, configurationOf, integrationOf } from "./configuration.ts";
import { Files } from "./files.ts";
import { Dispatcher } from "./group/dispatcher.ts";
import { isResolved } from "./group/merge-alert.ts";
import { ownReport } from "./group/own-alert.ts";
import { postedReport } from "./group/posted-alert.ts";
import type { Open } from "./lane.ts";
import { type Dead, Ledger } from "./ledger.ts";
import { Mutes } from "./mutes.ts";
import { NOTIFIER_SCHEMA } from "./schema.ts";
import { deadLetterReport, silenceEndReport } from "./self-alerts.ts";
import { SilenceBook } from "./silence-book.ts";
import { type Told, tellDue, tellGroup } from "./telling.ts";

/** What services take from one sender: Slack about one a second, Lark 100 a minute, Telegram one a second in a chat. */
const RATES: Readonly<Partial<Record<Channel, Rate>>> = {
	slack: { perSecond: 1, burst: 5 },
	lark: { perSecond: 1.5, burst: 5 },
	telegram: { perSecond: 1, burst: 5 },
	email: { perSecond: 2, burst: 10 },
	pagerduty: { perSecond: 2, burst: 20 },
};

type Variables = Readonly<Record<string, unknown>>;

export class Notifier {
	readonly files: Files;
	readonly mutes: Mutes;
	readonly silences: SilenceBook;
	readonly dispatcher: Dispatcher;
	readonly ledger: Ledger;
	configuration: Configuration;
	readonly #storage: DurableObjectStorage;
	readonly #variables: Variables;
	#sweptMs = 0;

	constructor(storage: DurableObjectStorage, variables: Variables, nonce: string, clock: () => number) {
		migrate(storage, NOTIFIER_SCHEMA);
		this.#storage = storage;
		this.#variables = variables;
		this.files = new Files(storage.sql);
		this.configuration = configurationOf(this.files.list(), variables);
		this.mutes = new Mutes(this.configuration.routing, clock);
		this.silences = new SilenceBook(storage.sql, this.mutes);
		this.dispatcher = new Dispatcher(storage.sql, this.configuration.routing, this.mutes, clock());
		// What was just read is no news: who waits to speak is looked at anyway.
		this.mutes.changed = false;
		this.ledger = new Ledger(storage, nonce, new Buckets((target) => RATES[this.#channelOf(target) ?? "log"] ?? null));
	}

	/** Takes events of own rules over; answers those that are owned now, fewer than given at a bound, and what is new of them. */
	accept(events: readonly AlertEvent[], nowMs: number): { readonly owned: string[]; readonly log: LogEntry[] } {
		const owned: string[] = [];
		const log: LogEntry[] = [];
		const opened: Open[] = [];
		this.#transact(() => {
			for (const event of events.slice(0, EVENTS_PER_ACCEPT_MAX)) {
				if (this.ledger.lanes.size + opened.length >= DELIVERIES_OPEN_MAX) break;
				if (this.ledger.events.isKnown(event.id)) {
					owned.push(event.id);
					continue;
				}
				const report = ownReport(event, nowMs);
				// What was to be said of this alert before it changes is said first: no state of an own alert is skipped.
				for (const id of this.dispatcher.alerts.get(report.key)?.groups ?? []) {
					const group = this.dispatcher.groups.byId.get(id);
					const dueMs = this.dispatcher.groups.looks.timeOf(id);
					// Where groups speak at once, the next tick is near enough: one call may bring several states of one alert.
					const isDue = dueMs !== null && dueMs <= nowMs + DEFAULT_GROUP_INTERVAL_MS;
					if (group === undefined || !isDue) continue;
					const told = this.#tell(group, nowMs);
					opened.push(...told.opened);
					log.push(...told.log);
				}
				if (!this.dispatcher.report(report, nowMs)) break;
				this.ledger.events.save(event.id, nowMs);
				owned.push(event.id);
				log.push({ kind: "event", event });
			}
		});
		this.ledger.put(opened);
		return { owned, log };
	}

	/** Takes alerts of another sender in, each by itself. */
	post(alerts: readonly PostedAlert[], nowMs: number): PostedReceipt {
		const issues: Issue[] = [];
		let accepted = 0;
		this.#transact(() => {
			for (const [index, alert] of alerts.entries()) {
				const report = postedReport(alert, this.configuration.routing.resolveTimeoutMs, nowMs);
				if (!report.ok) issues.push({ place: `[${index}]`, reason: report.failure });
				else if (this.#isLateCopy(alert, report.value.key, nowMs)) accepted++;
				else if (this.dispatcher.report(report.value, nowMs)) {
					accepted++;
					if (alert.id !== undefined) this.ledger.events.save(alert.id, nowMs);
				} else issues.push({ place: `[${index}]`, reason: "too many alerts are active already" });
			}
		});
		return { accepted, issues };
	}

	/** What was said under an id before, of an alert that is over since, does not make it fire again. */
	#isLateCopy({ id }: PostedAlert, key: string, nowMs: number): boolean {
		if (id === undefined || !this.ledger.events.isKnown(id)) return false;
		const kept = this.dispatcher.alerts.get(key);
		return kept === undefined || isResolved(kept, nowMs);
	}

	/** Says what is due. True: there is more. */
	tell(nowMs: number): { readonly log: readonly LogEntry[]; readonly more: boolean } {
		this.mutes.expire(nowMs);
		if (this.mutes.changed || this.mutes.changedByTime) {
			// What ends at the moment of a tick has ended for it; what somebody does then counts from the next one on.
			this.dispatcher.groups.wakeAll(nowMs, this.mutes.changedByTime);
			this.mutes.changed = false;
			this.mutes.changedByTime = false;
		}
		let told: Told = { opened: [], log: [] };
		this.#transact(() => {
			this.#remindOfSilences(nowMs);
			told = tellDue(this.#parts(), nowMs, LOOKS_PER_RUN_MAX);
		});
		this.ledger.put(told.opened);
		return { log: told.log, more: (this.dispatcher.groups.looks.nextMs ?? Number.POSITIVE_INFINITY) <= nowMs };
	}

	/** A delivery died: that is an alert of its own, unless it is about just that. */
	mourn({ delivery, error }: Dead, nowMs: number): void {
		const message = this.ledger.load(delivery.id)?.message;
		const report = message === undefined ? null : deadLetterReport(delivery.target, message, error, nowMs);
		if (report === null) return;
		this.#transact(() => this.dispatcher.report(report, nowMs));
	}

	/** Takes on a group, or gives it back; false: there is no such group that fires. */
	acknowledge(groupKey: string, by: string, comment: string, nowMs: number): boolean {
		const group = this.dispatcher.groups.byKey(groupKey);
		if (group === null || group.members.size === 0) return false;
		const acknowledged = by === "" ? null : { by, comment, atMs: nowMs, firing: new Set(group.members) };
		this.#transact(() => this.dispatcher.groups.saveLook(group, { ...group.row, acknowledged }, []));
		this.dispatcher.groups.wakeNext(group, nowMs);
		return true;
	}

	/** Whatever is stored now is in force from now on. */
	reconfigure(nowMs: number): void {
		this.#transact(() => {
			this.configuration = configurationOf(this.files.list(), this.#variables);
			this.mutes.configure(this.configuration.routing);
			this.dispatcher.showAll();
			this.dispatcher.reroute(this.configuration.routing, nowMs);
		});
	}

	/** Messages to all integrations of a receiver, whatever its routes; answers their ids. */
	send(message: Message, nowMs: number): readonly string[] {
		const integrations = this.configuration.routing.receivers.find(
			({ name }) => name === message.receiver,
		)?.integrations;
		const outgoing = (integrations ?? []).map(({ channel }, index) => ({
			target: `${message.receiver}/${index}`,
			channel,
			message,
		}));
		let opened: readonly Open[] = [];
		this.#transact(() => {
			opened = this.ledger.add(outgoing, nowMs);
		});
		this.ledger.put(opened);
		return opened.map(({ seq }) => this.ledger.idOf(seq));
	}

	/** When something has to be done next without being asked; null: never. */
	nextMs(nowMs: number): number | null {
		const times = [
			this.dispatcher.groups.looks.nextMs,
			this.ledger.lanes.nextMs(nowMs),
			this.mutes.silencesChangeMs(nowMs),
			this.mutes.nextEndMs,
			this.silences.nextReminderMs(nowMs),
		].filter((ms) => ms !== null);
		return times.length === 0 ? null : Math.min(...times);
	}

	/** Forgets what is over, now and then: a delete is billed as a write. */
	sweep(nowMs: number): void {
		this.ledger.sweep(nowMs);
		if (nowMs - this.#sweptMs < NOTIFIER_SWEEP_EVERY_MS) return;
		this.#sweptMs = nowMs;
		this.#transact(() => {
			this.silences.sweep(nowMs);
			this.dispatcher.groups.sweep(nowMs);
		});
	}

	/** A silence began or ended since `sinceMs`: everybody may have to speak, or to fall silent. */
	noteSilences(sinceMs: number, nowMs: number): void {
		const changesMs = this.mutes.silencesChangeMs(sinceMs);
		if (changesMs !== null && changesMs <= nowMs) this.mutes.changedByTime = true;
	}

	/** One transaction, with what it heard of alerts that were only said again. */
	#transact(moves: () => void): void {
		this.#storage.transactionSync(() => {
			moves();
			this.dispatcher.heard.save();
		});
	}

	#tell(group: Parameters<typeof tellGroup>[1], nowMs: number): Told {
		return tellGroup(this.#parts(), group, nowMs);
	}

	#parts(): Parameters<typeof tellDue>[0] {
		const { dispatcher, ledger, mutes } = this;
		return {
			dispatcher,
			ledger,
			mutes,
			routing: this.configuration.routing,
			externalUrl: configOf(this.#variables as unknown as Env).externalUrl,
		};
	}

	/** Ends a silence now, and with it the reminder that it would end. */
	expireSilence(id: string, nowMs: number): Result<null, Failure> {
		const silence = this.mutes.silences.get(id);
		let ended: Result<null, Failure> = ok(null);
		this.#transact(() => {
			ended = this.silences.expire(id, nowMs);
			if (!ended.ok || silence === undefined) return;
			const report = silenceEndReport({ ...silence, endsAtMs: nowMs }, nowMs);
			if (this.dispatcher.alerts.has(report.key)) this.dispatcher.report(report, nowMs);
		});
		return ended;
	}

	#remindOfSilences(nowMs: number): void {
		for (const silence of this.silences.nearEnd(nowMs)) {
			const report = silenceEndReport(silence, nowMs);
			if (!this.dispatcher.alerts.has(report.key)) this.dispatcher.report(report, nowMs);
		}
	}

	#channelOf(target: string): Channel | null {
		return integrationOf(this.configuration.routing, target)?.channel ?? null;
	}
}

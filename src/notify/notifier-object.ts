import { nowMs } from "../lib/clock.ts";
import { err, ok, type Result } from "../lib/result.ts";
import type { AlertEvent } from "../model/alert.ts";
import type { Failure } from "../model/errors.ts";
import { DELIVERIES_PER_LIST_MAX } from "../model/limits.ts";
import type { Message } from "../model/message.ts";
import type {
	Claim,
	Delivery,
	DeliveryMessage,
	DeliveryOutcome,
	DeliverySettlement,
	DeliveryState,
	IntegrationSource,
	LogEntry,
	NotifierApi,
	ReceiverHealth,
} from "../model/notification.ts";
import { AlertingObject } from "./alerting-object.ts";
import { sourceOf } from "./configuration.ts";
import { receiverHealth } from "./receiver-health.ts";

export class NotifierObject extends AlertingObject implements NotifierApi {
	/** Twice is harmless: an event is known by its id. What is beyond a bound is not in the answer, and comes again. */
	async accept(events: readonly AlertEvent[]): Promise<Result<readonly string[], Failure>> {
		const now = nowMs();
		const { owned, log } = this.core.move((notifier) => notifier.accept(events, now));
		this.core.log(log);
		this.core.arm(now);
		if (owned.length > 0 || events.length === 0) return ok(owned);
		return err({ code: "overloaded", reason: "too much waits to be told already", retryAfterS: 60 });
	}

	/** Twice is harmless: the second is refused, and the delivery is handed out again if the first came to nothing. */
	async claims(handOuts: readonly DeliveryMessage[]): Promise<readonly (Claim | null)[]> {
		const now = nowMs();
		const { ledger, configuration } = this.core.notifier;
		return handOuts.map(({ deliveryId, attempt }) => {
			const claimed = ledger.claim(deliveryId, attempt, now);
			return claimed === null ? null : { ...claimed, version: configuration.version };
		});
	}

	async integration(target: string): Promise<IntegrationSource | null> {
		return sourceOf(this.core.notifier.configuration, target);
	}

	/**
	 * Twice is harmless: after the first the delivery has moved on, and the second is of an earlier hand-out. Broken off in
	 * between, those before have moved, and all come again.
	 */
	async outcomes(outcomes: readonly DeliveryOutcome[]): Promise<readonly (DeliverySettlement | null)[]> {
		const now = nowMs();
		const settlements = outcomes.map((outcome) => {
			const { settlement, dead } = this.core.notifier.ledger.settle(outcome, now, Math.random());
			if (dead !== null) this.core.mourn(dead, now);
			return settlement;
		});
		this.core.arm(now);
		return settlements;
	}

	async keepLog(entries: readonly LogEntry[]): Promise<void> {
		this.core.logBook.keep(entries);
	}

	/** Twice or late is harmless: whatever is due leaves, and what is on its way does not leave again. */
	async tick(): Promise<void> {
		await this.core.run(nowMs());
		this.ctx.waitUntil(this.core.logBook.fill());
	}

	/** As `tick`. */
	override async alarm(): Promise<void> {
		this.core.fired();
		await this.core.run(nowMs());
	}

	async receivers(): Promise<readonly ReceiverHealth[]> {
		const { receivers, lanes } = this.core.notifier.ledger;
		return receiverHealth(this.core.notifier.configuration, this.env, {
			rows: receivers.receivers(),
			open: lanes.byTarget(),
			dead: receivers.deadByReceiver(),
			errors: receivers.openErrors(),
		});
	}

	async deliveries(state: DeliveryState | null, limit: number): Promise<readonly Delivery[]> {
		const bounded = Math.min(Math.max(1, Math.floor(limit) || 1), DELIVERIES_PER_LIST_MAX);
		return this.core.notifier.ledger.storage.list(state, bounded);
	}

	async delivery(deliveryId: string): Promise<{ readonly delivery: Delivery; readonly message: Message } | null> {
		return this.core.notifier.ledger.load(deliveryId);
	}

	/** Twice is harmless: the second finds no dead delivery. It has its day anew, but not its hand-outs. */
	async replay(deliveryId: string): Promise<Result<null, Failure>> {
		const now = nowMs();
		const found = this.core.notifier.ledger.replay(deliveryId, now);
		if (found === null) return err({ code: "not_found", what: "delivery" });
		if (found !== "dead") return err({ code: "conflict", reason: `the delivery is ${found}, not dead` });
		this.core.arm(now);
		return ok(null);
	}
}

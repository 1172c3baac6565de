/** Groups with more alerts than a message shows, and than are read at a time: nothing is miscounted at the seams. */
import { runInDurableObject } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { describe, expect, it } from "vitest";
import type { PostedAlert } from "../../src/model/alerting-rpc.ts";
import {
	BODIES_PER_READ,
	HOUR_MS,
	MESSAGE_ALERTS_MAX,
	MINUTE_MS,
	MUTED_LOGGED_PER_LOOK_MAX,
} from "../../src/model/limits.ts";
import type { Message } from "../../src/model/message.ts";
import { NotifierDriver } from "./notifier-driver.ts";

const START_MS = Date.UTC(2026, 0, 1);
const COUNT = 2 * MESSAGE_ALERTS_MAX + BODIES_PER_READ + 1;

const alerts = (from: number, to: number, change: Partial<PostedAlert> = {}): PostedAlert[] =>
	Array.from({ length: to - from }, (_, i) => ({
		// The last to come is the first to stand in a message.
		labels: { alertname: "Many", job: "api", instance: String(90_000 - from - i), parity: String((from + i) % 2) },
		annotations: { summary: "too slow", number: String(from + i) },
		startsAtMs: START_MS,
		endsAtMs: START_MS + 10 * HOUR_MS,
		generatorUrl: "",
		...change,
	}));

async function inNotifier(name: string, use: (driver: NotifierDriver) => void): Promise<void> {
	await runInDurableObject(env.NOTIFIER.getByName(`large-${name}`), (_, { storage }) => {
		const driver = new NotifierDriver(storage, START_MS);
		const hook = { name: "ops", webhook_configs: [{ url: "https://example.com/x", send_resolved: true }] };
		const route = { receiver: "ops", group_wait: "30s", group_interval: "5m", repeat_interval: "4h" };
		driver.configure(JSON.stringify({ route, receivers: [hook] }));
		use(driver);
	});
}

function lastMessage({ notifier }: NotifierDriver): Message {
	const newest = notifier.ledger.storage.list(null, 1)[0];
	const whole = notifier.ledger.load(newest?.id ?? "");
	if (whole === null) throw new Error("nothing was said");
	return whole.message;
}

describe("a group of more alerts than one message shows", () => {
	it("shows the first in order, counts the rest, and has in common what all of them have", async () => {
		await inNotifier("counted", (driver) => {
			driver.post(...alerts(0, COUNT));
			driver.advance(MINUTE_MS);
			const first = lastMessage(driver);
			expect([first.alerts.length, first.truncatedAlerts]).toEqual([MESSAGE_ALERTS_MAX, COUNT - MESSAGE_ALERTS_MAX]);
			const instances = first.alerts.map(({ labels }) => labels["instance"]);
			expect(instances).toEqual(Array.from({ length: MESSAGE_ALERTS_MAX }, (_, i) => String(90_000 - (COUNT - 1) + i)));
			expect(first.commonLabels).toEqual({ alertname: "Many", job: "api" });
			expect(first.commonAnnotations).toEqual({ summary: "too slow" });
			// Built anew from its tables it knows whom it told of what: nothing is said again.
			driver.evict();
			driver.take();
			driver.advance(HOUR_MS);
			expect(driver.take()).toEqual([]);
			driver.post(...alerts(0, COUNT, { startsAtMs: START_MS, endsAtMs: driver.nowMs }));
			driver.advance(6 * MINUTE_MS);
			expect(lastMessage(driver)).toMatchObject({ status: "resolved", truncatedAlerts: COUNT - MESSAGE_ALERTS_MAX });
			expect(driver.notifier.dispatcher.alerts.size).toBe(0);
		});
	});

	it("that somebody took on stays quiet, also after its rows were read again", async () => {
		await inNotifier("taken-on", (driver) => {
			driver.post(...alerts(0, COUNT));
			driver.advance(MINUTE_MS);
			driver.take();
			const [group] = driver.notifier.dispatcher.groups.byId.values();
			expect(driver.acknowledge(group?.row.key ?? "", "ann")).toBe(true);
			driver.evict();
			driver.advance(5 * HOUR_MS);
			// Every group is looked at again; a repeat would be due.
			const matchers = [{ name: "alertname", op: "=", value: "Another" }] as const;
			driver.silence({ matchers, endsAtMs: driver.nowMs + HOUR_MS });
			driver.advance(4 * HOUR_MS);
			expect(driver.take()).toEqual([]);
			driver.post(...alerts(COUNT, COUNT + 1));
			driver.advance(10 * MINUTE_MS);
			expect(lastMessage(driver)).toMatchObject({ status: "firing", truncatedAlerts: COUNT + 1 - MESSAGE_ALERTS_MAX });
		});
	});

	it("tells of those that a silence leaves, and notes the muted ones in portions", async () => {
		await inNotifier("muted", (driver) => {
			driver.silence({
				matchers: [{ name: "parity", op: "=", value: "0" }],
				endsAtMs: START_MS + 9 * HOUR_MS,
			});
			driver.notifier.post(alerts(0, COUNT), driver.nowMs);
			driver.nowMs += MINUTE_MS;
			const noted: string[] = [];
			for (let look = 0; look < 3; look++) {
				const { log } = driver.notifier.tell(driver.nowMs);
				const muted = log.flatMap((entry) => (entry.kind === "muted" ? entry.fingerprint : []));
				expect(muted.length).toBeLessThanOrEqual(MUTED_LOGGED_PER_LOOK_MAX);
				noted.push(...muted);
				driver.nowMs += 5 * MINUTE_MS;
				driver.notifier.mutes.changed = true;
			}
			const even = Math.ceil(COUNT / 2);
			expect([noted.length, new Set(noted).size]).toEqual([even, even]);
			const said = lastMessage(driver);
			expect(said.alerts.length + said.truncatedAlerts).toBe(COUNT - even);
			expect(said.commonLabels).toMatchObject({ parity: "1" });
		});
	});
});

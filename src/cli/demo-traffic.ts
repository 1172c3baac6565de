/** The demo's load on the example application: a few requests a second, for as long as it is told to go on. */

export type Traffic = {
	readonly sent: () => number;
	readonly failed: () => number;
	/** Makes the example slow, faulty, or its queue stand still; what is left out is harmless again. */
	behave(behaviour: {
		readonly latencyMs?: number;
		readonly errorRate?: number;
		readonly queuePaused?: boolean;
	}): Promise<void>;
	stop(): void;
};

/** Time between two requests. */
const EVERY_MS = 150;

/** Sends notifications to the example at `url` until it is stopped. */
export function startTraffic(url: string): Traffic {
	let sent = 0;
	let failed = 0;
	const timer = setInterval(() => {
		const n = sent++;
		const body = JSON.stringify({ userId: `user-${n % 20}`, channel: n % 3 === 0 ? "sms" : "email" });
		fetch(`${url}/api/send-notification`, { method: "POST", headers: { "content-type": "application/json" }, body })
			.then(async (reply) => {
				await reply.arrayBuffer();
				if (!reply.ok) failed++;
			})
			.catch(() => failed++);
	}, EVERY_MS);
	return {
		sent: () => sent,
		failed: () => failed,
		behave: async (behaviour) => {
			const reply = await fetch(`${url}/demo/behaviour`, {
				method: "POST",
				headers: { "content-type": "application/json" },
				body: JSON.stringify(behaviour),
			});
			await reply.arrayBuffer();
		},
		stop: () => clearInterval(timer),
	};
}

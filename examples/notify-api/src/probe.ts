/** Each minute: asks what this API depends on, and records whether it answered and how long that took. */
import { monitorOf } from "./monitor.ts";

/** What has not answered by then counts as down. */
const PROBE_MS_MAX = 5_000;

/** Past the measured wrappers: these calls are about the services, and belong in no figure of the application's own use. */
const PROBES: Readonly<Record<string, (env: NotifyEnv) => Promise<unknown>>> = {
	database: async (env) => env.DB.prepare("SELECT 1").run(),
	cache: async (env) => env.CONFIG_CACHE.get("probe"),
};

/** Records `probe.success` (1 or 0) and `probe.duration` (ms) of each service; label probe. */
export async function probeAll(env: NotifyEnv): Promise<void> {
	await Promise.all(Object.entries(PROBES).map(([probe, ask]) => probeOne(env, probe, ask)));
}

async function probeOne(env: NotifyEnv, probe: string, ask: (env: NotifyEnv) => Promise<unknown>): Promise<void> {
	const startMs = Date.now();
	const isUp = await answersInTime(ask(env));
	monitorOf(env).gauge("probe.success", isUp ? 1 : 0, { probe });
	monitorOf(env).record("probe.duration", Date.now() - startMs, { probe }, { unit: "ms" });
}

async function answersInTime(answer: Promise<unknown>): Promise<boolean> {
	let timer: ReturnType<typeof setTimeout> | undefined;
	const late = new Promise<false>((resolve) => {
		timer = setTimeout(() => resolve(false), PROBE_MS_MAX);
	});
	const isUp = await Promise.race([
		answer.then(
			() => true,
			() => false,
		),
		late,
	]);
	clearTimeout(timer);
	return isUp;
}

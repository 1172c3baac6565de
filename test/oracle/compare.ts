/** Holds what two senders said against each other, hook by hook and group by group. Pure. */
import type { Got, Payload } from "./hooks.ts";

export type Difference = { readonly what: string };

/** What the clocks of two processes and their ways may differ. */
export const TOLERANCE_MS = 1_000;

/** The differences between two sequences of one scenario; none: they are alike. `exactMs`: times that the stream itself gave. */
export function differences(
	theirs: readonly Got[],
	ours: readonly Got[],
	exactMs: ReadonlySet<number>,
	startMs: number,
): string[] {
	const found: string[] = [];
	const lanes = new Set([...theirs, ...ours].map(laneOf));
	for (const lane of lanes) {
		const [wanted, got] = [theirs, ours].map((all) => all.filter((one) => laneOf(one) === lane)) as [Got[], Got[]];
		if (wanted.length !== got.length) {
			found.push(`${lane}: ${told(got, startMs)} instead of ${told(wanted, startMs)}`);
			continue;
		}
		for (const [at, one] of wanted.entries()) {
			const other = got[at] as Got;
			const place = `${lane}, message ${at + 1}`;
			for (const what of inPayload(one.payload, other.payload, exactMs)) found.push(`${place}: ${what}`);
			const offMs = other.atMs - one.atMs;
			if (Math.abs(offMs) > TOLERANCE_MS) found.push(`${place}: told ${signed(offMs)} ms from Alertmanager`);
		}
	}
	return found;
}

/** The largest distance in time between two messages that belong together. */
export function largestOffMs(theirs: readonly Got[], ours: readonly Got[]): number {
	let largest = 0;
	for (const lane of new Set(theirs.map(laneOf))) {
		const [wanted, got] = [theirs, ours].map((all) => all.filter((one) => laneOf(one) === lane)) as [Got[], Got[]];
		for (const [at, one] of wanted.entries()) {
			const other = got[at];
			if (other !== undefined) largest = Math.max(largest, Math.abs(other.atMs - one.atMs));
		}
	}
	return largest;
}

function laneOf({ hook, payload }: Got): string {
	return `${hook} ${payload.groupKey}`;
}

/** `[1.0 s firing A{i=1}, 4.0 s ...]`. */
function told(all: readonly Got[], startMs: number): string {
	const one = ({ atMs, payload }: Got): string => {
		const members = payload.alerts.map(({ status, labels }) => `${status === "firing" ? "+" : "-"}${nameOf(labels)}`);
		return `${((atMs - startMs) / 1000).toFixed(1)} s ${payload.status} ${members.join(" ")}`;
	};
	return `[${all.map(one).join(", ")}]`;
}

function nameOf({ alertname, scenario: _, ...rest }: Readonly<Record<string, string>>): string {
	return `${alertname}${Object.keys(rest).length === 0 ? "" : JSON.stringify(rest)}`;
}

function inPayload(theirs: Payload, ours: Payload, exactMs: ReadonlySet<number>): string[] {
	const found: string[] = [];
	const same = (what: string, a: unknown, b: unknown): void => {
		const [textA, textB] = [sortedJson(a), sortedJson(b)];
		if (textA !== textB) found.push(`${what} ${textB} instead of ${textA}`);
	};
	for (const field of ["version", "groupKey", "truncatedAlerts", "status", "receiver", "externalURL"] as const) {
		same(field, theirs[field], ours[field]);
	}
	for (const field of ["groupLabels", "commonLabels", "commonAnnotations"] as const)
		same(field, theirs[field], ours[field]);
	const members = (payload: Payload) => payload.alerts.map(({ status, labels }) => `${status} ${sortedJson(labels)}`);
	const [listA, listB] = [members(theirs), members(ours)];
	if ([...listA].sort().join() !== [...listB].sort().join()) {
		found.push(`alerts ${listB.join(" | ")} instead of ${listA.join(" | ")}`);
		return found;
	}
	if (listA.join() !== listB.join()) {
		found.push(`order ${listB.join(" | ")} instead of ${listA.join(" | ")}`);
		return found;
	}
	for (const [at, a] of theirs.alerts.entries()) {
		const b = ours.alerts[at] as (typeof ours.alerts)[number];
		same(`alert ${at}: annotations`, a.annotations, b.annotations);
		same(`alert ${at}: fingerprint`, a.fingerprint, b.fingerprint);
		same(`alert ${at}: generatorURL`, a.generatorURL, b.generatorURL);
		for (const field of ["startsAt", "endsAt"] as const) {
			const [msA, msB] = [Date.parse(a[field]), Date.parse(b[field])];
			const allowed = exactMs.has(msA) || exactMs.has(msB) ? 0 : TOLERANCE_MS;
			if (!(Math.abs(msA - msB) <= allowed)) found.push(`alert ${at}: ${field} ${b[field]} instead of ${a[field]}`);
		}
	}
	return found;
}

function sortedJson(value: unknown): string {
	return JSON.stringify(value, (_, inner: unknown) =>
		typeof inner === "object" && inner !== null && !Array.isArray(inner)
			? Object.fromEntries(Object.entries(inner).sort(([a], [b]) => (a < b ? -1 : 1)))
			: inner,
	);
}

function signed(ms: number): string {
	return ms > 0 ? `+${ms}` : String(ms);
}

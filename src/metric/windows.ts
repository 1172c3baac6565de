/**
 * The windows that one object keeps, within one budget of memory for the whole isolate: objects of a class share its
 * 128 MB. A window that was not read for long, or for which there is no room, is dropped and rebuilt from storage when
 * it is asked for again; nothing is lost with it.
 */
import { DAY_MS, HOUR_MS, MINUTE_MS, WINDOW_IDLE_MS, WINDOW_MEMORY_BYTES_MAX } from "../model/limits.ts";
import { absorb } from "./cell.ts";
import type { Scope, Timeline } from "./timeline.ts";
import { Window, windowStartMs } from "./window.ts";

/** Lengths that are worth keeping; any other is computed from the slots and forgotten. */
const KEPT_MS: readonly number[] = [
	MINUTE_MS,
	5 * MINUTE_MS,
	15 * MINUTE_MS,
	HOUR_MS,
	6 * HOUR_MS,
	DAY_MS,
	7 * DAY_MS,
	30 * DAY_MS,
];

/** Everything since birth, for cumulative views. */
export const SINCE_BIRTH = Number.POSITIVE_INFINITY;

type Use = { readonly owner: Windows; readonly key: string; bytes: number; usedMs: number };

/** All windows of the isolate, the one that was read longest ago first. */
const memory = new Map<Window, Use>();
let memoryBytes = 0;

/** Bytes that the kept windows of this isolate hold, about. */
export function windowMemoryBytes(): number {
	return memoryBytes;
}

export class Windows {
	readonly #kept = new Map<string, Window>();
	readonly #timeline: Timeline;

	constructor(timeline: Timeline) {
		this.#timeline = timeline;
	}

	/** The window of this length that ends now, its minima and maxima in order. */
	get(scope: Scope, windowMs: number, nowMs: number, birth: (window: Window) => void): Window {
		const startMs = windowMs === SINCE_BIRTH ? 0 : windowStartMs(windowMs, nowMs);
		if (windowMs !== SINCE_BIRTH && !KEPT_MS.includes(windowMs)) {
			return new Window(this.#timeline, scope, startMs, nowMs);
		}
		const key = `${scope} ${windowMs}`;
		const window = this.#fresh(key, scope, windowMs, startMs, nowMs, birth);
		window.settle(nowMs);
		this.#use(window, key, nowMs);
		return window;
	}

	/** Tells every kept window what was just recorded. */
	add(seriesId: number, values: Float64Array, timesMs: Float64Array | null, nowMs: number): void {
		for (const window of this.#kept.values()) window.add(seriesId, values, timesMs, nowMs);
	}

	get bytes(): number {
		let bytes = 0;
		for (const window of this.#kept.values()) bytes += memory.get(window)?.bytes ?? 0;
		return bytes;
	}

	/** Counts what the windows have grown by since they were read, and drops what is idle or has no room. */
	trim(nowMs: number): void {
		for (const window of this.#kept.values()) {
			const use = memory.get(window);
			if (use === undefined) continue;
			memoryBytes += window.bytes - use.bytes;
			use.bytes = window.bytes;
		}
		makeRoom(nowMs, null);
	}

	clear(): void {
		for (const [key, window] of this.#kept) {
			this.#kept.delete(key);
			release(window);
		}
	}

	drop(key: string): void {
		this.#kept.delete(key);
	}

	#fresh(
		key: string,
		scope: Scope,
		windowMs: number,
		startMs: number,
		nowMs: number,
		birth: (window: Window) => void,
	): Window {
		const kept = this.#kept.get(key);
		// Half a window further on, subtracting costs as much as building anew; and the slots that an idle window has to
		// leave may be gone, or be there in wider ones only.
		const usedMs = kept === undefined ? undefined : memory.get(kept)?.usedMs;
		const isNear = startMs - (kept?.fromMs ?? 0) < windowMs / 2 && nowMs - (usedMs ?? 0) <= WINDOW_IDLE_MS;
		if (kept !== undefined && (windowMs === SINCE_BIRTH || isNear)) {
			if (windowMs !== SINCE_BIRTH) kept.advance(startMs, nowMs);
			return kept;
		}
		if (kept !== undefined) release(kept);
		const window =
			windowMs === SINCE_BIRTH
				? this.#sinceBirth(scope, nowMs, birth)
				: new Window(this.#timeline, scope, startMs, nowMs);
		this.#kept.set(key, window);
		return window;
	}

	/** What is later than the base, what came late and is not in it yet, and the base. */
	#sinceBirth(scope: Scope, nowMs: number, birth: (window: Window) => void): Window {
		const baseEndMs = (this.#timeline.closedHour + 1) * HOUR_MS;
		const window = new Window(this.#timeline, scope, baseEndMs, nowMs);
		this.#timeline.visitOpen(scope, 0, baseEndMs, (_start, _width, id, source) => {
			absorb(window.cellOf(id), source);
			return true;
		});
		birth(window);
		window.fromMs = 0;
		return window;
	}

	#use(window: Window, key: string, nowMs: number): void {
		release(window);
		const use = { owner: this, key, bytes: window.bytes, usedMs: nowMs };
		memory.set(window, use);
		memoryBytes += use.bytes;
		makeRoom(nowMs, window);
	}
}

/** Drops the windows that were not read for long, and as many more as it takes; never `spared`. */
function makeRoom(nowMs: number, spared: Window | null): void {
	for (const [old, { owner, key, usedMs }] of memory) {
		const isIdle = usedMs < nowMs - WINDOW_IDLE_MS;
		if (old === spared || (memoryBytes <= WINDOW_MEMORY_BYTES_MAX && !isIdle)) break;
		release(old);
		owner.drop(key);
	}
}

function release(window: Window): void {
	const use = memory.get(window);
	if (use === undefined) return;
	memory.delete(window);
	memoryBytes -= use.bytes;
}

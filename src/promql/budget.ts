/** What one evaluation may cost: samples visited, points held, time. The words at a bound are Prometheus'. */
import { CLOCK_EVERY_SAMPLES, POINTS_HELD_MAX, SAMPLES_PER_QUERY_MAX, SAMPLES_VISITED_MAX } from "../model/limits.ts";
import { executionFailure, type QueryFailure } from "./failure.ts";

/** When an evaluation has to be over, by whose clock. Both in Unix milliseconds. */
export type Deadline = { readonly atMs: number; readonly now: () => number };

/** Counters of one evaluation. Every node asks before it allocates or scans. */
export class Budget {
	readonly #deadline: Deadline | null;
	#loaded = 0;
	#visited = 0;
	#held = 0;
	#sinceClock = 0;
	#late = false;

	constructor(deadline: Deadline | null = null) {
		this.#deadline = deadline;
	}

	/** Whether so many more samples may be loaded. */
	load(samples: number): boolean {
		this.#loaded += samples;
		return this.#loaded <= SAMPLES_PER_QUERY_MAX && this.visit(samples);
	}

	/** Whether so many more samples may be visited, and there is time. The clock is read once in a while. */
	visit(samples: number): boolean {
		this.#visited += samples;
		this.#sinceClock += samples + 1;
		if (this.#sinceClock >= CLOCK_EVERY_SAMPLES && !this.inTime()) return false;
		return !this.#late && this.#visited <= SAMPLES_VISITED_MAX;
	}

	/** Whether so many more points may be held at the same time. */
	hold(points: number): boolean {
		this.#held += points;
		return this.#held <= POINTS_HELD_MAX;
	}

	/** Points that are no longer needed. */
	release(points: number): void {
		this.#held -= points;
	}

	/** Whether the deadline, if there is one, has not come yet. */
	inTime(): boolean {
		this.#sinceClock = 0;
		this.#late ||= this.#deadline !== null && this.#deadline.now() >= this.#deadline.atMs;
		return !this.#late;
	}

	/** Samples visited so far. */
	get visited(): number {
		return this.#visited;
	}

	/** Why the budget said no. */
	failure(): QueryFailure {
		if (this.#late) return { code: "timeout", reason: "query timed out in expression evaluation" };
		return tooManySamples();
	}
}

/** The failure of what is too large. */
export function tooManySamples(): QueryFailure {
	return executionFailure("query processing would load too many samples into memory in query execution");
}

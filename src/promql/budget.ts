/** What one evaluation may cost. Counts samples visited and points held; the words at a bound are Prometheus'. */
import { POINTS_HELD_MAX, SAMPLES_PER_QUERY_MAX } from "../model/limits.ts";
import { executionFailure, type QueryFailure } from "./failure.ts";

/** Counters of one evaluation. Every node asks before it allocates or scans. */
export class Budget {
	#visited = 0;
	#held = 0;

	/** Whether so many more samples may be visited. */
	visit(samples: number): boolean {
		this.#visited += samples;
		return this.#visited <= SAMPLES_PER_QUERY_MAX;
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
}

/** The failure at either bound. */
export function tooManySamples(): QueryFailure {
	return executionFailure("query processing would load too many samples into memory in query execution");
}

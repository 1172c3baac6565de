/** Time and chance as the client uses them, so that a test can bring its own. Reads nothing else of the run time. */

export type Clock = {
	/** Unix milliseconds. In production it stands still between I/O: a timer around pure CPU reads 0. */
	nowMs(): number;
	sleep(ms: number): Promise<void>;
	/** Uniform in [0, 1). */
	random(): number;
	randomBytes(count: number): Uint8Array;
};

/** The clock of the machine. Sleeping and random bytes are allowed inside a request only, not in a Worker's global scope. */
export const SYSTEM_CLOCK: Clock = {
	nowMs: () => Date.now(),
	sleep: (ms) => new Promise((resolve) => setTimeout(resolve, ms)),
	random: () => Math.random(),
	randomBytes: (count) => crypto.getRandomValues(new Uint8Array(count)),
};

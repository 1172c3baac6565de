/**
 * Many small questions to one who is dear to ask: those that come in one turn, or while the last call is on its way, go
 * together in the next call. Nobody waits for company. It knows nothing of what is asked.
 */

type Waiting<I, O> = {
	readonly item: I;
	readonly settle: (answer: O) => void;
	readonly fail: (error: unknown) => void;
};

export class Gathering<I, O> {
	readonly #call: (items: readonly I[]) => Promise<readonly O[]>;
	#waiting: Waiting<I, O>[] = [];
	#isCalling = false;

	/** `call` answers in the order of its items; what it throws is thrown to all who asked. */
	constructor(call: (items: readonly I[]) => Promise<readonly O[]>) {
		this.#call = call;
	}

	ask(item: I): Promise<O> {
		const { promise, resolve, reject } = Promise.withResolvers<O>();
		this.#waiting.push({ item, settle: resolve, fail: reject });
		if (!this.#isCalling) {
			this.#isCalling = true;
			queueMicrotask(() => void this.#run());
		}
		return promise;
	}

	async #run(): Promise<void> {
		while (this.#waiting.length > 0) {
			const asked = this.#waiting;
			this.#waiting = [];
			try {
				const answers = await this.#call(asked.map(({ item }) => item));
				for (const [at, { settle }] of asked.entries()) settle(answers[at] as O);
			} catch (error) {
				for (const { fail } of asked) fail(error);
			}
		}
		this.#isCalling = false;
	}
}

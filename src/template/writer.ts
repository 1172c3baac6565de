/** Text that is put together up to a bound. What does not fit is left out, never a half of a character; `isFull` says so. */
export class Writer {
	readonly #charsMax: number;
	#text = "";
	#isFull = false;

	/** `charsMax` in UTF-16 units. */
	constructor(charsMax: number) {
		this.#charsMax = charsMax;
	}

	get text(): string {
		return this.#text;
	}

	/** Something did not fit; nothing is added any longer. */
	get isFull(): boolean {
		return this.#isFull;
	}

	add(text: string): void {
		if (this.#isFull) return;
		const place = this.#charsMax - this.#text.length;
		if (text.length <= place) {
			this.#text += text;
			return;
		}
		this.#isFull = true;
		this.#text += cut(text, place);
	}
}

/** At most so many characters of a text, cut between characters. */
export function cut(text: string, charsMax: number): string {
	const code = text.charCodeAt(charsMax - 1);
	return text.slice(0, code >= 0xd800 && code <= 0xdbff ? charsMax - 1 : charsMax);
}

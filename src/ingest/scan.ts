/**
 * The fast way through `POST /api/v1/record`: reads the usual documents straight into columns, without an object for
 * each sample. It knows a subset of JSON and of what is valid; at anything else it answers null, and the slow way
 * (samples.ts) decides. So it may never accept what that refuses, nor read it differently.
 */
import { SAMPLE_MAGNITUDE_MAX, SAMPLES_PER_BATCH_MAX } from "../model/limits.ts";
import { Columns, type Intake } from "./columns.ts";
import { JsonBytes } from "./json-bytes.ts";
import { seriesPlaces, TIMESTAMP_MS_MAX } from "./samples.ts";
import { encode, HeaderScanner } from "./scan-header.ts";
import { Shapes } from "./seen.ts";

const OPEN_OBJECT = 0x7b;
const CLOSE_OBJECT = 0x7d;
const OPEN_ARRAY = 0x5b;
const CLOSE_ARRAY = 0x5d;
const COMMA = 0x2c;
const COLON = 0x3a;
const LETTER_T = 0x74;
const LETTER_V = 0x76;

const SAMPLES = encode('"samples"');
const SERIES = encode('"series"');
const VALUE = encode('"value"');
const VALUES = encode('"values"');
const TIMESTAMP = encode('"timestamp"');
const TIMESTAMPS = encode('"timestamps"');

/** The columns of a document, or null when it is not one of the usual ones (which says nothing about whether it is right). */
export function scanRecord(bytes: Uint8Array): Intake | null {
	return new Scanner(bytes).document();
}

class Scanner {
	readonly #json: JsonBytes;
	readonly #columns: Columns;
	readonly #header: HeaderScanner;
	/** For each column the shape of its first sample; for each shape its column, and whether its value stands before its time. */
	readonly #shapes: Shapes;
	readonly #shapeOf: number[] = [];
	readonly #shapeColumn: number[] = [];
	readonly #valueFirst: boolean[] = [];
	readonly #valueRoom = new Room();
	readonly #timeRoom = new Room();

	constructor(bytes: Uint8Array) {
		this.#json = new JsonBytes(bytes);
		// A sample among others takes about 100 bytes.
		this.#columns = new Columns(bytes.length >> 6);
		this.#header = new HeaderScanner(this.#json, this.#columns);
		this.#shapes = new Shapes(this.#json);
	}

	document(): Intake | null {
		this.#json.peek();
		const start = this.#json.pos;
		if (!this.#json.eat(OPEN_OBJECT)) return null;
		this.#json.peek();
		if (this.#json.eatWord(SAMPLES)) return this.#list(this.#samples);
		if (this.#json.eatWord(SERIES)) return this.#list(this.#series);
		this.#json.pos = start;
		if (!this.#newSample(0) || this.#json.peek() !== -1) return null;
		return this.#columns.build(() => "");
	}

	/** `: [...]}` and the end. */
	#list(elements: () => Intake | null): Intake | null {
		if (!this.#json.eat(COLON) || !this.#json.eat(OPEN_ARRAY)) return null;
		const intake = elements.call(this);
		return intake !== null && this.#json.eat(CLOSE_OBJECT) && this.#json.peek() === -1 ? intake : null;
	}

	#samples(): Intake | null {
		let ordinal = 0;
		do {
			this.#json.peek();
			if (ordinal === SAMPLES_PER_BATCH_MAX || !this.#sample(ordinal++)) return null;
		} while (this.#json.eat(COMMA));
		if (!this.#json.eat(CLOSE_ARRAY) || this.#columns.failure !== null) return null;
		return this.#columns.build((sample) => `samples[${sample}]`);
	}

	/** One sample from its opening to its closing brace. */
	#sample(ordinal: number): boolean {
		const shape = this.#shapes.guess();
		if (shape < 0) return this.#newSample(ordinal);
		const valueFirst = this.#valueFirst[shape] as boolean;
		const value = valueFirst ? this.#shapes.first : this.#shapes.second;
		const timestampMs = valueFirst ? this.#shapes.second : this.#shapes.first;
		if (!(Math.abs(value) <= SAMPLE_MAGNITUDE_MAX) || timestampMs < 0 || timestampMs > TIMESTAMP_MS_MAX) return false;
		this.#columns.add(this.#shapeColumn[shape] as number, value, timestampMs, ordinal);
		return true;
	}

	/** The same, member by member; what it looked like is remembered. */
	#newSample(ordinal: number): boolean {
		const json = this.#json;
		const start = json.pos;
		let value = Number.NaN;
		let timestampMs = Number.NaN;
		let valueAt = 0;
		let valueEnd = 0;
		let timeAt = 0;
		let timeEnd = 0;
		if (!json.eat(OPEN_OBJECT)) return false;
		this.#header.begin();
		do {
			json.peek();
			const initial = json.bytes[json.pos + 1];
			if (initial === LETTER_V && json.eatWord(VALUE)) {
				if (valueEnd > 0 || !json.eat(COLON)) return false;
				valueAt = json.pos;
				if (!json.eatNumber()) return false;
				valueEnd = json.pos;
				value = json.number;
			} else if (initial === LETTER_T && json.eatWord(TIMESTAMP)) {
				if (timeEnd > 0 || !json.eat(COLON)) return false;
				timeAt = json.pos;
				if (!json.eatNumber()) return false;
				timeEnd = json.pos;
				timestampMs = json.number;
				if (timestampMs < 0 || timestampMs > TIMESTAMP_MS_MAX) return false;
			} else if (!this.#header.member()) return false;
		} while (json.eat(COMMA));
		if (!json.eat(CLOSE_OBJECT) || !(Math.abs(value) <= SAMPLE_MAGNITUDE_MAX)) return false;
		const column = this.#header.column();
		if (column < 0) return false;
		this.#columns.add(column, value, timestampMs, ordinal);
		this.#remember(start, column, [valueAt, valueEnd], [timeAt, timeEnd]);
		return true;
	}

	/** What a sample from `start` to here looked like, so that the next one of its series need not be read in full. */
	#remember(start: number, column: number, value: readonly [number, number], time: readonly [number, number]): void {
		const known = this.#shapeOf[column];
		if (known !== undefined) {
			this.#shapes.follow(known);
			return;
		}
		const end = this.#json.pos;
		const timed = time[1] > 0;
		const valueFirst = !timed || value[0] < time[0];
		const [first, second] = valueFirst ? [value, timed ? time : [end, end]] : [time, value];
		const shape = this.#shapes.add([start, first[0], first[1], second[0] as number, second[1] as number, end]);
		this.#shapeOf[column] = shape;
		this.#shapeColumn[shape] = column;
		this.#valueFirst[shape] = valueFirst;
	}

	#series(): Intake | null {
		const starts: number[] = [];
		let ordinal = 0;
		// A value of a series takes about eight bytes of text.
		this.#columns.reserve(this.#json.bytes.length >> 3);
		do {
			if (!this.#json.eat(OPEN_OBJECT)) return null;
			starts.push(ordinal);
			const count = this.#oneSeries(ordinal);
			if (count < 0) return null;
			ordinal += count;
			if (ordinal > SAMPLES_PER_BATCH_MAX) return null;
		} while (this.#json.eat(COMMA));
		if (!this.#json.eat(CLOSE_ARRAY) || this.#columns.failure !== null) return null;
		return this.#columns.build(seriesPlaces(starts));
	}

	/** One series up to its closing brace. How many values it has, or -1. */
	#oneSeries(ordinal: number): number {
		const json = this.#json;
		let values: Float64Array | null = null;
		let times: Float64Array | null = null;
		this.#header.begin();
		do {
			json.peek();
			if (values === null && json.eatWord(VALUES)) {
				values = this.#numbers(this.#valueRoom, -SAMPLE_MAGNITUDE_MAX, SAMPLE_MAGNITUDE_MAX);
				if (values === null) return -1;
			} else if (times === null && json.eatWord(TIMESTAMPS)) {
				times = this.#numbers(this.#timeRoom, 0, TIMESTAMP_MS_MAX);
				if (times === null) return -1;
			} else if (!this.#header.member()) return -1;
		} while (json.eat(COMMA));
		if (!json.eat(CLOSE_OBJECT) || values === null) return -1;
		if (times !== null && times.length !== values.length) return -1;
		const column = this.#header.column();
		if (column < 0) return -1;
		this.#columns.addRun(column, values, times, ordinal);
		return values.length;
	}

	/** `: [1, 2, 3]`, all within the bounds: a view of `room`, valid until that is used again. */
	#numbers(room: Room, min: number, max: number): Float64Array | null {
		const json = this.#json;
		if (!json.eat(COLON) || !json.eat(OPEN_ARRAY)) return null;
		let numbers = room.numbers;
		let count = 0;
		do {
			if (!json.eatNumber() || !(json.number >= min && json.number <= max)) return null;
			if (count === SAMPLES_PER_BATCH_MAX) return null;
			if (count === numbers.length) numbers = room.grow();
			numbers[count++] = json.number;
		} while (json.eat(COMMA));
		return json.eat(CLOSE_ARRAY) ? numbers.subarray(0, count) : null;
	}
}

/** Numbers of one series at a time: one array for all of them. */
class Room {
	numbers: Float64Array = new Float64Array(64);

	grow(): Float64Array {
		const larger = new Float64Array(2 * this.numbers.length);
		larger.set(this.numbers);
		this.numbers = larger;
		return larger;
	}
}

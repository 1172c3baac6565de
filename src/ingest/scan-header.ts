/**
 * The members that samples and series have in common, read on the fast way: name, labels, kind, unit. Each name and label
 * set is read in full once; later it is found by its bytes. Answers false or -1 at whatever is not usual.
 */
import { type LabelsKey, parseLabels } from "../model/labels.ts";
import { LABELS_MEMO_CHARS_MAX, LABELS_MEMO_MAX } from "../model/limits.ts";
import { type MetricKind, recordedNameIssue, unitIssue } from "../model/metric.ts";
import type { Columns } from "./columns.ts";
import type { JsonBytes } from "./json-bytes.ts";
import { RECORDED_KINDS } from "./samples.ts";
import { Seen } from "./seen.ts";
import { checkJson } from "./strict-json.ts";

const OPEN_OBJECT = 0x7b;
const CLOSE_OBJECT = 0x7d;
const COLON = 0x3a;
const QUOTE = 0x22;
const NAME = encode('"name"');
const LABELS = encode('"labels"');
const KIND = encode('"kind"');
const UNIT = encode('"unit"');

export class HeaderScanner {
	readonly #json: JsonBytes;
	readonly #columns: Columns;
	readonly #seenNames: Seen;
	readonly #seenLabels: Seen;
	/** For each seen name its metric; for each seen label set its key, and the column it had with the metric and kind it came with last. */
	readonly #metrics: number[] = [];
	readonly #keys: LabelsKey[] = [];
	readonly #columnOf: number[] = [];
	readonly #columnMetric: number[] = [];
	readonly #columnKind: (MetricKind | null)[] = [];
	/** What the sample or series at hand says; -1 and null: nothing yet. */
	#metric = -1;
	#labels = -1;
	#kind: MetricKind | null = null;
	#unit: string | null = null;

	constructor(json: JsonBytes, columns: Columns) {
		this.#json = json;
		this.#columns = columns;
		this.#seenNames = new Seen(json);
		this.#seenLabels = new Seen(json);
	}

	/** A new sample or series begins. */
	begin(): void {
		this.#metric = -1;
		this.#labels = -1;
		this.#kind = null;
		this.#unit = null;
	}

	/** One member that samples and series have in common. A second one of the same name is not usual. */
	member(): boolean {
		const json = this.#json;
		if (json.eatWord(NAME)) {
			if (this.#metric >= 0 || !json.eat(COLON)) return false;
			this.#metric = this.#readName();
			return this.#metric >= 0;
		}
		if (json.eatWord(LABELS)) {
			if (this.#labels >= 0 || !json.eat(COLON)) return false;
			this.#labels = this.#readLabels();
			return this.#labels >= 0;
		}
		if (json.eatWord(KIND)) {
			if (this.#kind !== null || !json.eat(COLON)) return false;
			const text = this.#readText();
			this.#kind = RECORDED_KINDS.find((kind) => kind === text) ?? null;
			return this.#kind !== null;
		}
		if (!json.eatWord(UNIT) || this.#unit !== null || !json.eat(COLON)) return false;
		this.#unit = this.#readText();
		return this.#unit !== null && unitIssue(this.#unit) === null;
	}

	/** The column of what the header said, or -1. */
	column(): number {
		const metric = this.#metric;
		if (metric < 0) return -1;
		const kind = this.#kind;
		if (this.#unit !== null) this.#columns.note(metric, this.#unit, null);
		const labels = this.#labels;
		if (labels < 0) return this.#columns.column(metric, "[]", kind);
		if (this.#columnMetric[labels] !== metric || this.#columnKind[labels] !== kind) {
			this.#columnOf[labels] = this.#columns.column(metric, this.#keys[labels] as LabelsKey, kind);
			this.#columnMetric[labels] = metric;
			this.#columnKind[labels] = kind;
		}
		return this.#columnOf[labels] as number;
	}

	/** The index of a metric, or -1. */
	#readName(): number {
		const json = this.#json;
		json.peek();
		const again = this.#seenNames.again();
		if (again >= 0) return this.#metrics[again] as number;
		const start = json.pos;
		const end = json.textEnd();
		if (end < 0) return -1;
		json.pos = end;
		const seen = this.#seenNames.find(start, end);
		if (seen >= 0) return this.#metrics[seen] as number;
		const name = json.decode(start + 1, end - 1);
		if (name === null || recordedNameIssue(name) !== null) return -1;
		const metric = this.#columns.metric(name);
		this.#metrics[this.#seenNames.add(start, end)] = metric;
		return metric;
	}

	/** The index of a seen label set, or -1. It ends with the first brace outside of a text. */
	#readLabels(): number {
		const json = this.#json;
		if (json.peek() !== OPEN_OBJECT) return -1;
		const again = this.#seenLabels.again();
		if (again >= 0) return again;
		const start = json.pos;
		const bytes = json.bytes;
		let end = start + 1;
		for (let quoted = false; ; end++) {
			const code = bytes[end];
			if (code === undefined || code === 0x5c) return -1;
			if (code === QUOTE) quoted = !quoted;
			else if (code === CLOSE_OBJECT && !quoted) break;
		}
		end++;
		json.pos = end;
		const seen = this.#seenLabels.find(start, end);
		if (seen >= 0) return seen;
		const key = labelsKeyOf(json.decode(start, end));
		if (key === null) return -1;
		const index = this.#seenLabels.add(start, end);
		this.#keys[index] = key;
		this.#columnMetric[index] = -1;
		return index;
	}

	#readText(): string | null {
		const json = this.#json;
		json.peek();
		const start = json.pos;
		const end = json.textEnd();
		if (end < 0) return null;
		json.pos = end;
		return json.decode(start + 1, end - 1);
	}
}

/** Label sets that came before, whatever the request: most are the same few, and reading one in full takes microseconds. */
const memo = new Map<string, LabelsKey>();

/** The canonical key of a label set as it is written, or null when it is not one, or not a usual one. */
function labelsKeyOf(source: string | null): LabelsKey | null {
	if (source === null) return null;
	const known = memo.get(source);
	if (known !== undefined) return known;
	const check = checkJson(source);
	if (check.kind !== "wellformed" || check.duplicates.length > 0) return null;
	const key = parseLabels(JSON.parse(source));
	if (!key.ok) return null;
	if (memo.size >= LABELS_MEMO_MAX) memo.clear();
	if (source.length <= LABELS_MEMO_CHARS_MAX) memo.set(source, key.value);
	return key.value;
}

/** A word as bytes. */
export function encode(text: string): Uint8Array {
	return new TextEncoder().encode(text);
}

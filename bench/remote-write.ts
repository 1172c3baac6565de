/**
 * Just enough of Prometheus' remote write 1.0 to give other databases the series of a benchmark: one message of the protocol buffer
 * `prometheus.WriteRequest`, in a Snappy block that is all literals.
 */

export type WrittenSeries = {
	readonly labels: Readonly<Record<string, string>>;
	readonly timesMs: readonly number[];
	readonly values: ArrayLike<number>;
};

const TEXT = new TextEncoder();

/** Posts series and throws what the database says if it takes not all of them. */
export async function remoteWrite(url: string, series: readonly WrittenSeries[]): Promise<void> {
	const reply = await fetch(`${url}/api/v1/write`, {
		method: "POST",
		headers: {
			"content-type": "application/x-protobuf",
			"content-encoding": "snappy",
			"x-prometheus-remote-write-version": "0.1.0",
		},
		body: snappy(writeRequest(series)),
	});
	if (!reply.ok) throw new Error(`${url}: ${reply.status} ${(await reply.text()).slice(0, 300)}`);
}

function writeRequest(series: readonly WrittenSeries[]): Uint8Array<ArrayBuffer> {
	return concat(series.map((one) => field(1, timeSeries(one))));
}

function timeSeries({ labels, timesMs, values }: WrittenSeries): Uint8Array<ArrayBuffer> {
	const pairs = Object.keys(labels)
		.sort()
		.map((name) => field(1, concat([field(1, TEXT.encode(name)), field(2, TEXT.encode(labels[name] ?? ""))])));
	return concat([...pairs, ...timesMs.map((timeMs, i) => field(2, sample(timeMs, values[i] as number)))]);
}

function sample(timeMs: number, value: number): Uint8Array<ArrayBuffer> {
	const double = new Uint8Array(9);
	double[0] = (1 << 3) | 1;
	new DataView(double.buffer).setFloat64(1, value, true);
	return concat([double, Uint8Array.of((2 << 3) | 0), varint(timeMs)]);
}

/** A field of bytes. */
function field(number: number, bytes: Uint8Array): Uint8Array<ArrayBuffer> {
	return concat([Uint8Array.of((number << 3) | 2), varint(bytes.length), bytes]);
}

function varint(value: number): Uint8Array<ArrayBuffer> {
	const bytes: number[] = [];
	let rest = value;
	for (; rest >= 128; rest = Math.floor(rest / 128)) bytes.push((rest % 128) | 128);
	bytes.push(rest);
	return Uint8Array.from(bytes);
}

function snappy(bytes: Uint8Array<ArrayBuffer>): Uint8Array<ArrayBuffer> {
	const parts: Uint8Array[] = [varint(bytes.length)];
	for (let at = 0; at < bytes.length; at += 65_536) {
		const literal = bytes.subarray(at, at + 65_536);
		const size = literal.length - 1;
		parts.push(Uint8Array.of(61 << 2, size & 255, size >> 8), literal);
	}
	return concat(parts);
}

function concat(parts: readonly Uint8Array[]): Uint8Array<ArrayBuffer> {
	const whole = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
	let at = 0;
	for (const part of parts) {
		whole.set(part, at);
		at += part.length;
	}
	return whole;
}

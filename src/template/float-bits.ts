/** Floating-point numbers by their bits: the verbs `%x`, `%X` and `%b`, in their shortest form. Rare, but Go has them. */

const BITS = new DataView(new ArrayBuffer(8));
const FRACTION_BITS = 52n;

/** `0x1.8p+00` under `x`, `6755399441055744p-52` under `b`. */
export function formatBits(value: number, letter: string): string {
	if (Number.isNaN(value)) return "NaN";
	if (!Number.isFinite(value)) return value > 0 ? "+Inf" : "-Inf";
	BITS.setFloat64(0, value);
	const bits = BITS.getBigUint64(0);
	const sign = bits >> 63n === 1n ? "-" : "";
	const biased = Number((bits >> FRACTION_BITS) & 0x7ffn);
	const fraction = bits & ((1n << FRACTION_BITS) - 1n);
	const mantissa = biased === 0 ? fraction : fraction | (1n << FRACTION_BITS);
	if (letter === "b") return `${sign}${mantissa}p${signed(Math.max(1, biased) - 1_075, 1)}`;
	const text = sign + hexadecimal(mantissa, Math.max(1, biased) - 1_023);
	return letter === "X" ? text.toUpperCase() : text;
}

/** The mantissa with its highest bit before the point. */
function hexadecimal(mantissa: bigint, exponent: number): string {
	if (mantissa === 0n) return "0x0p+00";
	let scaled = mantissa;
	let power = exponent;
	for (; scaled < 1n << FRACTION_BITS; power--) scaled <<= 1n;
	const digits = (scaled - (1n << FRACTION_BITS)).toString(16).padStart(13, "0").replace(/0+$/, "");
	return `0x1${digits === "" ? "" : `.${digits}`}p${signed(power, 2)}`;
}

function signed(exponent: number, digits: number): string {
	return (exponent < 0 ? "-" : "+") + String(Math.abs(exponent)).padStart(digits, "0");
}

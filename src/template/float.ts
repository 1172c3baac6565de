/** Floating-point numbers as Go's strconv prints them, to the last digit: exact decimals, an exact tie goes to the even digit. */

/** `g` chooses between `e` and `f` by the size of the exponent. */
export type FloatForm = "e" | "f" | "g";

/** `shortest`: as few digits as tell the number apart from its neighbours. */
export type Precision = number | "shortest";

/** A positive number: 0.DIGITS times ten to the `point`; no zeros at either end of the digits, "" is zero. */
type Decimal = { readonly digits: string; readonly point: number };

const SHORTEST_EXPONENT_MAX = 6;
const BITS = new DataView(new ArrayBuffer(8));

/** With a minus sign when it is negative, -0 too; `+Inf`, `-Inf`, `NaN`. */
export function formatFloat(value: number, form: FloatForm, precision: Precision): string {
	if (Number.isNaN(value)) return "NaN";
	if (!Number.isFinite(value)) return value > 0 ? "+Inf" : "-Inf";
	const sign = value < 0 || Object.is(value, -0) ? "-" : "";
	const size = Math.abs(value);
	if (precision === "shortest") return sign + layOut(shortest(size), form, null);
	if (form === "g") {
		const digits = Math.max(1, precision);
		return sign + layOut(round(exact(size), digits), form, digits);
	}
	const decimal = exact(size);
	const kept = form === "e" ? precision + 1 : decimal.point + precision;
	return sign + layOut(round(decimal, kept), form, precision);
}

function layOut(decimal: Decimal, form: FloatForm, precision: number | null): string {
	const { digits, point } = decimal;
	if (form === "e") return exponential(decimal, precision ?? Math.max(0, digits.length - 1));
	if (form === "f") return positional(decimal, precision ?? Math.max(0, digits.length - point));
	let limit = precision ?? SHORTEST_EXPONENT_MAX;
	if (precision !== null && limit > digits.length && digits.length >= point) limit = digits.length;
	const exponent = digits === "" ? 0 : point - 1;
	if (exponent < -4 || exponent >= Math.max(limit, digits === "" ? 1 : 0)) {
		return exponential(decimal, Math.max(0, digits.length - 1));
	}
	return positional(decimal, Math.max(0, digits.length - point));
}

function exponential({ digits, point }: Decimal, places: number): string {
	const exponent = digits === "" ? 0 : point - 1;
	const fraction = digits.slice(1).padEnd(places, "0");
	const mantissa = `${digits[0] ?? "0"}${places > 0 ? `.${fraction}` : ""}`;
	return `${mantissa}e${exponent < 0 ? "-" : "+"}${String(Math.abs(exponent)).padStart(2, "0")}`;
}

function positional({ digits, point }: Decimal, places: number): string {
	const whole = point > 0 ? digits.slice(0, point).padEnd(point, "0") : "0";
	if (places === 0) return whole;
	const fraction = point > 0 ? digits.slice(point) : "0".repeat(Math.min(-point, places)) + digits;
	return `${whole}.${fraction.padEnd(places, "0")}`;
}

function shortest(size: number): Decimal {
	const [mantissa = "0", exponent = "0"] = size.toExponential().split("e");
	return trim(mantissa.replace(".", ""), Number(exponent) + 1);
}

/** All digits of a double: its mantissa times a power of two, as an integer. */
function exact(size: number): Decimal {
	BITS.setFloat64(0, size);
	const bits = BITS.getBigUint64(0);
	const biased = Number(bits >> 52n);
	const fraction = bits & 0xf_ffff_ffff_ffffn;
	const mantissa = biased === 0 ? fraction : fraction | (1n << 52n);
	const power = Math.max(1, biased) - 1_075;
	if (power >= 0) {
		const digits = (mantissa << BigInt(power)).toString();
		return trim(digits, digits.length);
	}
	const digits = (mantissa * 5n ** BigInt(-power)).toString();
	return trim(digits, digits.length + power);
}

/** The nearest decimal with at most so many digits; the even one of two that are as near. */
function round(decimal: Decimal, kept: number): Decimal {
	const { digits, point } = decimal;
	if (kept >= digits.length) return decimal;
	if (kept < 0) return { digits: "", point: 0 };
	const rest = digits.slice(kept);
	const head = digits.slice(0, kept);
	const isTie = rest === "5";
	const up = isTie ? kept > 0 && Number(digits[kept - 1]) % 2 === 1 : rest >= "5";
	if (!up) return trim(head, point);
	const raised = (BigInt(head === "" ? "0" : head) + 1n).toString();
	return trim(raised, point + raised.length - kept);
}

function trim(digits: string, point: number): Decimal {
	const start = digits.search(/[1-9]/);
	if (start < 0) return { digits: "", point: 0 };
	let end = digits.length;
	while (digits[end - 1] === "0") end--;
	return { digits: digits.slice(start, end), point: point - start };
}

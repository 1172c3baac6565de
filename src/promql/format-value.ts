/** Numbers as Prometheus writes them in answers and labels: all digits, never an exponent. */

/** Go's strconv.FormatFloat(value, 'f', -1, 64): the shortest decimals that read back as the same number. */
export function formatValue(value: number): string {
	if (Number.isNaN(value)) return "NaN";
	if (!Number.isFinite(value)) return value > 0 ? "+Inf" : "-Inf";
	if (Object.is(value, -0)) return "-0";
	const text = String(value);
	const at = text.indexOf("e");
	if (at < 0) return text;
	const exponent = Number(text.slice(at + 1));
	const sign = value < 0 ? "-" : "";
	const [whole = "", fraction = ""] = text.slice(sign.length, at).split(".");
	if (exponent < 0) return `${sign}0.${"0".repeat(-exponent - 1)}${whole}${fraction}`;
	return `${sign}${whole}${fraction.padEnd(exponent, "0")}`;
}

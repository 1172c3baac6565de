/** File patterns of `templates:`, of which only the last part counts: templates are kept by name. Linear, without expressions. */

/** Whether a pattern means a template of this name; `mail.tmpl` and `*.tmpl` mean the template `mail` too. */
export function globMeans(pattern: string, name: string): boolean {
	const last = pattern.slice(pattern.lastIndexOf("/") + 1);
	const parts = partsOf(last);
	return matches(parts, [...name]) || matches(parts, [...`${name}.tmpl`]);
}

/** One place of a pattern: any number of characters, or a test of one. */
type Part = "any" | ((char: string) => boolean);

/** `*`, `?`, `[a-z]`, `[^a]` and `\x`, as Go's filepath.Match has them; a bracket without its end stands for itself. */
function partsOf(pattern: string): readonly Part[] {
	const parts: Part[] = [];
	for (const [token] of pattern.matchAll(/\[\^?(?:\\[\s\S]|[^\]\\])+\]|\\[\s\S]|[\s\S]/gu)) {
		if (token === "*") parts.push("any");
		else if (token === "?") parts.push(() => true);
		else if (token.length > 2 && token.startsWith("[")) parts.push(classOf(token));
		else {
			const literal = token.length > 1 && token.startsWith("\\") ? token.slice(1) : token;
			parts.push((char) => char === literal);
		}
	}
	return parts;
}

function classOf(token: string): (char: string) => boolean {
	const isNegated = token.startsWith("[^");
	const ranges = [...token.slice(isNegated ? 2 : 1, -1).matchAll(/(\\?[\s\S])(?:-(\\?[\s\S]))?/gu)].map(
		([, from = "", to = from]) => ({ from: from.replace("\\", ""), to: to.replace("\\", "") }),
	);
	return (char) => ranges.some(({ from, to }) => char >= from && char <= to) !== isNegated;
}

/** Goes back only to the last star: time is the product of the two lengths at most. */
function matches(parts: readonly Part[], chars: readonly string[]): boolean {
	let part = 0;
	let star = -1;
	let resume = 0;
	for (let i = 0; i < chars.length; ) {
		const test = parts[part];
		if (test === "any") {
			star = part++;
			resume = i;
		} else if (test?.(chars[i] as string) === true) {
			part++;
			i++;
		} else if (star >= 0) {
			part = star + 1;
			i = ++resume;
		} else return false;
	}
	while (parts[part] === "any") part++;
	return part === parts.length;
}

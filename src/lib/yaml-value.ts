/** What a YAML scalar without quotes stands for. Never turns a text into something that cannot be turned back into it. */

/** The truth value of a word of YAML 1.1 (`yes`, `On`, `true`), as Go reads it; null: it is none. */
export function readBoolean(text: string): boolean | null {
	if (/^(?:y|Y|yes|Yes|YES|true|True|TRUE|on|On|ON)$/.test(text)) return true;
	if (/^(?:n|N|no|No|NO|false|False|FALSE|off|Off|OFF)$/.test(text)) return false;
	return null;
}

/** `true`, `false`, and numbers that are written as JavaScript writes them; all else is text. */
export function plainValue(text: string): string | number | boolean {
	if (text === "true") return true;
	if (text === "false") return false;
	const number = Number(text);
	return Number.isFinite(number) && String(number) === text ? number : text;
}

/**
 * Placeholders as many template languages write them: `{{name}}` reads as `{{ .name }}`. Only a bare word by itself is one;
 * words of the language, and functions that need no argument, stay what they are.
 */
import { NOTIFICATION_FUNCTIONS } from "./libraries.ts";

const BARE_WORD = /\{\{(- )?([ \t]*)([A-Za-z_][A-Za-z0-9_]*)([ \t]*)( -)?\}\}/g;
const WORDS = ["end", "else", "break", "continue", "true", "false", "nil"];

/** The text with each placeholder as a field of the dot. Places behind one are a column further on. */
export function expandShorthand(text: string): string {
	return text.replace(BARE_WORD, (whole, left = "", before: string, name: string, after: string, right = "") => {
		return isOurs(name) ? `{{${left}${before}.${name}${after}${right}}}` : whole;
	});
}

function isOurs(name: string): boolean {
	if (WORDS.includes(name)) return false;
	const found = NOTIFICATION_FUNCTIONS.get(name);
	return found === undefined || found.parameters.length > 0 || found.rest !== null;
}

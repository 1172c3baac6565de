/** A text as a regular expression that means just this text, as Go's regexp.QuoteMeta writes it. Pure. */

export function quoteMeta(text: string): string {
	return text.replace(/[\\.+*?()|[\]{}^$]/g, "\\$&");
}

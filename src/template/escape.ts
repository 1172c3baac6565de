/** Texts made safe for the place they are inserted into, as Go's html/template, text/template and net/url do it. */

const HTML: Readonly<Record<string, string>> = {
	'"': "&#34;",
	"'": "&#39;",
	"&": "&amp;",
	"<": "&lt;",
	">": "&gt;",
	"\0": "\ufffd",
};
const JS: Readonly<Record<string, string>> = {
	"\\": "\\\\",
	"'": "\\'",
	'"': '\\"',
	"<": "\\u003C",
	">": "\\u003E",
	"&": "\\u0026",
	"=": "\\u003D",
};

/** The function `html` of a text template. */
export function escapeHtml(text: string): string {
	return text.replace(/["'&<>\p{Cc}]/gu, (char) => HTML[char] ?? char);
}

/** What html/template makes of anything inserted into text: as `html`, and the plus sign too. */
export function escapeInsertedHtml(text: string): string {
	return escapeHtml(text).replaceAll("+", "&#43;");
}

/** The function `js`. */
export function escapeJs(text: string): string {
	return text.replace(/[\\'"<>&=\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/gu, (char) => JS[char] ?? codeOf(char));
}

function codeOf(char: string): string {
	return `\\u${char.charCodeAt(0).toString(16).toUpperCase().padStart(4, "0")}`;
}

/** `url.QueryEscape`: a space is a plus. */
export function escapeQuery(text: string): string {
	return encodeURIComponent(text.toWellFormed())
		.replace(/[!'()*]/g, (char) => `%${char.charCodeAt(0).toString(16).toUpperCase()}`)
		.replaceAll("%20", "+");
}

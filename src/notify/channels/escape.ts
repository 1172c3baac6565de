/** Makes foreign text harmless for the medium that shows it. Pure. Cut first, then escape: an entity is never cut. */
import { LINK_CHARS_MAX } from "../../model/limits.ts";

const HTML: Readonly<Record<string, string>> = { "&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;", "'": "&#39;" };

/** For text and quoted attributes of HTML. */
export function escapeHtml(text: string): string {
	return text.replace(/[&<>"']/g, (char) => HTML[char] as string);
}

/** For Telegram's HTML and Slack's mrkdwn, which both know three characters (in Slack `<!channel>` would call everyone). */
export function escapeAngles(text: string): string {
	return text.replace(/[&<>]/g, (char) => HTML[char] as string);
}

/** For Slack's inline code, in which no other mark has a meaning. */
export function escapeCode(text: string): string {
	return escapeAngles(text.replace(/`/g, "\u00b4").replace(/\s+/g, " "));
}

/** An http(s) address that can stand in an attribute, in `<url|text>` and in `[text](url)`; null: none, or another scheme. */
export function safeLink(text: string | undefined): string | null {
	if (text === undefined || text.length > LINK_CHARS_MAX || !URL.canParse(text)) return null;
	const url = new URL(text);
	if (url.protocol !== "http:" && url.protocol !== "https:") return null;
	const href = url.href.replace(/[|()[\]<>"'`\\]/g, (char) => `%${char.charCodeAt(0).toString(16).toUpperCase()}`);
	return href.length > LINK_CHARS_MAX ? null : href;
}

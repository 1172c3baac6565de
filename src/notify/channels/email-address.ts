/** Mail addresses out of settings: `a@example.com`, `Name <a@example.com>`, several with commas or as a list. Pure. */
import { err, ok, type Result } from "../../lib/result.ts";

export type Mailbox = { readonly name: string; readonly email: string };

/** Local part and domain without quotes, blanks or control characters; a domain has a dot. */
const EMAIL = /^[^\s@"<>(),:;\\[\]\p{Cc}]{1,64}@[^\s@"<>(),:;\\[\]\p{Cc}]{1,190}\.[^\s@."<>(),:;\\[\]\p{Cc}]{2,63}$/u;
const NAMED = /^"?([^"<>]{0,200}?)"?\s*<([^<>]+)>$/;

/** The mailboxes of a setting, in order, each once. */
export function parseMailboxes(input: string | readonly string[]): Result<readonly Mailbox[], string> {
	const found = new Map<string, Mailbox>();
	for (const text of typeof input === "string" ? splitList(input) : input) {
		if (text.includes("{{")) return err("must be addresses: they cannot be made by a template");
		const mailbox = parseMailbox(text);
		if (mailbox === null) return err("must be addresses such as ops@example.com, with commas between");
		found.set(mailbox.email.toLowerCase(), mailbox);
	}
	return found.size === 0 ? err("must hold an address") : ok([...found.values()]);
}

/** One mailbox; null: it is none. */
export function parseMailbox(input: string): Mailbox | null {
	const text = input.trim();
	const named = NAMED.exec(text);
	const email = named === null ? text : (named[2] as string).trim();
	if (!EMAIL.test(email)) return null;
	return { name: (named?.[1] ?? "").replace(/\p{Cc}/gu, " ").trim(), email };
}

/** At commas that stand outside quotes. */
function splitList(text: string): readonly string[] {
	const parts = text.match(/(?:"[^"]*"|[^",])+/g) ?? [];
	return parts.map((part) => part.trim()).filter((part) => part !== "");
}

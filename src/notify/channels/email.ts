/**
 * Channel `email`: Cloudflare's binding `send_email`. Codes and allowed headers: its Email Service reference. The service
 * makes Message-ID itself and refuses one of ours, so a group's mails are threaded by a root that only their References
 * name. Addresses are in no outcome.
 */
import * as v from "valibot";
import { settleWithin } from "../../lib/async.ts";
import { EMAIL_HEADERS_MAX, EMAIL_RECIPIENTS_MAX, HOUR_MS } from "../../model/limits.ts";
import type { Outcome } from "../../model/notification.ts";
import { type Mailbox, parseMailbox, parseMailboxes } from "./email-address.ts";
import { fieldsOf, type Mail, type MailTemplates, makeMail } from "./email-mail.ts";
import { sha256Hex } from "./hash.ts";
import type { Attempt, ChannelEntry, ChannelIo } from "./integration.ts";
import { guarded, listOf, never, readSettings, SettingsReader, settingsFrom, spoken, text, texts } from "./settings.ts";

const addresses = v.union([text, listOf(text)], "must be addresses");
const emailSettings = v.strictObject({
	...spoken,
	to: v.optional(addresses),
	cc: v.optional(addresses),
	bcc: v.optional(addresses),
	from: v.optional(text),
	reply_to: v.optional(text),
	subject: v.optional(text),
	html: v.optional(text),
	text: v.optional(text),
	headers: v.optional(texts),
	hello: v.optional(v.unknown()),
	smarthost: v.optional(v.unknown()),
	auth_username: v.optional(v.unknown()),
	auth_password: v.optional(v.unknown()),
	auth_password_file: v.optional(v.unknown()),
	auth_secret: v.optional(v.unknown()),
	auth_identity: v.optional(v.unknown()),
	require_tls: v.optional(v.unknown()),
	tls_config: v.optional(v.unknown()),
});
type EmailSettings = v.InferOutput<typeof emailSettings>;

type Envelope = {
	readonly from: Mailbox;
	readonly to: readonly string[];
	readonly cc: readonly string[];
	readonly bcc: readonly string[];
	readonly replyTo: string | null;
};

/** Alertmanager's own HTML: ours stands in for it. */
const DEFAULT_HTML = /^\s*\{\{-?\s*template\s+"email\.default\.html"\s+\.\s*-?\}\}\s*$/;
const NO_SMTP = "mail leaves through the binding EMAIL of this deployment, not by SMTP";
const NO_BINDING = never("this deployment has no binding EMAIL", null);
/** Headers that the service takes, besides X-; it makes or has fields for all others. */
const HEADERS =
	/^(x-[a-z0-9_-]{1,98}|in-reply-to|references|list-(unsubscribe|unsubscribe-post|id|archive|help|owner|post|subscribe)|precedence|auto-submitted|content-language|keywords|comments|importance|priority|sensitivity|organization|expires|reply-by|archived-at)$/i;
const IN_FIELDS: Readonly<Record<string, string>> = { to: "to", from: "from", cc: "cc", bcc: "bcc" };
/** Codes that pass. A delivery that failed may be a busy mailbox or a greylist. */
const PASSING: Readonly<Record<string, number | null>> = {
	E_RATE_LIMIT_EXCEEDED: null,
	E_DAILY_LIMIT_EXCEEDED: HOUR_MS,
	E_INTERNAL_SERVER_ERROR: null,
	E_DELIVERY_FAILED: null,
};

export const emailChannel: ChannelEntry = {
	channel: "email",
	configKey: "email_configs",
	unused: {
		hello: NO_SMTP,
		smarthost: NO_SMTP,
		auth_username: NO_SMTP,
		auth_password: NO_SMTP,
		auth_password_file: NO_SMTP,
		auth_secret: NO_SMTP,
		auth_identity: NO_SMTP,
		require_tls: NO_SMTP,
		tls_config: NO_SMTP,
	},
	open(settings, context) {
		const read = readSettings(emailSettings, settings);
		if (!read.ok) return read;
		const reader = new SettingsReader(context);
		const templates = openTemplates(reader, read.value);
		const envelope = openEnvelope(reader, read.value);
		reader.templates(
			Object.fromEntries(Object.entries(fieldsOf(templates)).map(([place, { template }]) => [place, template])),
		);
		const language = read.value.language ?? context.language;
		return reader.done(() => {
			if (envelope === null) return null;
			return {
				channel: "email",
				render: (message) => JSON.stringify(makeMail(templates, context.templates, language, message)),
				send: (attempt, io) => guarded(io, () => sendMail(envelope, attempt, io)),
				// The addresses were checked when the settings were read.
				test: async ({ email }) => {
					if (email === null) return { ...NO_BINDING, scope: "binding" };
					return { kind: "delivered", httpStatus: null, scope: "binding" };
				},
			};
		});
	},
	fromEnvironment: (variables) => settingsFrom(variables, { to: "RECEIVER_EMAIL_TO", from: "RECEIVER_EMAIL_FROM" }),
};

function openEnvelope(reader: SettingsReader, settings: EmailSettings): Envelope | null {
	if (settings.to === undefined && settings.cc === undefined && settings.bcc === undefined)
		reader.complain("to", "is missing");
	const [to, cc, bcc] = [
		list(reader, "to", settings.to),
		list(reader, "cc", settings.cc),
		list(reader, "bcc", settings.bcc),
	];
	if (to.length + cc.length + bcc.length > EMAIL_RECIPIENTS_MAX) {
		reader.complain("to", `with cc and bcc it must hold at most ${EMAIL_RECIPIENTS_MAX} addresses`);
	}
	const global = reader.context.global["smtp_from"];
	const fromText = settings.from ?? (typeof global === "string" ? global : undefined);
	if (fromText === undefined) reader.complain("from", "is missing, and there is no smtp_from in the global section");
	const from = mailbox(reader, settings.from === undefined ? "global.smtp_from" : "from", fromText);
	const replyKey = Object.keys(settings.headers ?? {}).find((name) => name.toLowerCase() === "reply-to");
	const reply = settings.reply_to ?? (replyKey === undefined ? undefined : settings.headers?.[replyKey]);
	const replyTo = mailbox(reader, settings.reply_to === undefined ? `headers.${replyKey}` : "reply_to", reply);
	return from === null ? null : { from, to, cc, bcc, replyTo: replyTo?.email ?? null };
}

function list(reader: SettingsReader, place: string, input: string | readonly string[] | undefined): readonly string[] {
	if (input === undefined) return [];
	const mailboxes = parseMailboxes(input);
	if (!mailboxes.ok) reader.complain(place, mailboxes.failure);
	return mailboxes.ok ? mailboxes.value.map(({ email }) => email) : [];
}

function mailbox(reader: SettingsReader, place: string, input: string | undefined): Mailbox | null {
	if (input === undefined) return null;
	const parsed = parseMailbox(input);
	if (parsed === null) reader.complain(place, "must be one address such as alerts@example.com");
	return parsed;
}

/** Alertmanager has the subject among the headers; what the service refuses there is refused here, before it is needed. */
function openTemplates(reader: SettingsReader, settings: EmailSettings): MailTemplates {
	const headers: Record<string, string> = {};
	let subject = settings.subject ?? null;
	for (const [name, template] of Object.entries(settings.headers ?? {})) {
		const lower = name.toLowerCase();
		const key = IN_FIELDS[lower];
		if (lower === "subject") subject ??= template;
		else if (lower === "reply-to") continue;
		else if (key !== undefined) reader.complain(`headers.${name}`, `give the addresses by the key ${key}`);
		else if (!HEADERS.test(name))
			reader.complain(`headers.${name}`, "is made by the mail service, or not allowed by it");
		else headers[name] = template;
	}
	// Four headers of our own come on top.
	if (Object.keys(headers).length > EMAIL_HEADERS_MAX - 4) {
		reader.complain("headers", `must have at most ${EMAIL_HEADERS_MAX - 4} entries`);
	}
	const html = settings.html !== undefined && DEFAULT_HTML.test(settings.html) ? undefined : settings.html;
	return { subject, html: html ?? null, text: settings.text ?? null, headers };
}

async function sendMail(envelope: Envelope, attempt: Attempt, io: ChannelIo): Promise<Outcome> {
	const { email } = io;
	if (email === null) return NO_BINDING;
	const { subject, html, text: plain, headers } = JSON.parse(attempt.body) as Mail;
	const domain = envelope.from.email.slice(envelope.from.email.lastIndexOf("@") + 1);
	const thread = `<${(await sha256Hex(attempt.groupKey)).slice(0, 32)}@${domain}>`;
	const { from } = envelope;
	const sent = await settleWithin(
		() =>
			email.send({
				from: from.name === "" ? from.email : from,
				to: [...envelope.to],
				...(envelope.cc.length === 0 ? {} : { cc: [...envelope.cc] }),
				...(envelope.bcc.length === 0 ? {} : { bcc: [...envelope.bcc] }),
				...(envelope.replyTo === null ? {} : { replyTo: envelope.replyTo }),
				subject,
				...(html === undefined ? {} : { html }),
				...(plain === undefined ? {} : { text: plain }),
				headers: { "In-Reply-To": thread, References: thread, ...headers, "X-Perdure-Delivery": attempt.id },
			}),
		io.timeoutMs,
	);
	if (sent.kind === "value") return { kind: "delivered", httpStatus: null };
	if (sent.kind === "late") {
		return { kind: "retry", why: `no answer within ${io.timeoutMs / 1_000} s`, httpStatus: null, retryAfterMs: null };
	}
	return meaning(sent.error);
}

/** What was thrown: its code decides, its text may hold addresses and is not shown. */
function meaning(error: unknown): Outcome {
	const code = (error as { readonly code?: unknown } | null)?.code;
	if (typeof code === "string" && /^E_[A-Z_]{1,60}$/.test(code)) {
		const retryAfterMs = PASSING[code];
		return retryAfterMs === undefined
			? never(code, null)
			: { kind: "retry", why: code, httpStatus: null, retryAfterMs };
	}
	// Bindings of Email Routing throw without a code.
	const said = error instanceof Error ? error.message : "";
	if (/not (allowed|a verified|verified)/i.test(said)) return never("the sender or a recipient is not allowed", null);
	return { kind: "retry", why: "the mail service failed", httpStatus: null, retryAfterMs: null };
}

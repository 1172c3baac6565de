/**
 * Channel `telegram`: a bot writes into a chat (core.telegram.org/bots/api). Within one attempt it may call again: as plain
 * text when the markup is refused, and to the chat that a group has become. All calls share the attempt's time.
 */
import * as v from "valibot";
import {
	CHANNEL_SETTING_CHARS_MAX,
	RETRY_AFTER_MS_MAX,
	SECOND_MS,
	TELEGRAM_CALLS_MAX,
	TELEGRAM_TEXT_CHARS_MAX,
} from "../../model/limits.ts";
import type { Message } from "../../model/message.ts";
import type { Outcome } from "../../model/notification.ts";
import type { TemplateSet } from "../../template/template-set.ts";
import { clip } from "./clip.ts";
import { expandFields } from "./expand.ts";
import { authHeaders } from "./http-config.ts";
import { httpOutcome } from "./http-outcome.ts";
import type { ChannelEntry, ChannelIo, Language } from "./integration.ts";
import { call, deadline, parseAnswer, type Reply, safeWords } from "./post.ts";
import {
	flag,
	guarded,
	HTTP_CONFIG_UNUSED,
	httpConfig,
	readSettings,
	SettingsReader,
	settingsFrom,
	spoken,
	text,
} from "./settings.ts";
import { tellStory } from "./story.ts";
import { plainText, telegramHtml } from "./telegram-text.ts";

const chatId = v.union([v.pipe(v.number(), v.safeInteger()), text], "must be a number, or the @name of a channel");
const telegramSettings = v.strictObject({
	...spoken,
	api_url: v.optional(text),
	bot_token: v.optional(text),
	bot_token_file: v.optional(text),
	chat_id: v.optional(chatId),
	chat_id_file: v.optional(text),
	message_thread_id: v.optional(v.pipe(v.number("must be a number"), v.safeInteger("must be a whole number"))),
	message: v.optional(text),
	disable_notifications: v.optional(flag),
	parse_mode: v.optional(
		v.picklist(["HTML", "Markdown", "MarkdownV2", ""], "must be HTML, MarkdownV2, Markdown or empty"),
	),
	http_config: v.optional(httpConfig),
});
type TelegramSettings = v.InferOutput<typeof telegramSettings>;

/** What sendMessage takes; the chat and the text may change between two calls. */
type SendMessage = { readonly chat_id: string; readonly text: string; readonly parse_mode?: string };
type Target = { readonly base: string; readonly headers: Readonly<Record<string, string>> };

const API = "https://api.telegram.org";
/** A token stands in the path of the URL: nothing else may get there. */
const TOKEN = /^\d{1,20}:[A-Za-z0-9_-]{10,100}$/;
const CHAT = /^(-?\d{1,20}|@[A-Za-z0-9_]{1,64})$/;

export const telegramChannel: ChannelEntry = {
	channel: "telegram",
	configKey: "telegram_configs",
	unused: HTTP_CONFIG_UNUSED,
	open(settings, context) {
		const read = readSettings(telegramSettings, settings);
		if (!read.ok) return read;
		const reader = new SettingsReader(context);
		const target = openTarget(reader, read.value);
		const chat = openChat(reader, read.value);
		reader.templates({ message: read.value.message });
		const language = read.value.language ?? context.language;
		return reader.done(() => {
			if (target === null || chat === null) return null;
			return {
				channel: "telegram",
				render: (message) => JSON.stringify(render(read.value, chat, context.templates, language, message)),
				send: (attempt, io) => guarded(io, () => sendMessage(target, JSON.parse(attempt.body) as SendMessage, io)),
				test: async (io) => ({ ...(await guarded(io, () => askChat(target, chat, io))), scope: "chat" }),
			};
		});
	},
	fromEnvironment: (variables) =>
		settingsFrom(variables, { bot_token: "RECEIVER_TELEGRAM_TOKEN", chat_id: "RECEIVER_TELEGRAM_CHAT" }),
};

function openTarget(reader: SettingsReader, settings: TelegramSettings): Target | null {
	const token = reader.firstSecret(settings, "bot_token", "telegram_bot_token");
	if (token === null && reader.issues.length === 0) reader.complain("bot_token", "is missing");
	if (token !== null && !TOKEN.test(token.value)) {
		reader.complain(token.place, "does not have the form of a bot's token: digits, a colon, letters");
	}
	const own = settings.api_url;
	const global = reader.context.global["telegram_api_url"];
	const address = own ?? (typeof global === "string" ? global : API);
	const url = reader.url(address, own === undefined ? "global.telegram_api_url" : "api_url");
	const headers = authHeaders(reader, settings.http_config);
	if (token === null || url === null) return null;
	return { base: `${url.origin}${url.pathname.replace(/\/+$/, "")}/bot${token.value}/`, headers };
}

function openChat(reader: SettingsReader, settings: TelegramSettings): string | null {
	const inline = settings.chat_id === undefined ? undefined : String(settings.chat_id);
	const place = inline === undefined ? "chat_id_file" : "chat_id";
	const chat = reader.secret({ ...settings, chat_id: inline }, "chat_id");
	if (chat === null) {
		if (settings.chat_id_file === undefined)
			reader.complain("chat_id", "is missing: the number of the chat, or the @name of a channel");
		return null;
	}
	if (CHAT.test(chat)) return chat;
	reader.complain(place, "must be a number, or the @name of a channel");
	return null;
}

function render(
	settings: TelegramSettings,
	chat: string,
	templates: TemplateSet,
	language: Language,
	message: Message,
): SendMessage {
	const around = {
		chat_id: chat,
		...(settings.message_thread_id === undefined ? {} : { message_thread_id: settings.message_thread_id }),
		...(settings.disable_notifications === true ? { disable_notification: true } : {}),
		link_preview_options: { is_disabled: true },
	};
	const mode = settings.parse_mode ?? "HTML";
	if (settings.message !== undefined) {
		const markup = mode === "HTML" ? ("html" as const) : ("other" as const);
		const field = { template: settings.message, charsMax: CHANNEL_SETTING_CHARS_MAX, markup };
		const made = expandFields(templates, { message: field }, message);
		if (made.ok && made.value.message.trim() !== "") return { ...around, ...ownText(made.value.message, mode) };
		const problem = made.ok ? "message: it came out empty" : made.failure;
		return { ...around, text: telegramHtml(tellStory(message, language, problem)), parse_mode: "HTML" };
	}
	return { ...around, text: telegramHtml(tellStory(message, language, null)), parse_mode: "HTML" };
}

/** What a template made: as it is if it fits; markup cannot be cut, so what is too long goes as plain text. */
function ownText(made: string, mode: string): { readonly text: string; readonly parse_mode?: string } {
	const plain = mode === "HTML" ? plainText(made) : made;
	if (plain.length > TELEGRAM_TEXT_CHARS_MAX) return { text: clip(plain, TELEGRAM_TEXT_CHARS_MAX) };
	return mode === "" ? { text: made } : { text: made, parse_mode: mode };
}

async function sendMessage(target: Target, first: SendMessage, io: ChannelIo): Promise<Outcome> {
	const signal = deadline(io);
	let message = first;
	for (let calls = 1; ; calls++) {
		const url = new URL(`${target.base}sendMessage`);
		const reply = await call(io, signal, { url, headers: target.headers, body: JSON.stringify(message), read: true });
		if (!reply.ok) return reply.failure;
		const again = calls < TELEGRAM_CALLS_MAX ? changed(message, reply.value) : null;
		if (again === null) return meaning(reply.value, io);
		message = again;
	}
}

/** The message that Telegram's refusal asks for; null: it asks for none. */
function changed(message: SendMessage, reply: Reply): SendMessage | null {
	if (reply.status !== 400) return null;
	const answer = parseAnswer(reply.text);
	const parameters = answer?.["parameters"] as { readonly migrate_to_chat_id?: unknown } | undefined;
	const moved = String(parameters?.migrate_to_chat_id ?? "");
	if (/^-?\d{1,20}$/.test(moved) && moved !== message.chat_id) return { ...message, chat_id: moved };
	const isMarkup = /can't parse entities/i.test(String(answer?.["description"] ?? ""));
	if (!isMarkup || message.parse_mode === undefined) return null;
	const { parse_mode, ...rest } = message;
	return {
		...rest,
		text: clip(parse_mode === "HTML" ? plainText(message.text) : message.text, TELEGRAM_TEXT_CHARS_MAX),
	};
}

function meaning(reply: Reply, io: ChannelIo): Outcome {
	const { status } = reply;
	const answer = parseAnswer(reply.text);
	const isOk = status >= 200 && status < 300;
	if (isOk && answer?.["ok"] === true) return { kind: "delivered", httpStatus: status };
	if (isOk) return { kind: "retry", why: "the answer was not Telegram's", httpStatus: status, retryAfterMs: null };
	const outcome = httpOutcome(status, null, io.nowMs);
	const words = safeWords(answer?.["description"]);
	if (outcome.kind === "retry")
		return { ...outcome, why: outcome.why + words, retryAfterMs: retryMs(answer) ?? reply.retryAfterMs };
	return outcome.kind === "never" ? { ...outcome, why: outcome.why + words } : outcome;
}

function retryMs(answer: Readonly<Record<string, unknown>> | null): number | null {
	const parameters = answer?.["parameters"] as { readonly retry_after?: unknown } | null | undefined;
	const seconds = parameters?.retry_after;
	return typeof seconds === "number" && seconds >= 0 ? Math.min(seconds * SECOND_MS, RETRY_AFTER_MS_MAX) : null;
}

/** Whether the bot knows the chat: nobody is told anything. */
async function askChat(target: Target, chat: string, io: ChannelIo): Promise<Outcome> {
	const url = new URL(`${target.base}getChat?chat_id=${encodeURIComponent(chat)}`);
	const reply = await call(io, deadline(io), { url, headers: target.headers, body: null, read: true });
	return reply.ok ? meaning(reply.value, io) : reply.failure;
}

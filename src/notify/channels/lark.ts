/**
 * Channel `lark`: the custom bot of a Lark or Feishu group. Its answers have codes of their own, within HTTP 200 too
 * (open.feishu.cn, custom bot usage guide and rate limits). A bot takes 100 messages a minute and 5 a second.
 */
import * as v from "valibot";
import { RETRY_AFTER_MS_MAX, SECOND_MS, TITLE_CHARS_MAX } from "../../model/limits.ts";
import type { Message } from "../../model/message.ts";
import type { Outcome } from "../../model/notification.ts";
import type { TemplateSet } from "../../template/template-set.ts";
import { oneLine } from "./clip.ts";
import { expandFields } from "./expand.ts";
import { encodeBase64, hmacSha256 } from "./hash.ts";
import { httpOutcome } from "./http-outcome.ts";
import type { ChannelEntry, ChannelIo, Language } from "./integration.ts";
import { larkMarkdown, larkMessage } from "./lark-card.ts";
import { call, deadline, parseAnswer, type Reply } from "./post.ts";
import { reach } from "./reach.ts";
import { guarded, never, readSettings, SettingsReader, settingsFrom, spoken, text } from "./settings.ts";
import { tellStory } from "./story.ts";

const larkSettings = v.strictObject({
	...spoken,
	url: v.optional(text),
	url_file: v.optional(text),
	secret: v.optional(text),
	secret_file: v.optional(text),
	title: v.optional(text),
	text: v.optional(text),
});
type LarkSettings = v.InferOutput<typeof larkSettings>;

/** Too much at once; 11232 comes at full and half hours, when everyone sends. */
const RATE_CODES = new Set([11232, 11233, 99991400]);
/** What only a change can mend, in words. */
const NEVER_CODES: Readonly<Record<number, string>> = {
	9499: "the request was refused as malformed",
	10003: "the request was refused as malformed",
	19001: "the address of the bot is not known",
	19002: "the request was refused as malformed",
	19021: "the signature does not fit the bot's secret",
	19022: "the bot allows other addresses only",
	19024: "the message has none of the bot's key words",
	19036: "the message is too large",
	230099: "the card could not be made",
};

export const larkChannel: ChannelEntry = {
	channel: "lark",
	configKey: "lark_configs",
	unused: {},
	open(settings, context) {
		const read = readSettings(larkSettings, settings);
		if (!read.ok) return read;
		const reader = new SettingsReader(context);
		const found = reader.firstSecret(read.value, "url", "lark_url");
		if (found === null && reader.issues.length === 0) reader.complain("url", "is missing: the address of the bot");
		const url = found === null ? null : reader.url(found.value, found.place);
		const secret = reader.secret(read.value, "secret");
		reader.templates({ title: read.value.title, text: read.value.text });
		const language = read.value.language ?? context.language;
		return reader.done(() =>
			url === null
				? null
				: {
						channel: "lark",
						render: (message) => render(read.value, context.templates, language, message),
						send: (attempt, io) => guarded(io, () => post(url, secret, attempt.body, io)),
						test: (io) => reach(url, "hook", io),
					},
		);
	},
	fromEnvironment: (variables) => settingsFrom(variables, { url: "RECEIVER_LARK_URL", secret: "RECEIVER_LARK_SECRET" }),
};

function render(settings: LarkSettings, templates: TemplateSet, language: Language, message: Message): string {
	const story = (problem: string | null) => tellStory(message, language, problem);
	if (settings.title === undefined && settings.text === undefined) return larkMessage(story(null));
	const made = expandFields(
		templates,
		{
			title: { template: settings.title ?? "", charsMax: TITLE_CHARS_MAX },
			text: { template: settings.text ?? "", charsMax: 20_000 },
		},
		message,
	);
	if (!made.ok) return larkMessage(story(made.failure));
	const title = settings.title === undefined ? story(null).title : oneLine(made.value.title, TITLE_CHARS_MAX);
	if (settings.text === undefined) return larkMessage({ ...story(null), title });
	return larkMarkdown(story(null), title, made.value.text);
}

async function post(url: URL, secret: string | null, body: string, io: ChannelIo): Promise<Outcome> {
	const signed = secret === null ? body : await sign(body, secret, io.nowMs);
	const reply = await call(io, deadline(io), { url, headers: {}, body: signed, read: true });
	return reply.ok ? meaning(reply.value, io) : reply.failure;
}

/** The body with time and signature: the time is the attempt's, since a bot refuses one that is an hour old. */
async function sign(body: string, secret: string, nowMs: number): Promise<string> {
	const timestamp = String(Math.floor(nowMs / SECOND_MS));
	// The key is what is signed, and the message is empty: that is how the bots have it.
	const key = new TextEncoder().encode(`${timestamp}\n${secret}`);
	const signature = encodeBase64(await hmacSha256(key, new Uint8Array()));
	return `${JSON.stringify({ timestamp, sign: signature }).slice(0, -1)},${body.slice(1)}`;
}

function meaning(reply: Reply, io: ChannelIo): Outcome {
	const { status } = reply;
	const answer = parseAnswer(reply.text);
	const code = answer?.["code"] ?? answer?.["StatusCode"];
	const isOk = status >= 200 && status < 300;
	if (isOk && code === 0) return { kind: "delivered", httpStatus: status };
	if (status === 429 || RATE_CODES.has(code as number)) {
		const why = typeof code === "number" ? `code ${code}: too many messages` : `http ${status}`;
		return { kind: "retry", why, httpStatus: status, retryAfterMs: resetMs(reply) ?? reply.retryAfterMs };
	}
	if (typeof code === "number" && Number.isSafeInteger(code)) {
		const words = NEVER_CODES[code];
		if (words !== undefined) return never(`code ${code}: ${words}`, status);
		// A code that is not known here may pass; attempts have a bound.
		if (isOk) return { kind: "retry", why: `code ${code}`, httpStatus: status, retryAfterMs: null };
	}
	if (isOk) return { kind: "retry", why: "the answer was not a bot's", httpStatus: status, retryAfterMs: null };
	const outcome = httpOutcome(status, null, io.nowMs);
	return outcome.kind === "retry" ? { ...outcome, retryAfterMs: reply.retryAfterMs } : outcome;
}

/** When the window of the limit ends. */
function resetMs(reply: Reply): number | null {
	const header = reply.header("x-ogw-ratelimit-reset") ?? "";
	return /^\d{1,9}$/.test(header) ? Math.min(Number(header) * SECOND_MS, RETRY_AFTER_MS_MAX) : null;
}

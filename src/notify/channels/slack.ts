/**
 * Channel `slack`: an incoming webhook, or chat.postMessage with a token in http_config. Our own blocks, unless the
 * settings have templates of their own. What Slack's answers mean: its changelog of 2016-05-17, docs.slack.dev/apis/web-api.
 */
import type { Message } from "../../model/message.ts";
import type { Outcome } from "../../model/notification.ts";
import type { TemplateSet } from "../../template/template-set.ts";
import { authHeaders } from "./http-config.ts";
import { httpOutcome } from "./http-outcome.ts";
import type { ChannelEntry, ChannelIo, Language, Trial } from "./integration.ts";
import { call, deadline, parseAnswer, type Reply, safeWords } from "./post.ts";
import { reach } from "./reach.ts";
import { guarded, HTTP_CONFIG_UNUSED, never, readSettings, SettingsReader, settingsFrom } from "./settings.ts";
import { hasContent, slackAround, slackAttachment, slackButtons, slackTemplates } from "./slack-attachment.ts";
import { slackMessage } from "./slack-blocks.ts";
import { type SlackSettings, slackSettings } from "./slack-settings.ts";
import { tellStory } from "./story.ts";

/** Errors of Slack's own that pass; all others need a change of the settings or of the workspace. */
const PASSING = new Set([
	"ratelimited",
	"rate_limited",
	"internal_error",
	"fatal_error",
	"request_timeout",
	"service_unavailable",
	"rollup_error",
]);

export const slackChannel: ChannelEntry = {
	channel: "slack",
	configKey: "slack_configs",
	unused: HTTP_CONFIG_UNUSED,
	open(settings, context) {
		const read = readSettings(slackSettings, settings);
		if (!read.ok) return read;
		const reader = new SettingsReader(context);
		const found = reader.firstSecret(read.value, "api_url", "slack_api_url");
		if (found === null && reader.issues.length === 0) {
			reader.complain("api_url", "is missing, and there is no slack_api_url in the global section");
		}
		const url = found === null ? null : reader.url(found.value, found.place);
		const headers = authHeaders(reader, read.value.http_config);
		reader.templates(slackTemplates(read.value));
		const language = read.value.language ?? context.language;
		return reader.done(() =>
			url === null
				? null
				: {
						channel: "slack",
						render: (message) => JSON.stringify(render(read.value, context.templates, language, message)),
						send: (attempt, io) => guarded(io, () => post(url, headers, attempt.body, io)),
						test: (io) => test(url, headers, io),
					},
		);
	},
	fromEnvironment: (variables) => settingsFrom(variables, { api_url: "RECEIVER_SLACK_URL" }),
};

function render(settings: SlackSettings, templates: TemplateSet, language: Language, message: Message): object {
	const around = slackAround(settings, templates, message);
	if (hasContent(settings)) {
		const attachment = slackAttachment(settings, templates, message);
		if (attachment.ok && around.ok) return { ...around.value, attachments: [attachment.value] };
		return ownMessage(settings, templates, language, message, attachment.ok ? around : attachment);
	}
	return ownMessage(settings, templates, language, message, around);
}

/** Our own blocks; what the settings' templates could add is left out when one of them failed. */
function ownMessage(
	settings: SlackSettings,
	templates: TemplateSet,
	language: Language,
	message: Message,
	tried: ReturnType<typeof slackAround>,
): object {
	const buttons = slackButtons(settings, templates, message);
	const problem = !tried.ok ? tried.failure : buttons.ok ? null : buttons.failure;
	const color = settings.color !== undefined && /^(#[0-9a-fA-F]{3,8}|good|warning|danger)$/.test(settings.color);
	return {
		...slackAroundOf(settings, templates, message),
		...slackMessage(
			tellStory(message, language, problem),
			color ? (settings.color ?? null) : null,
			buttons.ok ? buttons.value : [],
		),
	};
}

function slackAroundOf(settings: SlackSettings, templates: TemplateSet, message: Message): object {
	const around = slackAround(settings, templates, message);
	return around.ok ? around.value : {};
}

async function post(
	url: URL,
	headers: Readonly<Record<string, string>>,
	body: string,
	io: ChannelIo,
	isApi = false,
): Promise<Outcome> {
	const reply = await call(io, deadline(io), { url, headers, body, read: true });
	return reply.ok ? meaning(reply.value, io, isApi) : reply.failure;
}

/** `isApi`: only the Web API's own word counts; an incoming webhook answers a bare `ok`. */
function meaning(reply: Reply, io: ChannelIo, isApi: boolean): Outcome {
	const { status, text, retryAfterMs } = reply;
	const answer = parseAnswer(text);
	if (status >= 200 && status < 300) {
		if (text === null) return { kind: "retry", why: "the answer broke off", httpStatus: status, retryAfterMs: null };
		if (answer?.["ok"] === true || (!isApi && answer?.["ok"] !== false))
			return { kind: "delivered", httpStatus: status };
		if (answer?.["ok"] !== false) {
			return { kind: "retry", why: "the answer was not Slack's", httpStatus: status, retryAfterMs: null };
		}
		const why = `slack refused it${safeWords(answer["error"])}`;
		if (!PASSING.has(String(answer["error"]))) return never(why, status);
		return { kind: "retry", why, httpStatus: status, retryAfterMs };
	}
	const outcome = httpOutcome(status, null, io.nowMs);
	const words = safeWords(answer === null ? text?.trim() : answer["error"]);
	if (outcome.kind === "retry") return { ...outcome, why: outcome.why + words, retryAfterMs };
	return outcome.kind === "never" ? { ...outcome, why: outcome.why + words } : outcome;
}

/** A bot's token is asked about itself; an incoming webhook has no question that is no message. */
async function test(url: URL, headers: Readonly<Record<string, string>>, io: ChannelIo): Promise<Trial> {
	const isBot = url.pathname.endsWith("/chat.postMessage") && headers["authorization"]?.startsWith("Bearer ") === true;
	if (!isBot) return reach(url, "hook", io);
	const about = new URL("auth.test", url);
	return { ...(await guarded(io, () => post(about, headers, "{}", io, true))), scope: "account" };
}

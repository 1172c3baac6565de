/**
 * What a notification template, or a whole receiver, would say of a message: a text to be stored is tried out without telling anyone.
 * Nothing is sent, and what a receiver adds when it sends (keys, signatures) is not shown.
 */
import * as v from "valibot";
import { err, ok, type Result } from "../lib/result.ts";
import { type Failure, invalid } from "../model/errors.ts";
import { fingerprint } from "../model/fingerprint.ts";
import {
	ALERT_PAIRS_MAX,
	ALERT_TEXT_CHARS_MAX,
	INTEGRATIONS_PER_RECEIVER_MAX,
	MINUTE_MS,
	PREVIEW_ALERTS_MAX,
	RECEIVER_NAME_CHARS_MAX,
	TEMPLATE_CHARS_MAX,
} from "../model/limits.ts";
import type { Message, MessageAlert } from "../model/message.ts";
import { gather, messageOf } from "../notify/group/message.ts";
import { openTarget } from "../notify/opened.ts";
import { ask, notifierStub } from "../peers/stubs.ts";
import { DEFAULT_TEMPLATES } from "../template/default-templates.ts";
import { notificationData } from "../template/notification-data.ts";
import { TemplateSet } from "../template/template-set.ts";

const Pairs = v.pipe(
	v.record(v.pipe(v.string(), v.nonEmpty()), v.pipe(v.string(), v.maxLength(ALERT_TEXT_CHARS_MAX))),
	v.maxEntries(ALERT_PAIRS_MAX),
);

const SampleAlert = v.strictObject({
	status: v.optional(v.picklist(["firing", "resolved"]), "firing"),
	labels: v.optional(Pairs, {}),
	annotations: v.optional(Pairs, {}),
	generatorURL: v.optional(v.pipe(v.string(), v.maxLength(ALERT_TEXT_CHARS_MAX)), ""),
});

/** Either a text (with `html`: as a mail has it) or a receiver, and a sample message; two alerts if it is left out. */
export const PreviewSchema = v.pipe(
	v.strictObject({
		text: v.optional(v.pipe(v.string(), v.maxLength(TEMPLATE_CHARS_MAX))),
		html: v.optional(v.boolean(), false),
		receiver: v.optional(v.pipe(v.string(), v.nonEmpty(), v.maxLength(RECEIVER_NAME_CHARS_MAX))),
		message: v.optional(
			v.strictObject({
				groupLabels: v.optional(Pairs, {}),
				alerts: v.pipe(v.array(SampleAlert), v.minLength(1), v.maxLength(PREVIEW_ALERTS_MAX)),
			}),
		),
	}),
	v.check(({ text, receiver }) => (text === undefined) !== (receiver === undefined), "either text or receiver"),
);

export type PreviewWish = v.InferOutput<typeof PreviewSchema>;

/** The text that a template makes, or the body that each integration of a receiver would send. */
export async function previewMessage(env: Env, wish: PreviewWish, nowMs: number): Promise<Result<unknown, Failure>> {
	const message = sampleOf(wish, nowMs);
	if (wish.text === undefined) return previewReceiver(env, message);
	const files = await ask("the notifier", () => notifierStub(env).templates());
	if (!files.ok) return files;
	const set = TemplateSet.empty.with([...DEFAULT_TEMPLATES, ...files.value]);
	if (!set.ok) return err({ code: "conflict", reason: `the templates that were uploaded: ${set.failure}` });
	const wrong = set.value.check(wish.text);
	if (wrong !== null) return err(invalid("text", wrong));
	const made = set.value.expand(wish.text, notificationData(message), { html: wish.html, nowMs });
	return made.ok ? ok({ text: made.value }) : err(invalid("text", made.failure));
}

async function previewReceiver(env: Env, message: Message): Promise<Result<unknown, Failure>> {
	const [config, receivers] = await Promise.all([
		ask("the notifier", () => notifierStub(env).config()),
		ask("the notifier", () => notifierStub(env).receivers()),
	]);
	if (!config.ok) return config;
	if (!receivers.ok) return receivers;
	const targets = receivers.value.filter(({ receiver: target }) => {
		return target.includes("/") && target.slice(0, target.lastIndexOf("/")) === message.receiver;
	});
	if (targets.length === 0) {
		return err({ code: "not_found", what: `receiver '${message.receiver}' with an integration` });
	}
	const integrations = [];
	for (const { receiver: target, channel } of targets.slice(0, INTEGRATIONS_PER_RECEIVER_MAX)) {
		const opened = await openTarget(env, target, config.value.version);
		integrations.push(
			typeof opened === "string"
				? { target, channel, problem: opened, body: null }
				: { target, channel, problem: null, body: opened.render(message) },
		);
	}
	return ok({ integrations });
}

function sampleOf({ receiver = "preview", message }: PreviewWish, nowMs: number): Message {
	const alerts = (message?.alerts ?? DEFAULT_ALERTS).map(
		({ status, labels, annotations, generatorURL }): MessageAlert => {
			const all = { alertname: "Sample", ...labels };
			return {
				fingerprint: fingerprint(all),
				status,
				labels: all,
				annotations,
				startsAtMs: nowMs - 10 * MINUTE_MS,
				endsAtMs: status === "resolved" ? nowMs : null,
				generatorUrl: generatorURL,
				value: null,
				reason: null,
			};
		},
	);
	const groupLabels = message?.groupLabels ?? { alertname: "HighLatency" };
	const parts = { receiver, groupKey: "{}:{}", groupLabels, externalUrl: "", cause: "test", nowMs } as const;
	return messageOf({ ...parts, alerts: gather(alerts) });
}

const DEFAULT_ALERTS: readonly v.InferOutput<typeof SampleAlert>[] = [
	{
		status: "firing",
		labels: { alertname: "HighLatency", severity: "critical", instance: "api-1" },
		annotations: { summary: "p95 of api-1 is above 500 ms", description: "It has been for five minutes." },
		generatorURL: "",
	},
	{
		status: "resolved",
		labels: { alertname: "HighLatency", severity: "critical", instance: "api-2" },
		annotations: { summary: "p95 of api-2 is above 500 ms", description: "It was for twelve minutes." },
		generatorURL: "",
	},
];

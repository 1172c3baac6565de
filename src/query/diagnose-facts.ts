/** What a diagnosis of a message looks at, gathered from D1 and the notifier. It judges nothing, and sends nothing. */
import type { NotificationLogRow } from "../db/notification-logs.ts";
import { channelOutcomes } from "../db/notification-search.ts";
import { loadUserConfig, type UserConfigRow } from "../db/user-configs.ts";
import { ok, type Result } from "../lib/result.ts";
import type { AppTemplate } from "../model/app-template.ts";
import type { Failure } from "../model/errors.ts";
import { HOUR_MS } from "../model/limits.ts";
import type { Outcome, ReceiverHealth } from "../model/notification.ts";
import { ask, notifierStub } from "../peers/stubs.ts";
import { appTemplate } from "./app-templates.ts";
import { loadNotification, type Notification } from "./notification.ts";

/** An answer, or that nobody gave one. */
export type Known<T> = { readonly kind: "known"; readonly value: T } | { readonly kind: "unknown" };

/** What a channel's test can show, as the channels have it. */
export type TrialScope = "account" | "chat" | "host" | "hook" | "events" | "binding" | "nothing";

/** What a test of a receiver came to. */
export type Connection =
	| { readonly kind: "tested"; readonly target: string; readonly outcome: Outcome & { readonly scope: TrialScope } }
	| { readonly kind: "late"; readonly target: string }
	/** It could not be opened: why, without secrets. */
	| { readonly kind: "closed"; readonly target: string; readonly why: string };

export type Facts = {
	readonly id: string;
	readonly notification: Notification;
	readonly isOwn: boolean;
	readonly user: string;
	readonly channel: string;
	readonly templateKey: string | null;
	/** Of an application's message; null: there is no template of its key. */
	readonly template: Known<AppTemplate | null>;
	/** Names of the variables that were given; null: not known. */
	readonly given: readonly string[] | null;
	/** How the user wants to be reached on this channel; null: nothing is stored. */
	readonly userConfig: Known<UserConfigRow | null>;
	/** The targets of the receiver, of a message of Perdure's own. */
	readonly targets: Known<readonly ReceiverHealth[]>;
	/** How other messages on the channel ended within the last hour, by status. */
	readonly others: Known<Readonly<Record<string, number>>>;
};

const UNKNOWN = { kind: "unknown" } as const;

/** `given`: variables that the caller knows were given, in place of those that were reported. */
export async function gatherFacts(
	env: Env,
	id: string,
	given: readonly string[] | null,
	nowMs: number,
): Promise<Result<Facts, Failure>> {
	const found = await loadNotification(env, id);
	if (!found.ok) return found;
	const { row, kept } = found.value;
	const isOwn = kept !== null || row?.source === "perdure";
	const user = row?.user_id ?? kept?.delivery.receiver ?? "";
	const channel = row?.channel_type ?? kept?.delivery.channel ?? "";
	const templateKey = isOwn ? null : (row?.template_key ?? null);
	const [template, userConfig, targets, others] = await Promise.all([
		templateKey === null ? UNKNOWN : known(appTemplate(env.DB, templateKey)),
		isOwn ? UNKNOWN : known(loadUserConfig(env.DB, user, channel)),
		isOwn ? targetsOf(env, found.value, user) : UNKNOWN,
		isOwn ? UNKNOWN : known(channelOutcomes(env.DB, channel, nowMs - HOUR_MS)),
	]);
	return ok({
		id,
		notification: found.value,
		isOwn,
		user,
		channel,
		templateKey,
		template,
		given: given ?? reported(row),
		userConfig,
		targets,
		others:
			others.kind === "unknown"
				? UNKNOWN
				: {
						kind: "known",
						value: Object.fromEntries(others.value.map(({ status, messages }) => [status, messages])),
					},
	});
}

/** The targets that the message went to, or would have gone to, if they are still there. */
async function targetsOf(
	env: Env,
	{ kept, attempts }: Notification,
	receiver: string,
): Promise<Known<readonly ReceiverHealth[]>> {
	const answer = await ask("the notifier", () => notifierStub(env).receivers());
	if (!answer.ok) return UNKNOWN;
	const target = kept?.delivery.target ?? attempts.at(-1)?.receiver ?? null;
	const isMeant = (name: string): boolean => {
		return target === null ? name.slice(0, name.lastIndexOf("/")) === receiver : name === target;
	};
	return { kind: "known", value: answer.value.filter((one) => isMeant(one.receiver)) };
}

async function known<T>(read: Promise<Result<T, Failure>>): Promise<Known<T>> {
	const result = await read;
	return result.ok ? { kind: "known", value: result.value } : UNKNOWN;
}

function reported(row: NotificationLogRow | null): readonly string[] | null {
	if (row === null || row.variables === null) return null;
	const names: unknown = JSON.parse(row.variables);
	return Array.isArray(names) ? names.filter((name) => typeof name === "string") : null;
}

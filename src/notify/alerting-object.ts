/**
 * The half of the notifier that people and other senders speak to: alerts, silences, configuration. It says what has to change;
 * the other half (notifier-object.ts) is for Perdure itself.
 */
import { DurableObject } from "cloudflare:workers";
import { nowMs } from "../lib/clock.ts";
import { err, ok, type Result } from "../lib/result.ts";
import { uuid4 } from "../lib/uuid4.ts";
import type {
	AlertingApi,
	AlertsQuery,
	AlertView,
	ConfigView,
	GroupView,
	Listed,
	PostedAlert,
	PostedReceipt,
	SilenceWish,
} from "../model/alerting-rpc.ts";
import type { Failure, Issue } from "../model/errors.ts";
import type { Labels } from "../model/labels.ts";
import type { Matcher } from "../model/matcher.ts";
import type { Silence } from "../model/routing.ts";
import { RouteTree } from "../routing/route-tree.ts";
import { configView, putConfigFile, putTemplateFile } from "./config-desk.ts";
import { listAlerts, listGroups } from "./desk.ts";
import { TEMPLATE_PREFIX } from "./files.ts";
import { NotifierCore } from "./notifier-core.ts";
import { testMessage } from "./test-message.ts";

export class AlertingObject extends DurableObject<Env> implements AlertingApi {
	/** An own member of the instance: callers by RPC reach methods only. */
	protected readonly core: NotifierCore;

	constructor(ctx: DurableObjectState, env: Env) {
		super(ctx, env);
		this.core = new NotifierCore(ctx, env);
	}

	/** The same alerts again change nothing, and cost no row. */
	async postAlerts(alerts: readonly PostedAlert[]): Promise<Result<PostedReceipt, Failure>> {
		const now = nowMs();
		const receipt = this.core.move((notifier) => notifier.post(alerts, now));
		this.core.arm(now);
		return ok(receipt);
	}

	async alerts(query: AlertsQuery): Promise<Result<Listed<AlertView>, Failure>> {
		return listAlerts(this.core.notifier, query, nowMs());
	}

	async groups(query: AlertsQuery): Promise<Result<Listed<GroupView>, Failure>> {
		return listGroups(this.core.notifier, query, nowMs());
	}

	async silences(matchers: readonly Matcher[]): Promise<Result<readonly Silence[], Failure>> {
		return ok(this.core.notifier.silences.having(matchers));
	}

	async putSilence(wish: SilenceWish): Promise<Result<string, Failure>> {
		const now = nowMs();
		const saved = this.core.move((notifier) =>
			notifier.silences.put(wish, uuid4(crypto.getRandomValues(new Uint8Array(16))), now),
		);
		if (saved.ok) this.core.notifier.mutes.changed = true;
		this.core.arm(now);
		return saved;
	}

	async expireSilence(id: string): Promise<Result<null, Failure>> {
		const now = nowMs();
		const ended = this.core.move((notifier) => notifier.expireSilence(id, now));
		if (ended.ok) this.core.notifier.mutes.changed = true;
		this.core.arm(now);
		return ended;
	}

	async acknowledge(groupKey: string, by: string, comment: string): Promise<Result<null, Failure>> {
		const now = nowMs();
		const isDone = this.core.move((notifier) => notifier.acknowledge(groupKey, by, comment, now));
		this.core.arm(now);
		return isDone ? ok(null) : err({ code: "not_found", what: "group of this key that fires" });
	}

	async config(): Promise<ConfigView> {
		return configView(this.core.notifier.configuration);
	}

	async putConfig(text: string | null): Promise<Result<readonly Issue[], Failure>> {
		const now = nowMs();
		const answer = this.core.move((notifier) => putConfigFile(notifier, this.core.variables, text, now));
		this.core.arm(now);
		return answer;
	}

	async putTemplates(name: string, text: string | null): Promise<Result<null, Failure>> {
		const now = nowMs();
		return this.core.move((notifier) => putTemplateFile(notifier, this.core.variables, name, text, now));
	}

	async templates(): Promise<readonly { readonly name: string; readonly text: string }[]> {
		return this.core.notifier.configuration.templates.map(({ name, text }) => ({
			name: name.slice(TEMPLATE_PREFIX.length),
			text,
		}));
	}

	async explain(labels: Labels): Promise<unknown> {
		return new RouteTree(this.core.notifier.configuration.routing.route).explain(labels);
	}

	async sendTest(receiver: string): Promise<Result<readonly string[], Failure>> {
		const now = nowMs();
		const { receivers } = this.core.notifier.configuration.routing;
		if (!receivers.some(({ name }) => name === receiver)) {
			return err({
				code: "not_found",
				what: `receiver '${receiver.slice(0, 100)}'; there are ${receivers
					.map(({ name }) => name)
					.join(", ")
					.slice(0, 500)}`,
			});
		}
		const ids = this.core.move((notifier) => notifier.send(testMessage(receiver, now), now));
		this.core.arm(now);
		return ok(ids);
	}
}

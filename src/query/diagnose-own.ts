/** The steps of a diagnosis that look at one of Perdure's own messages: its receiver, the way there, mutes, dead letters. Pure. */
import type { ReceiverHealth } from "../model/notification.ts";
import type { Connection, Facts, TrialScope } from "./diagnose-facts.ts";
import { fine, type Verdict, wrong } from "./diagnose-verdict.ts";

/** Whether the receiver is in the configuration, and can be opened. */
export function receiverSteps({ targets, user }: Facts): readonly Verdict[] {
	if (targets.kind === "unknown") {
		return [
			wrong(
				"configuration",
				"warning",
				["the notifier did not answer", "通知器没有响应"],
				["ask again in a minute; look at /api/health", "请一分钟后重试，并查看 /api/health"],
			),
		];
	}
	if (targets.value.length === 0) {
		return [
			wrong(
				"configuration",
				"failed",
				[`receiver '${user}' is not in the configuration (any more)`, `配置中没有（或不再有）接收者 '${user}'`],
				[
					"add it again (PUT /api/v1/alertmanager/config), or let the route lead elsewhere; POST /api/v1/routes/test shows where",
					"重新添加（PUT /api/v1/alertmanager/config），或修改路由；POST /api/v1/routes/test 可查看去向",
				],
			),
		];
	}
	return targets.value.map(receiverVerdict);
}

function receiverVerdict({ receiver, configured, problem }: ReceiverHealth): Verdict {
	if (configured) return fine("configuration", `'${receiver}' is configured`, `'${receiver}' 已配置`);
	const why = problem ?? "it has no settings";
	return wrong(
		"configuration",
		"failed",
		[`'${receiver}' is not configured: ${why}`, `'${receiver}' 未配置：${why}`],
		[
			"fill in its settings or its secret (wrangler secret put), then replay",
			"补全设置或密钥（wrangler secret put），然后重发",
		],
	);
}

/** What a test of the receiver showed. Null: it was not tested. */
export function connectionSteps(connection: Connection | null): readonly Verdict[] {
	if (connection === null) return [];
	const { target } = connection;
	if (connection.kind === "late") {
		return [
			wrong(
				"connection",
				"failed",
				[`'${target}' did not answer in time`, `'${target}' 没有及时响应`],
				["look at the status of the service; Perdure goes on trying for a day", "检查目标服务状态；Perdure 会重试一天"],
			),
		];
	}
	if (connection.kind === "closed") {
		return [
			wrong(
				"connection",
				"failed",
				[`'${target}' cannot be opened: ${connection.why}`, `'${target}' 无法打开：${connection.why}`],
				["correct the configuration, then replay", "修正配置后重发"],
			),
		];
	}
	return [testVerdict(target, connection.outcome)];
}

type Tested = Extract<Connection, { readonly kind: "tested" }>["outcome"];

/** What a test that went well shows, and what it does not: that is said as plainly. */
const SHOWN: Readonly<Record<TrialScope, readonly [en: string, zh: string]>> = {
	account: [
		"the service knows its token; not tested: whether it may write into the channel",
		"服务认可其令牌；未测试：是否有权向该频道发消息",
	],
	chat: [
		"the service knows the bot and the chat; not tested: whether the bot may write there",
		"服务认可该机器人与会话；未测试：机器人是否有权发言",
	],
	host: [
		"its host answers; not tested: whether it takes a message, its path and its keys",
		"其主机有响应；未测试：路径、密钥以及是否接受消息",
	],
	hook: [
		"its host answers; not tested: the address itself, whose key only a message can try",
		"其主机有响应；未测试：地址中的密钥，只有发送消息才能验证",
	],
	events: [
		"its host answers; not tested: the routing key, which only an event can try, and that would be an incident",
		"其主机有响应；未测试：routing key，只有发送事件才能验证，而事件会产生告警",
	],
	binding: [
		"the deployment has the binding EMAIL and the addresses are of the right form; not tested: whether sender and mailboxes are accepted",
		"部署已绑定 EMAIL 且地址格式正确；未测试：发件人与收件箱是否被接受",
	],
	nothing: ["it writes to the Worker's own log: there is no connection to test", "写入 Worker 自身日志，无需连接测试"],
};
const THE_REST = "POST /api/v1/receivers/<name>/test";

function reached(target: string, { scope, httpStatus }: Tested): Verdict {
	const [en, zh] = SHOWN[scope];
	const status = httpStatus === null ? "" : ` (http ${httpStatus})`;
	const [restEn, restZh] =
		scope === "nothing" ? ["", ""] : [`; ${THE_REST} shows the rest`, `；${THE_REST} 可验证其余部分`];
	return fine("connection", `'${target}': ${en}${status}${restEn}`, `'${target}'：${zh}${status}${restZh}`);
}

function testVerdict(target: string, outcome: Tested): Verdict {
	if (outcome.kind === "delivered") return reached(target, outcome);
	const what = [`'${target}': ${outcome.why}`, `'${target}'：${outcome.why}`] as const;
	if (outcome.kind === "retry") {
		return wrong("connection", "failed", what, [
			"look for a typing error in the address, and at the status of the service; Perdure goes on trying for a day",
			"检查地址是否有误以及目标服务状态；Perdure 会重试一天",
		]);
	}
	if (outcome.scope === "binding") {
		return wrong("connection", "failed", what, [
			"add a send_email binding named EMAIL (wrangler.toml) and deploy, then replay",
			"在 wrangler.toml 中添加名为 EMAIL 的 send_email 绑定并部署，然后重发",
		]);
	}
	return wrong("connection", "failed", what, [
		"the service refuses for good: correct address, token or permission, then replay",
		"服务永久拒绝：修正地址、令牌或权限后重发",
	]);
}

/** Whether it was kept from being told. */
export function muteSteps({ notification }: Facts): readonly Verdict[] {
	const { row } = notification;
	if (row?.status !== "muted") return [fine("mute", "it was not muted", "未被静默")];
	const why = row.error ?? "";
	return [
		wrong(
			"mute",
			"failed",
			[`the alert was muted by ${why}`, `告警被静默：${why}`],
			[
				"if it should be told: end the silence, or look at the inhibition or time interval that is named",
				"如需通知：结束该静默，或检查所指的抑制规则或时间段",
			],
		),
	];
}

/** Whether it was given up. */
export function deadSteps({ notification, id }: Facts): readonly Verdict[] {
	const { row, kept } = notification;
	const isDead = kept === null ? row?.status === "failed" : kept.delivery.state === "dead";
	if (!isDead) return [fine("dead_letter", "it was not given up", "未进入死信")];
	const error = kept?.delivery.lastError ?? row?.error ?? "";
	const replay = `POST /api/v1/notifications/${encodeURIComponent(id)}/replay`;
	if (kept === null) {
		return [
			wrong(
				"dead_letter",
				"failed",
				[`it was given up: ${error}; the notifier does not keep it any more`, `已放弃：${error}；通知器不再保留该消息`],
				["correct the cause; the next message of the group will show it", "修正原因；该组的下一条消息会验证"],
			),
		];
	}
	return [
		wrong(
			"dead_letter",
			"failed",
			[
				`it was given up after ${kept.delivery.attempts} attempts: ${error}`,
				`尝试 ${kept.delivery.attempts} 次后放弃：${error}`,
			],
			[`correct the cause, then ${replay}`, `修正原因后 ${replay}`],
		),
	];
}

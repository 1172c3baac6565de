/** The steps of a diagnosis that look at an application's own message: its template, its user, its channel. Pure. */
import type { AppTemplate } from "../model/app-template.ts";
import type { Facts } from "./diagnose-facts.ts";
import { fine, type Verdict, wrong } from "./diagnose-verdict.ts";

const D1_SILENT: readonly [string, string] = ["D1 did not answer", "D1 没有响应"];
const AGAIN: readonly [string, string] = ["ask again in a minute", "请一分钟后重试"];

/** Whether the template exists, and whether it was given what it needs. */
export function templateSteps({ templateKey, template, channel, given }: Facts): readonly Verdict[] {
	if (templateKey === null) return [fine("template", "the message has no template", "该消息没有使用模板")];
	if (template.kind === "unknown") return [wrong("template", "warning", D1_SILENT, AGAIN)];
	const key = `'${templateKey}'`;
	const put = `PUT /api/v1/templates/${encodeURIComponent(templateKey)}`;
	const found = template.value;
	if (found === null) {
		return [
			wrong(
				"template",
				"warning",
				[`Perdure has no template ${key}`, `Perdure 中没有模板 ${key}`],
				[`correct its key in the application, or store it: ${put}`, `在应用中更正模板键，或保存该模板：${put}`],
			),
		];
	}
	return [templateVerdict(found, channel, put), variablesVerdict(found, given)];
}

function templateVerdict(template: AppTemplate, channel: string, put: string): Verdict {
	const key = `'${template.key}'`;
	if (!template.isActive) {
		return wrong(
			"template",
			"failed",
			[`template ${key} is switched off`, `模板 ${key} 已停用`],
			[`switch it on (isActive): ${put}`, `启用该模板（isActive）：${put}`],
		);
	}
	const languages = template.contents
		.filter((one) => one.channel === channel || one.channel === "*")
		.map((one) => one.language);
	if (languages.length === 0) {
		return wrong(
			"template",
			"failed",
			[`template ${key} has no content for channel '${channel}'`, `模板 ${key} 没有渠道 '${channel}' 的内容`],
			[`add a content for it, or one for channel '*': ${put}`, `为该渠道或渠道 '*' 添加内容：${put}`],
		);
	}
	const names = [...new Set(languages)].join(", ");
	return fine("template", `template ${key} exists (${names})`, `模板 ${key} 存在（${names}）`);
}

function variablesVerdict({ variables }: AppTemplate, given: readonly string[] | null): Verdict {
	const list = variables.join(", ");
	if (variables.length === 0) return fine("variables", "the template needs no variable", "该模板不需要变量");
	if (given === null) {
		return wrong(
			"variables",
			"warning",
			[`it is not known which variables were given; it needs ${list}`, `不知道传入了哪些变量；模板需要 ${list}`],
			[
				"let monitor.message() report `variables` (their names), or ask with ?variables=a,b",
				"在 monitor.message() 中上报 `variables`（变量名），或在查询中加上 ?variables=a,b",
			],
		);
	}
	const missing = variables.filter((name) => !given.includes(name));
	if (missing.length > 0) {
		const names = missing.join(", ");
		return wrong(
			"variables",
			"failed",
			[`these variables were not given: ${names}`, `缺少变量：${names}`],
			["give them, or take them out of the template", "传入这些变量，或从模板中删除"],
		);
	}
	const more = given.filter((name) => !variables.includes(name));
	if (more.length === 0) return fine("variables", "all variables were given", "变量齐全");
	const names = more.join(", ");
	return wrong(
		"variables",
		"warning",
		[
			`all variables were given, and some that the template does not know: ${names}`,
			`变量齐全，但有模板不认识的变量：${names}`,
		],
		["look whether one of them is misspelt", "检查是否拼写错误"],
	);
}

/** Whether it is known how the user wants to be reached. */
export function userSteps({ userConfig, user, channel }: Facts): readonly Verdict[] {
	const put = `PUT /api/v1/users/${encodeURIComponent(user)}/channels/${encodeURIComponent(channel)}`;
	if (userConfig.kind === "unknown") return [wrong("configuration", "warning", D1_SILENT, AGAIN)];
	if (userConfig.value === null) {
		return [
			wrong(
				"configuration",
				"failed",
				[`user '${user}' has no configuration for channel '${channel}'`, `用户 '${user}' 没有配置渠道 '${channel}'`],
				[`store it: ${put}; or send by a channel that the user has`, `保存配置：${put}；或改用该用户已配置的渠道`],
			),
		];
	}
	if (userConfig.value.is_active === 0) {
		return [
			wrong(
				"configuration",
				"failed",
				[`user '${user}' has switched channel '${channel}' off`, `用户 '${user}' 已关闭渠道 '${channel}'`],
				[`respect that, or switch it on: ${put}`, `尊重用户设置，或重新启用：${put}`],
			),
		];
	}
	if (userConfig.value.config === "{}") {
		return [
			wrong(
				"configuration",
				"failed",
				[`the configuration of channel '${channel}' is empty`, `渠道 '${channel}' 的配置为空`],
				[`fill it in: ${put}`, `补全配置：${put}`],
			),
		];
	}
	return [fine("configuration", `channel '${channel}' is configured`, `渠道 '${channel}' 已配置`)];
}

/** Perdure does not send this message itself: how others fared on the same channel stands for a test of it. */
export function channelSteps({ others, channel }: Facts): readonly Verdict[] {
	if (others.kind === "unknown") return [wrong("connection", "warning", D1_SILENT, AGAIN)];
	const success = others.value["success"] ?? 0;
	const failed = others.value["failed"] ?? 0;
	if (success > 0) {
		const of = success + failed;
		return [
			fine(
				"connection",
				`the channel works: of the last ${of} messages of this hour on '${channel}', ${success} arrived`,
				`渠道可用：最近一小时 '${channel}' 的 ${of} 条消息中有 ${success} 条成功`,
			),
		];
	}
	if (failed > 0) {
		return [
			wrong(
				"connection",
				"failed",
				[
					`nothing arrived on channel '${channel}' within an hour (${failed} failed)`,
					`最近一小时渠道 '${channel}' 没有任何消息成功（${failed} 条失败）`,
				],
				[
					"look at the status of the service behind it, and at the application's credentials for it",
					"检查目标服务的状态以及应用的凭证",
				],
			),
		];
	}
	return [
		wrong(
			"connection",
			"warning",
			[
				`the application sends this message, so Perdure cannot test it; nothing else was sent on '${channel}' within an hour`,
				`该消息由应用发送，Perdure 无法测试；最近一小时 '${channel}' 没有其他消息`,
			],
			["send a test message from the application", "从应用发送一条测试消息"],
		),
	];
}

/** The words of our own messages, in each language they are written in. Only words: what is said when, story.ts knows. */
import { unreachable } from "../../lib/assert.ts";
import type { MessageCause } from "../../model/message.ts";
import type { Language } from "./integration.ts";

export type Words = {
	/** Of a group: `[FIRING:2, RESOLVED:1] HighErrorRate`. Counts of 0 are left out. */
	readonly title: (firing: number, resolved: number, cause: MessageCause, name: string) => string;
	readonly firing: string;
	readonly resolved: string;
	readonly alerts: (count: number) => string;
	readonly more: (count: number) => string;
	readonly moreLabels: (count: number) => string;
	readonly value: string;
	readonly reason: string;
	readonly reasons: Readonly<Record<string, string>>;
	readonly labels: string;
	readonly since: (start: string, lasted: string) => string;
	readonly until: (start: string, end: string, lasted: string) => string;
	/** What a cause adds; null: it goes without saying. */
	readonly cause: (cause: MessageCause) => string | null;
	readonly coalesced: (count: number) => string;
	/** A template could not be used; the reason is not translated. */
	readonly problem: (reason: string) => string;
	readonly runbook: string;
	readonly dashboard: string;
	readonly source: string;
	readonly open: string;
	readonly sentBy: (receiver: string) => string;
	/** Days, hours, minutes, seconds. */
	readonly units: readonly [string, string, string, string];
};

const EN: Words = {
	title: (firing, resolved, cause, name) => {
		const parts = [...(firing > 0 ? [`FIRING:${firing}`] : []), ...(resolved > 0 ? [`RESOLVED:${resolved}`] : [])];
		return `${cause === "test" ? "[TEST] " : ""}[${parts.join(", ")}] ${name}`;
	},
	firing: "Firing",
	resolved: "Resolved",
	alerts: (count) => `${count} alerts`,
	more: (count) => `… and ${count} more`,
	moreLabels: (count) => (count === 1 ? "1 more label" : `${count} more labels`),
	value: "Value",
	reason: "Ended because",
	reasons: {},
	labels: "Labels",
	since: (start, lasted) => `Since ${start} (${lasted})`,
	until: (start, end, lasted) => `From ${start} to ${end} (${lasted})`,
	cause: (cause) => {
		switch (cause) {
			case "first":
			case "changed":
			case "resolved":
			case "told":
				return null;
			case "repeat":
				return "Reminder: this has not ended yet.";
			case "escalated":
				return "Escalated: nobody acknowledged this in time.";
			case "test":
				return "This is a test: nothing has to be done.";
			default:
				return unreachable(cause);
		}
	},
	coalesced: (count) => `Stands for ${count} messages that could not be delivered in between.`,
	problem: (reason) => `A template could not be used, so this is the built-in form. ${reason}`,
	runbook: "Runbook",
	dashboard: "Dashboard",
	source: "Source",
	open: "Open Perdure",
	sentBy: (receiver) => `Sent by Perdure to ${receiver}`,
	units: ["d", "h", "m", "s"],
};

const ZH: Words = {
	title: (firing, resolved, cause, name) => {
		const parts = [...(firing > 0 ? [`告警 ${firing}`] : []), ...(resolved > 0 ? [`已恢复 ${resolved}`] : [])];
		return `${cause === "test" ? "【测试】" : ""}【${parts.join(" · ")}】${name}`;
	},
	firing: "告警中",
	resolved: "已恢复",
	alerts: (count) => `${count} 条告警`,
	more: (count) => `……另有 ${count} 条`,
	moreLabels: (count) => `另有 ${count} 个标签`,
	value: "当前值",
	reason: "结束原因",
	reasons: { recovered: "已恢复正常", vanished: "序列已消失", "no data": "没有数据", "rule changed": "规则已变更" },
	labels: "标签",
	since: (start, lasted) => `始于 ${start}（已持续 ${lasted}）`,
	until: (start, end, lasted) => `${start} 至 ${end}（持续 ${lasted}）`,
	cause: (cause) => {
		switch (cause) {
			case "first":
			case "changed":
			case "resolved":
			case "told":
				return null;
			case "repeat":
				return "提醒：该告警仍未恢复。";
			case "escalated":
				return "已升级：无人在规定时间内确认。";
			case "test":
				return "这是一条测试消息，无需处理。";
			default:
				return unreachable(cause);
		}
	},
	coalesced: (count) => `本消息合并了期间未能送达的 ${count} 条消息。`,
	problem: (reason) => `模板无法使用，已改用内置格式。${reason}`,
	runbook: "处理手册",
	dashboard: "仪表盘",
	source: "来源",
	open: "打开 Perdure",
	sentBy: (receiver) => `由 Perdure 发送至 ${receiver}`,
	units: ["天", "小时", "分钟", "秒"],
};

/** The words of a language. */
export function wordsOf(language: Language): Words {
	return language === "zh" ? ZH : EN;
}

/**
 * Our own mail in HTML. Pure; everything foreign is escaped. Tables and inline styles, since mail clients know little else;
 * no image, no font and no script from anywhere.
 */
import { EMAIL_PART_BYTES_MAX, MAIL_ALERTS_MAX } from "../../model/limits.ts";
import { utf8Bytes } from "./clip.ts";
import { escapeHtml } from "./escape.ts";
import type { Story } from "./story.ts";
import { fitStory, type View } from "./view.ts";

/** Dark enough that white text on them can be read (contrast of 4.5 and more). */
const COLORS: Readonly<Record<Story["urgency"], string>> = {
	critical: "#b3161b",
	error: "#b3400f",
	warning: "#8a5a00",
	info: "#1c5fb8",
	resolved: "#1a7448",
};
const FONT =
	"-apple-system,BlinkMacSystemFont,'Segoe UI',Roboto,'PingFang SC','Microsoft YaHei',Helvetica,Arial,sans-serif";
const MONO = "ui-monospace,SFMono-Regular,Menlo,Consolas,monospace";
const MUTED = "#5b6470";

/** The HTML of a mail, below what Gmail clips. */
export function emailHtml(story: Story): string {
	return fitStory(story, MAIL_ALERTS_MAX, render, (html) => utf8Bytes(html) <= EMAIL_PART_BYTES_MAX);
}

function render(view: View): string {
	const rows = [
		banner(view),
		...view.notes.map((note) =>
			row(
				`<p style="margin:0;padding:10px 14px;background:#fff6dd;border-radius:6px;color:#5c4300">${escapeHtml(note)}</p>`,
			),
		),
		...(view.labels.length === 0 ? [] : [row(chips(view.labels, view.moreLabels, view))]),
		...view.alerts.map((alert) => row(alertCard(alert, view))),
		...(view.omitted > 0
			? [row(`<p style="margin:0;color:${MUTED};font-weight:600">${escapeHtml(view.words.more(view.omitted))}</p>`)]
			: []),
		row(foot(view)),
	];
	return [
		`<!doctype html><html lang="${view.language === "zh" ? "zh-CN" : "en"}"><head><meta charset="utf-8">`,
		'<meta name="viewport" content="width=device-width,initial-scale=1"><meta name="color-scheme" content="light">',
		`<title>${escapeHtml(view.title)}</title></head><body style="margin:0;padding:0;background:#f2f4f7">`,
		`<table role="presentation" width="100%" cellpadding="0" cellspacing="0" style="background:#f2f4f7"><tr><td align="center" style="padding:24px 12px">`,
		`<table role="presentation" width="100%" cellpadding="0" cellspacing="0" style="max-width:640px;background:#ffffff;border-radius:10px;font-family:${FONT};font-size:14px;line-height:1.5;color:#1b2330;text-align:left">`,
		...rows,
		'<tr><td style="height:20px;line-height:20px;font-size:0">&nbsp;</td></tr></table></td></tr></table></body></html>',
	].join("\n");
}

function banner(view: View): string {
	const status = view.status === "firing" ? view.words.firing : view.words.resolved;
	return `<tr><td style="padding:20px 24px;background:${COLORS[view.urgency]};border-radius:10px 10px 0 0;color:#ffffff"><div style="font-size:12px;font-weight:600;letter-spacing:.06em;text-transform:uppercase;color:#ffffff">${escapeHtml(status)}</div><h1 style="margin:4px 0 0;font-size:20px;line-height:1.35;font-weight:700;color:#ffffff;overflow-wrap:anywhere">${escapeHtml(view.title)}</h1></td></tr>`;
}

function alertCard(alert: View["alerts"][number], view: View): string {
	const { words } = view;
	const color = alert.status === "resolved" ? COLORS.resolved : COLORS[view.urgency];
	const status = alert.status === "firing" ? words.firing : words.resolved;
	const facts = [
		...(alert.value === "" ? [] : [[words.value, `<b>${escapeHtml(alert.value)}</b>`]]),
		...(alert.reason === "" ? [] : [[words.reason, escapeHtml(alert.reason)]]),
	].map(([name, value]) => `${name}: ${value}`);
	const parts = [
		`<div style="font-size:12px;font-weight:600;color:${color}">${escapeHtml(status)}</div>`,
		`<div style="font-size:15px;font-weight:600;overflow-wrap:anywhere">${escapeHtml(alert.heading)}</div>`,
		alert.description === ""
			? ""
			: `<div style="margin-top:4px;white-space:pre-line;overflow-wrap:anywhere">${escapeHtml(alert.description)}</div>`,
		alert.labels.length === 0 ? "" : `<div style="margin-top:8px">${chips(alert.labels, alert.moreLabels, view)}</div>`,
		facts.length === 0 ? "" : `<div style="margin-top:8px">${facts.join(" &nbsp;·&nbsp; ")}</div>`,
		`<div style="margin-top:8px;font-size:12px;color:${MUTED}">${escapeHtml(alert.when)}</div>`,
		alert.links.length === 0
			? ""
			: `<div style="margin-top:8px">${alert.links.map(({ text, url }) => anchor(text, url)).join(" &nbsp;·&nbsp; ")}</div>`,
	];
	return `<div style="padding:12px 16px;border:1px solid #e3e7ec;border-left:4px solid ${color};border-radius:6px">${parts.join("")}</div>`;
}

function chips(labels: View["labels"], more: number, { words }: View): string {
	const style = `display:inline-block;margin:0 6px 6px 0;padding:2px 8px;background:#eef1f5;border-radius:4px;font-family:${MONO};font-size:12px;color:#2b3440;overflow-wrap:anywhere`;
	const shown = labels.map(
		([name, value]) => `<span style="${style}">${escapeHtml(name)}=<b>${escapeHtml(value)}</b></span>`,
	);
	const rest =
		more > 0 ? `<span style="font-size:12px;color:${MUTED}">${escapeHtml(words.moreLabels(more))}</span>` : "";
	return shown.join("") + rest;
}

function foot({ words, receiver, home }: View): string {
	const link = home === null ? "" : ` &nbsp;·&nbsp; ${anchor(words.open, home)}`;
	return `<div style="padding-top:12px;border-top:1px solid #e3e7ec;font-size:12px;color:${MUTED}">${escapeHtml(words.sentBy(receiver))}${link}</div>`;
}

function anchor(text: string, url: string): string {
	return `<a href="${escapeHtml(url)}" style="color:#1c5fb8">${escapeHtml(text)}</a>`;
}

function row(content: string): string {
	return `<tr><td style="padding:16px 24px 0">${content}</td></tr>`;
}

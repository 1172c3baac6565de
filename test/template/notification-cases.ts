/** Texts of receivers, and the messages they are expanded for: what amtool is asked, and what its answers are kept for. */
import type { Message, MessageAlert } from "../../src/model/message.ts";

const FIRING: MessageAlert = {
	fingerprint: "5d3a1f0c9b8e7d62",
	status: "firing",
	labels: { alertname: "HighLoad", severity: "critical", instance: "web-1:9100", cluster: "eu", pod: "<a&b>" },
	annotations: { summary: 'load is 7.5 & "rising" > 5', description: "first\nsecond" },
	startsAtMs: Date.UTC(2026, 0, 2, 3, 4, 5, 678),
	endsAtMs: null,
	generatorUrl: "http://prometheus/graph?g0.expr=up+%3D%3D+0&g0.tab=1",
	value: 7.5,
	reason: null,
};
const SECOND: MessageAlert = {
	...FIRING,
	fingerprint: "00000000000000ff",
	labels: { ...FIRING.labels, instance: "web-2:9100", extra: "中文+1" },
	annotations: { summary: "load is 9" },
	startsAtMs: Date.UTC(2026, 11, 31, 23, 59, 59),
};
const RESOLVED: MessageAlert = {
	...FIRING,
	fingerprint: "aaaaaaaaaaaaaaaa",
	status: "resolved",
	labels: { ...FIRING.labels, instance: "web-3:9100" },
	endsAtMs: FIRING.startsAtMs + 3_723_400,
};

const COMMON = { alertname: "HighLoad", severity: "critical", cluster: "eu", pod: "<a&b>" };

const MIXED: Message = {
	receiver: "team-x",
	status: "firing",
	groupKey: '{}:{alertname="HighLoad"}',
	groupLabels: { cluster: "eu", alertname: "HighLoad" },
	commonLabels: COMMON,
	commonAnnotations: {},
	alerts: [FIRING, SECOND, RESOLVED],
	truncatedAlerts: 0,
	externalUrl: "http://alertmanager:9093",
	cause: "first",
	coalesced: 1,
	createdMs: FIRING.startsAtMs,
};

export const MESSAGES: readonly Message[] = [
	MIXED,
	{
		...MIXED,
		receiver: "mail/ops & co",
		status: "resolved",
		groupLabels: {},
		commonLabels: RESOLVED.labels,
		commonAnnotations: RESOLVED.annotations,
		alerts: [RESOLVED],
	},
];

/** A message as amtool takes it: the JSON of Alertmanager's notification data. */
export function messageJson(message: Message): object {
	return {
		receiver: message.receiver,
		status: message.status,
		alerts: message.alerts.map((alert) => ({
			status: alert.status,
			labels: alert.labels,
			annotations: alert.annotations,
			startsAt: new Date(alert.startsAtMs).toISOString(),
			endsAt: alert.endsAtMs === null ? "0001-01-01T00:00:00Z" : new Date(alert.endsAtMs).toISOString(),
			generatorURL: alert.generatorUrl,
			fingerprint: alert.fingerprint,
		})),
		groupLabels: message.groupLabels,
		commonLabels: message.commonLabels,
		commonAnnotations: message.commonAnnotations,
		externalURL: message.externalUrl,
	};
}

const DEFAULTS = [
	"__alertmanager",
	"__alertmanagerURL",
	"__subject",
	"__description",
	"slack.default.title",
	"slack.default.username",
	"slack.default.fallback",
	"slack.default.callbackid",
	"slack.default.pretext",
	"slack.default.titlelink",
	"slack.default.iconemoji",
	"slack.default.iconurl",
	"slack.default.text",
	"slack.default.footer",
	"pagerduty.default.description",
	"pagerduty.default.client",
	"pagerduty.default.clientURL",
	"telegram.default.message",
	"email.default.subject",
];

export const NOTIFICATION_CASES: readonly string[] = [
	...DEFAULTS.map((name) => `{{ template "${name}" . }}`),
	'{{ template "pagerduty.default.instances" .Alerts.Firing }}',
	'{{ template "__text_alert_list" .Alerts }}',
	'{{ template "__text_alert_list" .Alerts.Resolved }}',
	"{{ .Receiver }} {{ .Status }} {{ .ExternalURL }}",
	"{{ .Status | toUpper }} {{ .Status | title }} {{ title `HELLO wORLD foo-bar foo_bar foo.bar don't a:b 3com ǆ` }}",
	"{{ len .Alerts }} {{ .Alerts | len }} {{ .Alerts.Firing | len }} {{ len .Alerts.Resolved }}",
	"{{ range .Alerts }}{{ .Status }} {{ .Labels.instance }} {{ .Annotations.summary }} {{ .GeneratorURL }} {{ .Fingerprint }}\n{{ end }}",
	"{{ range $i, $a := .Alerts }}{{ if $i }}, {{ end }}{{ $i }}:{{ $a.Labels.instance }}{{ end }}",
	"{{ range .Alerts.Firing }}[{{ .Labels.instance }}]{{ else }}none{{ end }}",
	"{{ range .Alerts }}{{ .StartsAt }} {{ .EndsAt }}\n{{ end }}",
	'{{ range .Alerts }}{{ .StartsAt.Format "2006-01-02 15:04:05" }} {{ .StartsAt.Format "Mon, 02 Jan 2006 15:04:05 MST" }} {{ .EndsAt.IsZero }}\n{{ end }}',
	'{{ range .Alerts }}{{ (.StartsAt.Add 28800e9).Format "2006-01-02 15:04:05.000" }} {{ (.StartsAt.Add 28800000000000).Format "3:04PM" }}\n{{ end }}',
	"{{ range .Alerts }}{{ .StartsAt.Unix }} {{ .StartsAt.UnixMilli }} {{ .StartsAt.UTC }} {{ .StartsAt.Hour }}{{ .StartsAt.Minute }} {{ .StartsAt.Nanosecond }} {{ .StartsAt.Day }} {{ .StartsAt.YearDay }}\n{{ end }}",
	"{{ range .Alerts.Resolved }}{{ .EndsAt.Sub .StartsAt }} {{ (.EndsAt.Sub .StartsAt).Truncate 1000000000 }} {{ (.EndsAt.Sub .StartsAt).Round 60000000000 }} {{ (.EndsAt.Sub .StartsAt).Seconds }} {{ (.EndsAt.Sub .StartsAt).Minutes }} {{ (.EndsAt.Sub .StartsAt).Hours }} {{ (.EndsAt.Sub .StartsAt).Milliseconds }} {{ .EndsAt.After .StartsAt }} {{ .EndsAt.Before .StartsAt }} {{ eq .EndsAt .StartsAt }}{{ end }}",
	"{{ range .GroupLabels.SortedPairs }}{{ .Name }}={{ .Value }} {{ end }}",
	"{{ .CommonLabels.SortedPairs.Names }} {{ .CommonLabels.SortedPairs.Values }} {{ .CommonLabels.Names }} {{ .CommonLabels.Values }}",
	'{{ .CommonLabels.Names | join ", " }} {{ join "-" .CommonLabels.Values }} {{ .GroupLabels.Values | join "/" }}',
	"{{ (.CommonLabels.Remove .GroupLabels.Names).Names }}",
	'{{ with .CommonLabels.Remove (stringSlice "severity" "pod") }}{{ .Names | join " " }}{{ end }}',
	"{{ .CommonLabels.nothing }}|{{ .CommonLabels.severity }}|{{ .GroupLabels.alertname }}|{{ .CommonAnnotations.summary }}",
	'{{ index .CommonLabels "severity" }} {{ (index .Alerts 0).Labels.instance }} {{ index (index .Alerts 0).Labels "pod" }}',
	'{{ if eq .Status "firing" }}🔥{{ else }}✅{{ end }} {{ if eq .CommonLabels.severity "critical" "warning" }}page{{ end }}',
	"{{ if gt (len .Alerts.Firing) 0 }}F{{ end }}{{ if gt (len .Alerts.Resolved) 0 }}R{{ end }}{{ if and (eq .Status `firing`) (ge (len .Alerts) 2) }}2{{ end }}",
	"{{ range $k, $v := .CommonLabels }}{{ $k }}:{{ $v }} {{ end }}",
	"{{ range .CommonLabels }}{{ . }} {{ end }}",
	"{{ (index .Alerts 0).Labels.instance | reReplaceAll `:.*` `` }} {{ reReplaceAll `(\\w+)-(\\d)` `$2$1` (index .Alerts 0).Labels.instance }}",
	"{{ match `^web` (index .Alerts 0).Labels.instance }} {{ .Receiver | match `team-.*` }}",
	"{{ stringSlice `a` `b` | join `+` }}|{{ stringSlice }}|{{ len (stringSlice `a`) }}",
	"{{ .Receiver | urlquery }} {{ .Receiver | html }} {{ (index .Alerts 0).Labels.pod | html }} {{ (index .Alerts 0).Labels.pod | js }}",
	'{{ printf "%s %v %d %q" .Status .CommonLabels.Names (len .Alerts) .CommonLabels.pod }}',
	'{{ printf "%v|%+v|%s" (index .Alerts 0).StartsAt (index .Alerts 0).EndsAt (index .Alerts 0).StartsAt }}',
	"{{ $alerts := .Alerts }}{{ range $alerts }}{{ $.Status }}{{ end }}{{ $severity := .CommonLabels.severity }}{{ $severity }}",
	'{{ define "me" }}*{{ .Labels.alertname }}*{{ end }}{{ range .Alerts }}{{ template "me" . }}{{ end }}',
	'{{ define "__subject" }}mine{{ end }}{{ template "slack.default.title" . }}',
	'{{ define "__subject" }}  {{ end }}{{ template "slack.default.title" . }}',
	"{{ range .Alerts -}}\n  * {{ .Labels.instance }}\n{{ end -}}\nend",
	"{{ slice .Alerts 0 1 | len }} {{ (slice .Alerts 1).Firing | len }}",
	"{{ range $i, $a := .Alerts }}{{ if eq $i 1 }}{{ break }}{{ end }}{{ $a.Status }}{{ end }}",
	"{{ .CommonLabels.Values | len }} {{ not .CommonAnnotations }} {{ with .CommonAnnotations }}some{{ else }}none{{ end }}",
	"{{ safeHtml `<b>` }} {{ 1.5 }} {{ 7 }} {{ true }}",
	"{{ range (index .Alerts 0).Labels.SortedPairs }}{{ . }}{{ end }} {{ index .GroupLabels.SortedPairs.Names }}",
	"{{ range (index .Alerts 0).Annotations.SortedPairs.Names }}{{ . }},{{ end }}",
	// Failures.
	"{{ .Nothing }}",
	"{{ .Alerts.Nothing }}",
	"{{ .Receiver.X }}",
	"{{ (index .Alerts 9).Status }}",
	"{{ index .Alerts `a` }}",
	"{{ join .CommonLabels.Names `,` }}",
	"{{ .CommonLabels | join `,` }}",
	"{{ .CommonLabels.Remove `a` }}",
	"{{ .CommonLabels.Remove }}",
	"{{ .StartsAt.Format 5 }}",
	"{{ (index .Alerts 0).StartsAt.Format 5 }}",
	"{{ (index .Alerts 0).StartsAt.Format }}",
	"{{ (index .Alerts 0).StartsAt.Add `1h` }}",
	"{{ eq .Alerts .Alerts }}",
	"{{ gt .Alerts 0 }}",
	"{{ range .Status }}{{ end }}",
	"{{ .Status.firing }}",
	"{{ .Status 1 }}",
	"{{ .CommonLabels.severity `x` }}",
	"{{ template `nothing` . }}",
	"{{ query `up` }}",
	"{{ stringSlice 1 }}",
	"{{ toUpper .Alerts }}",
	"{{ range .Alerts }}",
	"{{ .Status",
];

/** The same in HTML: only where Go's html/template inserts into text. */
export const HTML_CASES: readonly string[] = [
	"{{ range .Alerts }}{{ .Labels.pod }} {{ .Annotations.summary }} {{ .Labels.extra }} {{ .GeneratorURL }}\n{{ end }}",
	'{{ template "telegram.default.message" . }}',
	"<b>{{ .Receiver }}</b> {{ safeHtml `<i>` }}{{ `<u>` }}{{ `<` | html }}{{ `a+b` }}{{ 1.5 }}{{ .CommonLabels.none }}|",
	"{{ range .Alerts }}{{ .StartsAt }}{{ end }} {{ printf `<%s>` .Status }} {{ print (safeHtml `<`) }}",
	"{{ `a&amp;b` }} {{ len .Alerts }} {{ true }} {{ .CommonLabels.Names }} {{ .Receiver | urlquery }} {{ `\"'` }}",
	"{{ define `x` }}[{{ . }}]{{ end }}{{ template `x` }}{{ template `x` `<` }}",
];

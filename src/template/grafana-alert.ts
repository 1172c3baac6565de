/** The template `grafana-alert` that ships: what is said of an alert that Grafana reports. A stored one of this key replaces it. */
import { ANY_CHANNEL, type AppTemplate } from "../model/app-template.ts";

const VARIABLES = [
	"alertname",
	"severity",
	"instance",
	"description",
	"value",
	"status",
	"dashboardURL",
	"panelURL",
] as const;

const ENGLISH = `{{ if eq .status "resolved" }}Resolved{{ else }}Firing{{ end }}: {{ .alertname }}
{{- if .severity }}
Severity: {{ .severity }}{{ end }}
{{- if .instance }}
Instance: {{ .instance }}{{ end }}
{{- if .value }}
Value: {{ .value }}{{ end }}
{{- if .description }}

{{ .description }}{{ end }}
{{- if .dashboardURL }}

Dashboard: {{ .dashboardURL }}{{ end }}
{{- if .panelURL }}
Panel: {{ .panelURL }}{{ end }}`;

const CHINESE = `{{ if eq .status "resolved" }}已恢复{{ else }}告警中{{ end }}：{{ .alertname }}
{{- if .severity }}
级别：{{ .severity }}{{ end }}
{{- if .instance }}
实例：{{ .instance }}{{ end }}
{{- if .value }}
当前值：{{ .value }}{{ end }}
{{- if .description }}

{{ .description }}{{ end }}
{{- if .dashboardURL }}

仪表板：{{ .dashboardURL }}{{ end }}
{{- if .panelURL }}
面板：{{ .panelURL }}{{ end }}`;

const SUBJECT = "[{{ .status | toUpper }}] {{ .alertname }}{{ if .severity }} ({{ .severity }}){{ end }}";

export const GRAFANA_ALERT: AppTemplate = {
	key: "grafana-alert",
	name: "Grafana alert",
	variables: VARIABLES,
	isActive: true,
	contents: [
		{ channel: ANY_CHANNEL, language: "en", subject: SUBJECT, content: ENGLISH },
		{ channel: ANY_CHANNEL, language: "zh", subject: SUBJECT, content: CHINESE },
	],
	updatedMs: null,
};

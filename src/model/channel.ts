/** The channels that exist; each is one file in notify/channels and one line in its list. */
export const CHANNELS = ["log", "webhook", "email", "slack", "lark", "telegram", "pagerduty"] as const;
export type Channel = (typeof CHANNELS)[number];

/** The words for the label `severity` that the rules which ship use; P0 to P3 are understood as well. */
export const SEVERITIES = ["critical", "warning", "info"] as const;
export type Severity = (typeof SEVERITIES)[number];

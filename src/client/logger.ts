/**
 * Structured log lines, one JSON object each, in the shape that log searches and the tail handler read. The context is of
 * the logger, and a request has a logger of its own (`child`): a shared context would mix the requests of an isolate.
 */
import type { Labels } from "../model/labels.ts";
import { LOG_LINE_CHARS_MAX } from "../model/limits.ts";
import type { Monitor } from "./monitor.ts";
import { type Json, redact } from "./redact.ts";

export const LOG_LEVELS = ["debug", "info", "warn", "error"] as const;
export type LogLevel = (typeof LOG_LEVELS)[number];

export type LoggerOptions = {
	/** Lines below it are left out; `metric` and `request` lines count as info. Default info. */
	readonly level?: LogLevel;
	/** Stands in every line, such as `{ service, requestId }`. */
	readonly context?: Readonly<Record<string, unknown>>;
	/** Takes the lines. Default: the console, by level. */
	readonly sink?: (level: LogLevel, line: string) => void;
	/** Counts `log.errors`. */
	readonly monitor?: Pick<Monitor, "count"> | null;
	/** Unix milliseconds. Default: the machine's clock. */
	readonly nowMs?: () => number;
};

/** A request as its line tells it. `endpoint` is a pattern, not a path with identifiers. */
export type RequestLine = {
	readonly method: string;
	readonly endpoint: string;
	readonly status: number | "error";
	readonly durationMs: number;
	readonly [field: string]: unknown;
};

/**
 * Writes `{timestamp, level, message, ...context, data?}`. Data is free of secrets by their keys (authorization, token,
 * password, api_key, ...), bounded, and may be anything; errors are written as name, message and stack. Never throws.
 */
export interface Logger {
	debug(message: string, data?: unknown): void;
	info(message: string, data?: unknown): void;
	warn(message: string, data?: unknown): void;
	/** Also counts `log.errors` in the monitor. */
	error(message: string, error?: unknown): void;
	/** Writes `{timestamp, type: "metric", name, value, tags, ...context}`. The line only: record with the monitor. */
	metric(name: string, value: number, tags?: Labels): void;
	/** Writes `{timestamp, type: "request", ...request, ...context}`. */
	request(request: RequestLine): void;
	/** A logger with more context, for one request. */
	child(context: Readonly<Record<string, unknown>>): Logger;
}

/** Makes a logger. */
export function createLogger(options: LoggerOptions = {}): Logger {
	const nowMs = options.nowMs ?? Date.now;
	const sink = options.sink ?? writeToConsole;
	const least = Math.max(LOG_LEVELS.indexOf(options.level ?? "info"), 0);
	const context = redact(options.context ?? {}) as Record<string, Json>;
	const write = (level: LogLevel, fields: () => Record<string, unknown>) => {
		if (LOG_LEVELS.indexOf(level) < least) return;
		try {
			const line = JSON.stringify({ timestamp: new Date(nowMs()).toISOString(), ...fields() });
			sink(level, line.length <= LOG_LINE_CHARS_MAX ? line : shortened(line));
		} catch {
			// The sink is the host's; a line that cannot be written must not fail the work it tells of.
		}
	};
	const say = (level: LogLevel) => (message: string, data?: unknown) =>
		write(level, () => ({
			level,
			message: redact(String(message)),
			...context,
			...(data !== undefined && data !== null && { data: redact(data) }),
		}));
	const error = say("error");
	return {
		debug: say("debug"),
		info: say("info"),
		warn: say("warn"),
		error: (message, thrown) => {
			options.monitor?.count("log.errors", 1);
			error(message, thrown);
		},
		metric: (name, value, tags) =>
			write("info", () => ({ type: "metric", name, value, ...(tags && { tags: redact(tags) }), ...context })),
		request: (request) => write("info", () => ({ type: "request", ...(redact(request) as object), ...context })),
		child: (more) => createLogger({ ...options, context: { ...options.context, ...more } }),
	};
}

/** A line that is too long, still one JSON object: its beginning as a text. */
function shortened(line: string): string {
	return JSON.stringify({ type: "cut", chars: line.length, text: line.slice(0, LOG_LINE_CHARS_MAX / 4) });
}

function writeToConsole(level: LogLevel, line: string): void {
	if (level === "error") console.error(line);
	else if (level === "warn") console.warn(line);
	else if (level === "debug") console.debug(line);
	else console.log(line);
}

/** The door of `perdure/client`: what an application's Worker may use. Everything else in this folder may change. */
export type { AppMessage, MessageStatus } from "../model/app-message.ts";
export type { Labels } from "../model/labels.ts";
export type { Receipt } from "../model/receipt.ts";
export type { Clock } from "./clock.ts";
export type { D1Options } from "./d1.ts";
export type { EndpointOptions } from "./endpoint.ts";
export type { HttpTarget } from "./http-transport.ts";
export { createLogger, type Logger, type LoggerOptions, type LogLevel, type RequestLine } from "./logger.ts";
export { createMonitor, type MessageReport, type Monitor, type MonitorOptions, type MonitorTarget } from "./monitor.ts";
export { oncePerEnv } from "./once-per-env.ts";
export type { QueueOptions } from "./queue.ts";
export type { DurableFailure } from "./recorder.ts";
export type { ClientDropReason, MonitorStats } from "./tally.ts";
export { type MonitoringOptions, withMonitoring } from "./with-monitoring.ts";

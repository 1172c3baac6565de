/**
 * What Perdure's `Recorder` entrypoint answers to an application's Worker over a service binding. Plain data both ways,
 * read by the version before and after: new fields are optional, old ones stay.
 */
import type { Result } from "../lib/result.ts";
import type { AppMessage, MessagesReceipt } from "./app-message.ts";
import type { Batch } from "./batch.ts";
import type { Failure } from "./errors.ts";
import type { Receipt } from "./receipt.ts";

export interface RecorderApi {
	/** Counts a batch once; acknowledged when it is durable. The same id again changes nothing. */
	record(batch: Batch): Promise<Result<Receipt, Failure>>;
	/** Takes an application's own messages into the history: at most MESSAGES_PER_CALL_MAX; a known id updates its row. */
	messages(messages: readonly AppMessage[]): Promise<Result<MessagesReceipt, Failure>>;
}

/** Ways in over HTTP: samples, and an application's own messages. */

import * as v from "valibot";
import { type BatchIdentity, identify } from "../../ingest/batch.ts";
import { checkMediaType, type MediaTypes, readBody } from "../../ingest/body.ts";
import { parseRecord } from "../../ingest/json.ts";
import { saveMessages } from "../../ingest/messages.ts";
import { record } from "../../ingest/record.ts";
import type { Result } from "../../lib/result.ts";
import { UUID7_RANDOM_BYTES } from "../../lib/uuid7.ts";
import type { Failure } from "../../model/errors.ts";
import { BODY_BYTES_MAX, BODY_UNPACKED_BYTES_MAX } from "../../model/limits.ts";
import type { Receipt } from "../../model/receipt.ts";
import { parseJsonBody } from "../parse.ts";
import { json, partly, problem, receiptReply } from "../reply.ts";
import type { Call, Route } from "../route.ts";

/** The second one is what `curl -d` says when nobody tells it otherwise: everybody's first try is JSON under that name. */
const SAMPLES: MediaTypes = {
	accepted: ["application/json", "application/x-www-form-urlencoded"],
	wish: "send application/json, gzip if you like",
};
const BOUNDS = { wireBytesMax: BODY_BYTES_MAX, unpackedBytesMax: BODY_UNPACKED_BYTES_MAX };
const Messages = v.union([
	v.pipe(
		v.strictObject({ messages: v.array(v.unknown()) }),
		v.transform(({ messages }) => messages),
	),
	v.pipe(
		v.looseObject({ messageId: v.unknown() }),
		v.transform((message): unknown[] => [message]),
	),
]);

export const RECORD_ROUTES: readonly Route[] = [
	{ method: "POST", path: "/api/v1/record", access: "record", about: "records samples", answer: postSamples },
	{
		method: "POST",
		path: "/api/v1/messages",
		access: "record",
		about: "keeps messages of an application",
		answer: postMessages,
	},
];

async function postSamples(call: Call): Promise<Response> {
	const receipt = await recordBody(call);
	return receipt.ok ? receiptReply(receipt.value) : problem(receipt.failure);
}

async function recordBody({ request, env, nowMs }: Call): Promise<Result<Receipt, Failure>> {
	const type = checkMediaType(request, SAMPLES);
	if (!type.ok) return type;
	const identity = await identityOf(request, nowMs);
	if (!identity.ok) return identity;
	const body = await readBody(request, BOUNDS);
	if (!body.ok) return body;
	const intake = parseRecord(body.value);
	return intake.ok ? record(env, identity.value, intake.value, nowMs) : intake;
}

function identityOf(request: Request, nowMs: number): Promise<Result<BatchIdentity, Failure>> {
	const random = crypto.getRandomValues(new Uint8Array(UUID7_RANDOM_BYTES));
	return identify(request.headers.get("idempotency-key"), nowMs, random);
}

async function postMessages({ request, env, nowMs }: Call): Promise<Response> {
	const messages = await parseJsonBody(request, Messages);
	const saved = messages.ok ? await saveMessages(env, messages.value, nowMs) : messages;
	if (!saved.ok) return problem(saved.failure);
	if (saved.value.dropped === 0) return json(saved.value);
	const reason = "a message has messageId, userId, channel, template, status (pending, success, failed) and createdMs";
	return partly({ code: "invalid", issues: [{ place: "messages", reason }] }, saved.value);
}

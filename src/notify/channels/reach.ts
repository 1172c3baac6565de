/**
 * Whether the host of an address answers: one HEAD without headers of ours, keys or payload, under the rules of a send (bounded time,
 * no redirects; the address was checked when it was read). Any answer counts, for services answer a HEAD as they like: it shows that
 * there is a way there, not that the key in the address is right.
 */
import type { ChannelIo, Trial, TrialScope } from "./integration.ts";
import { call, deadline } from "./post.ts";

export async function reach(url: URL, scope: TrialScope, io: ChannelIo): Promise<Trial> {
	const reply = await call(io, deadline(io), { url, method: "HEAD", headers: {}, body: null, read: false });
	if (!reply.ok) return { ...reply.failure, scope };
	return { kind: "delivered", httpStatus: reply.value.status, scope };
}

/** A Worker and an object that do nothing but pass a body on: what the platform itself costs, to be measured beside. */
import { DurableObject, WorkerEntrypoint } from "cloudflare:workers";

type NoWorkEnv = { readonly NOWORK: DurableObjectNamespace<NoWorkObject> };

export class NoWorkObject extends DurableObject {
	async pass(body: ArrayBuffer): Promise<number> {
		return body.byteLength;
	}

	async columns(values: Float64Array): Promise<number> {
		return values.length;
	}
}

/** The same hop by RPC. */
export class NoWork extends WorkerEntrypoint<NoWorkEnv> {
	columns(name: string, values: Float64Array): Promise<number> {
		return this.env.NOWORK.getByName(name).columns(values);
	}
}

export default {
	async fetch(request: Request, env: NoWorkEnv): Promise<Response> {
		if (request.method === "GET") return new Response("ok");
		const accepted = await env.NOWORK.getByName("one").pass(await request.arrayBuffer());
		return Response.json({ accepted });
	},
};

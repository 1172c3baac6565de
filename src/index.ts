/** The Worker's entries. It names its objects and hands every event to the room that knows it. */
import { DurableObject } from "cloudflare:workers";

export class MetricObject extends DurableObject {}
export class CatalogObject extends DurableObject {}
export class NotifierObject extends DurableObject {}

export default {
	async fetch(): Promise<Response> {
		return new Response("perdure");
	},
} satisfies ExportedHandler<Env>;

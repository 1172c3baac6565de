/**
 * The one address of `npm start`: `/notify-api/...` goes to the example application, everything else to Perdure, and the
 * cron to both. It exists on a laptop only and is never deployed.
 */

/** Under the flag `service_binding_extra_handlers` a binding takes cron events too. */
type Scheduled = { scheduled(event: { readonly scheduledTime: Date; readonly cron: string }): Promise<unknown> };
type LocalEnv = { readonly PERDURE: Fetcher & Scheduled; readonly NOTIFY_API: Fetcher & Scheduled };

const PREFIX = "/notify-api";

export default {
	fetch(request, env): Promise<Response> {
		const url = new URL(request.url);
		if (url.pathname !== PREFIX && !url.pathname.startsWith(`${PREFIX}/`)) return env.PERDURE.fetch(request);
		url.pathname = url.pathname.slice(PREFIX.length) || "/";
		return env.NOTIFY_API.fetch(new Request(url, request));
	},
	async scheduled(controller, env): Promise<void> {
		const event = { scheduledTime: new Date(controller.scheduledTime), cron: controller.cron };
		await Promise.all([env.PERDURE.scheduled(event), env.NOTIFY_API.scheduled(event)]);
	},
} satisfies ExportedHandler<LocalEnv>;

/** `GET /`: what there is, for people and for programs. */
import { json, text } from "../reply.ts";
import type { Route } from "../route.ts";

/** What is only there on a laptop, and what stands under another path already. */
const HIDDEN = ["/api/v1/dev/", "/alertmanager/"];

/** The list of these routes. */
export function rootRoutes(routes: readonly Route[]): readonly Route[] {
	const shown = routes.filter(({ path }) => !HIDDEN.some((prefix) => path.startsWith(prefix)));
	const endpoints = shown.map(({ method, path, access, about }) => ({ method, path, access, about }));
	const width = Math.max(...endpoints.map(({ path }) => path.length));
	const lines = endpoints.map(({ method, path, access, about }) => {
		return `${method.padEnd(6)} ${path.padEnd(width)}  ${access.padEnd(8)} ${about}`;
	});
	const page = `Perdure: monitoring that does not forget.\n\n${lines.join("\n")}\n`;
	const answer: Route["answer"] = ({ request }) =>
		request.headers.get("accept")?.includes("application/json") === true
			? json({ name: "perdure", endpoints })
			: text(page);
	return [{ method: "GET", path: "/", access: "public", about: "this list", answer }];
}

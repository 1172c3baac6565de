/** Prometheus' `format_query` and `parse_query`: an expression written out, and its tree. Nothing is evaluated. */

import type { Expr } from "../../promql/ast.ts";
import { validate } from "../../promql/check.ts";
import { prettifyExpression } from "../../promql/format.ts";
import { parsedQuery } from "../../query/parsed-query.ts";
import type { Call, Route } from "../route.ts";
import { first, parametersOf } from "./prometheus-parameters.ts";
import { ofQuery, refused, success } from "./prometheus-reply.ts";

const FORMAT = "/api/v1/format_query";
const PARSE = "/api/v1/parse_query";
const format = (call: Call): Promise<Response> => reply(call, prettifyExpression);
const parse = (call: Call): Promise<Response> => reply(call, parsedQuery);

export const PROMETHEUS_EXPRESSION_ROUTES: readonly Route[] = [
	{ method: "GET", path: FORMAT, access: "observe", about: "PromQL, laid out; ?query=", answer: format },
	{ method: "POST", path: FORMAT, access: "observe", about: "the same, as a form", answer: format },
	{ method: "GET", path: PARSE, access: "observe", about: "the tree of an expression; ?query=", answer: parse },
	{ method: "POST", path: PARSE, access: "observe", about: "the same, as a form", answer: parse },
];

async function reply(call: Call, show: (expr: Expr, text: string) => unknown): Promise<Response> {
	const parameters = await parametersOf(call);
	if (!parameters.ok) return refused(parameters.failure);
	const text = first(parameters.value, "query");
	const expr = validate(text);
	return expr.ok ? success(show(expr.value, text)) : refused(ofQuery(expr.failure));
}

/** Request bodies and queries against their schemas, with the API's two refusals: 107 (invalid) and 108 (missing). */
import * as v from "valibot";
import type { Call } from "./call.ts";
import { AuthProblem, OAuthProblem } from "./problems.ts";

/** Where a value came from, as the error object's `validation.source` says it. */
type Source = "payload" | "query" | "params";

const UTF8 = new TextDecoder("utf-8", { fatal: true });

/**
 * The body of a JSON route of the auth server. Unknown members are ignored.
 *
 * @param bodyRequired for routes with session auth: an empty body is refused with 109, as if its signature were missing
 * @throws AuthProblem 106 not JSON, 107 wrong type, length or pattern, 108 absent, 109
 */
export function readBody<Schema extends v.GenericSchema>(
  call: Call,
  schema: Schema,
  bodyRequired?: "bodyRequired",
): v.InferOutput<Schema> {
  if (bodyRequired !== undefined && call.body.length === 0) throw new AuthProblem(109);
  return check(schema, parseJson(call), "payload");
}

/** As {@link readBody} where the body may be left out, which then counts as `{}`. */
export function readOptionalBody<Schema extends v.GenericSchema>(
  call: Call,
  schema: Schema,
): v.InferOutput<Schema> {
  return call.body.length === 0 ? check(schema, {}, "payload") : readBody(call, schema);
}

/** The query of a route of the auth server. */
export function readQuery<Schema extends v.GenericSchema>(call: Call, schema: Schema): v.InferOutput<Schema> {
  return check(schema, Object.fromEntries(call.query), "query");
}

/** The `{name}` parts of the path. */
export function readParameters<Schema extends v.GenericSchema>(
  call: Call,
  schema: Schema,
): v.InferOutput<Schema> {
  return check(schema, call.parameters, "params");
}

/**
 * The body of a route of the OAuth server: JSON or a form.
 *
 * @throws OAuthProblem 113 for another content type; AuthProblem 106, 107, 108, all of which that server calls 109
 */
export function readOAuthBody<Schema extends v.GenericSchema>(
  call: Call,
  schema: Schema,
): v.InferOutput<Schema> {
  const type = contentType(call);
  if (type !== "application/json" && type !== "application/x-www-form-urlencoded")
    throw new OAuthProblem(113);
  return check(schema, type === "application/json" ? parseJson(call) : parseForm(call), "payload");
}

function contentType(call: Call): string {
  return (call.headers["content-type"] ?? "").split(";")[0]?.trim().toLowerCase() ?? "";
}

function parseJson(call: Call): unknown {
  if (contentType(call) !== "application/json") throw new AuthProblem(106);
  try {
    return JSON.parse(UTF8.decode(call.body));
  } catch {
    throw new AuthProblem(106);
  }
}

function parseForm(call: Call): Record<string, string> {
  return Object.fromEntries(new URLSearchParams(Buffer.from(call.body).toString("utf8")));
}

function check<Schema extends v.GenericSchema>(
  schema: Schema,
  value: unknown,
  source: Source,
): v.InferOutput<Schema> {
  if (Array.isArray(value)) throw invalid(source, []);
  const result = v.safeParse(schema, value, { abortEarly: true });
  if (result.success) return result.output;
  const [issue] = result.issues;
  const keys = (issue.path ?? []).map((item) => String(item.key));
  if (issue.received === "undefined" && keys.length > 0)
    throw new AuthProblem(108, { param: keys.join(".") });
  throw invalid(source, keys);
}

function invalid(source: Source, keys: readonly string[]): AuthProblem {
  return new AuthProblem(107, { validation: { source, keys } });
}

/** 107 for a field whose fault only the handler can see. */
export function invalidField(name: string): AuthProblem {
  return invalid("payload", [name]);
}

/** From method and path to a route, and from whatever a route throws to the error object of the server it belongs to. */
import type { Answer, Call, Host, Route } from "./call.ts";
import { PREFIXES } from "./call.ts";
import { AccountsProblem, AuthProblem } from "./problems.ts";

export interface RouteMatch {
  readonly route: Route;
  readonly parameters: Readonly<Record<string, string>>;
}

/** The route of a request; a known path with another method matches nothing. */
export function matchRoute(routes: readonly Route[], method: string, path: string): RouteMatch | undefined {
  for (const route of routes) {
    const parameters = route.method === method ? matchPath(route.path, path) : undefined;
    if (parameters) return { route, parameters };
  }
  return undefined;
}

/** Runs a route; every failure becomes an answer. `onBug` hears of those that are the server's own fault. */
export async function runRoute(route: Route, call: Call, onBug: (error: unknown) => void): Promise<Answer> {
  try {
    return await route.handle(call);
  } catch (error) {
    if (!(error instanceof AccountsProblem)) onBug(error);
    return problemAnswer(error, route.host);
  }
}

/** The error object for a failure: the one place where the numbers become those of the server that answers. */
export function problemAnswer(error: unknown, host: Host): Answer {
  const known = error instanceof AccountsProblem ? error : new AuthProblem(999);
  const problem = known.translate(host === "content" ? "auth" : host);
  return { status: problem.status, headers: problem.headers, body: problem.toBody() };
}

/** The server whose prefix a path has. */
export function hostOf(path: string): Host {
  const hosts = ["auth", "oauth", "profile"] as const;
  return hosts.find((host) => path.startsWith(`${PREFIXES[host]}/`)) ?? "content";
}

function matchPath(pattern: string, path: string): Record<string, string> | undefined {
  if (!pattern.includes("{")) return pattern === path ? {} : undefined;
  const wanted = pattern.split("/");
  const given = path.split("/");
  if (wanted.length !== given.length) return undefined;
  const parameters: Record<string, string> = {};
  for (const [i, part] of wanted.entries()) {
    const value = given[i] ?? "";
    if (part.startsWith("{")) parameters[part.slice(1, -1)] = value;
    else if (part !== value) return undefined;
  }
  return parameters;
}

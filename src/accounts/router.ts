/** From method and path to a route, and from whatever a route throws to the error object of the server it belongs to. */
import type { Answer, Call, Host, Route } from "./call.ts";
import { PREFIXES } from "./call.ts";
import { AccountsProblem, AuthProblem, OAuthProblem, ProfileProblem } from "./problems.ts";

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

/** The error object for a failure, with the numbers of the server that answers. */
export function problemAnswer(error: unknown, host: Host): Answer {
  const problem = translate(error, host);
  return { status: problem.status, headers: problem.headers, body: problem.toBody() };
}

/** 404 with the error object of the server whose prefix the path has. */
export function notFound(path: string): Answer {
  const profile = path.startsWith(`${PREFIXES.profile}/`);
  return problemAnswer(
    profile ? new ProfileProblem(116) : new AuthProblem(116),
    profile ? "profile" : "auth",
  );
}

function translate(error: unknown, host: Host): AccountsProblem {
  if (!(error instanceof AccountsProblem))
    return host === "oauth" ? new OAuthProblem(999) : new AuthProblem(999);
  return error instanceof OAuthProblem && host !== "oauth" ? error.toAuthProblem() : error;
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

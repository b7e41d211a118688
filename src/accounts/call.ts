/** One HTTP request and its answer, between the server's plumbing and the routes. */
import type { IncomingHttpHeaders } from "node:http";

export interface Call {
  readonly method: string;
  /** Path and query exactly as requested, which is what a Hawk MAC covers. */
  readonly target: string;
  readonly path: string;
  readonly query: URLSearchParams;
  /** The values of `{name}` parts of the route's path. */
  readonly parameters: Readonly<Record<string, string>>;
  readonly headers: IncomingHttpHeaders;
  readonly body: Uint8Array;
}

export interface Answer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  /** `undefined`: no body at all. */
  readonly body: Readonly<Record<string, unknown>> | readonly unknown[] | undefined;
}

/** Which error table a route answers with. */
export type Host = "content" | "auth" | "oauth" | "profile";

export interface Route {
  readonly host: Host;
  readonly method: "GET" | "POST" | "DELETE";
  /** Path on the shared origin, such as `/auth/v1/oauth/client/{id}`. */
  readonly path: string;
  handle(call: Call): Answer | Promise<Answer>;
}

type Handler = Route["handle"];

/** A route of the auth server, below its `/v1`. */
export function authRoute(method: Route["method"], path: string, handle: Handler): Route {
  return { host: "auth", method, path: `${PREFIXES.auth}/v1${path}`, handle };
}

/** A route of the OAuth server, below its `/v1`. */
export function oauthRoute(method: Route["method"], path: string, handle: Handler): Route {
  return { host: "oauth", method, path: `${PREFIXES.oauth}/v1${path}`, handle };
}

/** Where each server lives on the one origin. */
export const PREFIXES = { auth: "/auth", oauth: "/oauth", profile: "/profile" } as const;

/** Who asks, in the client's own words. */
export function userAgentOf(call: Call): string {
  return call.headers["user-agent"] ?? "";
}

/** 200 with a JSON body. */
export function ok(body: NonNullable<Answer["body"]> = {}): Answer {
  return { status: 200, headers: {}, body };
}

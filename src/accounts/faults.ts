/**
 * Failures on demand. A rule picks requests by path (and method) and says what goes wrong with them, a number of times
 * or always. This is how tests meet what a healthy server never does: outages, proxies that answer in its place, lost
 * connections, lies.
 */
import * as v from "valibot";
import { whole } from "./fields.ts";

const headerName = v.pipe(v.string(), v.regex(/^[A-Za-z0-9-]+$/));
const headerValue = v.pipe(v.string(), v.regex(/^[\x20-\x7e]*$/));

/** Bytes: what a flood can hold in memory without harm to the server itself. */
const MAX_FLOOD = 100_000_000;
/** Milliseconds. */
const MAX_INTERVAL = 60_000;

export const FaultSchema = v.variant("kind", [
  /** 429 with errno 114 (or what the path's server has for it); the header exactly as given, none for null. */
  v.object({ kind: v.literal("throttled"), retryAfter: v.nullable(headerValue) }),
  /** 503 with errno 201, likewise. */
  v.object({ kind: v.literal("unavailable"), retryAfter: v.optional(whole(0)) }),
  /** 406 without a body, as a CDN's bot rules answer. */
  v.object({ kind: v.literal("notAcceptable") }),
  /** 200 with an HTML page. */
  v.object({ kind: v.literal("html") }),
  /** The connection breaks before the request is carried out, or after it, with the answer lost. */
  v.object({ kind: v.literal("cut"), after: v.optional(v.boolean()) }),
  /** Carried out once the rule is released. */
  v.object({ kind: v.literal("delay") }),
  /** The true answer, one byte at a time, so many milliseconds apart. */
  v.object({ kind: v.literal("drip"), interval: whole(0, MAX_INTERVAL) }),
  /** 200 with a JSON object of about so many bytes. */
  v.object({ kind: v.literal("flood"), bytes: whole(0, MAX_FLOOD) }),
  /** Anything in the server's place; text goes out as it is, everything else as JSON. */
  v.object({
    kind: v.literal("answer"),
    status: whole(200, 599),
    body: v.optional(v.unknown()),
    headers: v.optional(v.record(headerName, headerValue)),
  }),
  /** A lie: the true answer of a success with some members replaced. */
  v.object({ kind: v.literal("merge"), members: v.record(v.string(), v.unknown()) }),
]);

export const FaultRuleSchema = v.object({
  /** Path on the shared origin, such as `/auth/v1/oauth/token`; `*` for all. */
  path: v.string(),
  method: v.optional(v.string()),
  fault: FaultSchema,
  /** Always when left out. */
  times: v.optional(whole(1)),
});

export type Fault = v.InferOutput<typeof FaultSchema>;
export type FaultRule = v.InferOutput<typeof FaultRuleSchema>;

/** A rule in force. */
export interface FaultHandle {
  readonly id: string;
  /** How many requests it has met. */
  hits(): number;
  /** Lets the requests that a `delay` holds go on, and all later ones through. */
  release(): void;
  /** Ends the rule; what it holds goes on. */
  remove(): void;
}

/** The fault a request meets; `released` settles when a `delay` is over. */
export interface MetFault {
  readonly fault: Fault;
  readonly released: Promise<void>;
}

interface ActiveRule {
  readonly rule: FaultRule;
  readonly handle: FaultHandle;
  readonly released: Promise<void>;
  hits: number;
}

export class FaultHooks {
  readonly #rules = new Map<string, ActiveRule>();
  #nextId = 1;

  /** Puts a rule in force. Of several that fit a request the oldest counts. */
  add(rule: FaultRule): FaultHandle {
    const id = String(this.#nextId++);
    const { promise: released, resolve } = deferred();
    const handle: FaultHandle = {
      id,
      hits: () => active.hits,
      release: resolve,
      remove: () => {
        this.#rules.delete(id);
        resolve();
      },
    };
    const active: ActiveRule = { rule, handle, released, hits: 0 };
    this.#rules.set(id, active);
    return handle;
  }

  /** As {@link FaultHandle.release}, by id; false when there is no such rule. */
  release(id: string): boolean {
    const active = this.#rules.get(id);
    active?.handle.release();
    return active !== undefined;
  }

  /** Ends all rules. */
  clear(): void {
    for (const { handle } of this.#rules.values()) handle.remove();
  }

  /** The fault for a request, which counts as met. */
  meet(method: string, path: string): MetFault | undefined {
    for (const active of this.#rules.values()) {
      const { rule } = active;
      const fits = (rule.path === "*" || rule.path === path) && (rule.method ?? method) === method;
      if (!fits || active.hits >= (rule.times ?? Infinity)) continue;
      active.hits += 1;
      return { fault: rule.fault, released: active.released };
    }
    return undefined;
  }
}

function deferred(): { promise: Promise<void>; resolve: () => void } {
  let resolve: () => void = () => undefined;
  const promise = new Promise<void>((settle) => {
    resolve = settle;
  });
  return { promise, resolve };
}

/**
 * Remote control for tests in other processes, under `/__control__`. These routes exist only when the server was
 * started with `control`; they need no credentials, which is one more reason why the server binds to loopback alone.
 */
import * as v from "valibot";
import type { Answer, Call, Route } from "../call.ts";
import { ok } from "../call.ts";
import type { FaultHooks } from "../faults.ts";
import { FaultRuleSchema } from "../faults.ts";
import type { Mailbox } from "../mailbox.ts";
import { AuthProblem } from "../problems.ts";
import type { RequestLog } from "../request-log.ts";
import type { AccountsStore } from "../store.ts";
import { readBody } from "../validate.ts";

const hexBytes = v.pipe(
  v.string(),
  v.regex(/^(?:[0-9a-f]{2})+$/),
  v.transform((text) => new Uint8Array(Buffer.from(text, "hex"))),
);

/** The options of a new account; byte strings as hex. */
const AccountBody = v.object({
  email: v.string(),
  password: v.string(),
  verified: v.optional(v.boolean(), true),
  v2: v.optional(v.boolean(), false),
  totpSecret: v.optional(hexBytes),
  backupCodes: v.optional(v.array(v.string()), []),
  mustConfirmSignIns: v.optional(v.boolean(), false),
  locked: v.optional(v.boolean(), false),
  blocked: v.optional(v.boolean(), false),
  noPassword: v.optional(v.boolean(), false),
  displayName: v.optional(v.nullable(v.string()), null),
});
const ResetBody = v.object({ email: v.string(), password: v.string() });

/** What the control routes reach into. */
export interface Controlled {
  readonly store: AccountsStore;
  readonly faults: FaultHooks;
  readonly mailbox: Mailbox;
  readonly requests: RequestLog;
}

/** The routes of this group. */
export function controlRoutes(controlled: Controlled): readonly Route[] {
  const { faults, mailbox, requests, store } = controlled;
  return [
    control("POST", "/faults", (call) => ok({ id: faults.add(readBody(call, FaultRuleSchema)).id })),
    control("POST", "/faults/{id}/release", (call) => release(faults, call)),
    control("DELETE", "/faults", () => {
      faults.clear();
      return ok();
    }),
    control("GET", "/mail", () => ok({ mail: mailbox.all() })),
    control("GET", "/requests", () => ok({ requests: requests.all() })),
    control("DELETE", "/requests", () => {
      requests.clear();
      return ok();
    }),
    control("POST", "/accounts", (call) => createAccount(store, call)),
    control("POST", "/accounts/reset", (call) => resetAccount(store, call)),
  ];
}

function control(method: Route["method"], path: string, handle: Route["handle"]): Route {
  return { host: "content", method, path: `/__control__${path}`, handle };
}

function release(faults: FaultHooks, call: Call): Answer {
  if (!faults.release(call.parameters.id ?? "")) throw new AuthProblem(116);
  return ok();
}

async function createAccount(store: AccountsStore, call: Call): Promise<Answer> {
  const { totpSecret, ...account } = readBody(call, AccountBody);
  if (store.findAccountByEmail(account.email)) throw new AuthProblem(101);
  const created = await store.createAccount(totpSecret ? { ...account, totpSecret } : account);
  return ok({ uid: created.uid });
}

/** A password reset: the keys rotate, and every session and token is gone. */
async function resetAccount(store: AccountsStore, call: Call): Promise<Answer> {
  const { email, password } = readBody(call, ResetBody);
  const account = store.findAccountByEmail(email);
  if (!account) throw new AuthProblem(102);
  await store.resetPassword(account, password);
  return ok();
}

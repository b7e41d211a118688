/** Who is signed in here and with what, for people. */
import type { AccountEvent } from "./events.ts";
import { displayText } from "./safe-text.ts";
import { shown } from "./words.ts";

/** The lines that `status` prints. */
export function accountInWords(event: AccountEvent): string[] {
  if (!event.signedIn) return ["Not signed in."];
  const list = (items: readonly string[]) =>
    items.length === 0 ? "none" : items.map((item) => displayText(item)).join(" ");
  return [
    `Signed in to ${shown(event.email)}`,
    `  Server:   ${shown(event.server)}`,
    `  User id:  ${shown(event.uid)}`,
    `  Scopes:   ${list(event.scope)}`,
    `  Keys for: ${list(event.keys)}`,
    `  Can host: ${event.session ? "yes (holds a session token)" : "no (holds no session token)"}`,
    `  Stored:   ${event.stored ?? "nowhere"}`,
  ];
}

/** Who is signed in here and with what, for people. */
import type { AccountEvent } from "./events.ts";
import { displayText } from "./safe-text.ts";
import { durationInWords, storedInWords, shown } from "./words.ts";

/** The lines that `status` prints. */
export function accountInWords(event: AccountEvent): string[] {
  if (!event.signedIn) return ["Not signed in."];
  const scopes = event.scope.map((scope) => displayText(scope)).join(" ");
  return [
    `Signed in to ${shown(event.email)}`,
    `  Server:   ${shown(event.server)}`,
    `  User id:  ${shown(event.uid)}`,
    `  Device:   ${shown(event.deviceName)} (${event.deviceId === null ? "not in the account's list" : displayText(event.deviceId)})`,
    `  Scopes:   ${scopes === "" ? "none" : scopes}`,
    ...keysInWords(event),
    `  Can host: ${event.session ? "yes (holds a session token)" : "no (holds no session token)"}`,
    `  Stored:   ${event.stored === null ? "nowhere" : storedInWords(event.stored)}`,
    `  Age:      ${ageInWords(event)}`,
    ...checkInWords(event.checked),
  ];
}

/** What each key is for, and its id: the first number in it is when the account's keys last changed. */
function keysInWords({ keys, keyIds }: AccountEvent): string[] {
  if (keys.length === 0) return ["  Keys for: none"];
  return keys.flatMap((scope) => [
    `  Keys for: ${displayText(scope)}`,
    `    key id: ${shown(keyIds[scope])}`,
  ]);
}

function ageInWords({ age, authAt }: AccountEvent): string {
  const since = age === null ? "unknown" : durationInWords(age);
  return authAt === null ? since : `${since}; the password behind it was given at ${authAt}`;
}

function checkInWords(checked: AccountEvent["checked"]): string[] {
  if (checked === undefined) return [];
  const { session, twoStep } = checked;
  const accepted = session === null ? "the refresh token" : "the refresh token and the session";
  return [
    `  Checked:  the accounts server accepts ${accepted}`,
    ...(twoStep === null ? [] : [`  Two-step: ${twoStep}`]),
  ];
}

/** The sentences people read, apart from error messages, which are worded where they arise. */
import { displayText } from "./safe-text.ts";
import type { MetadataSubject, RequestSubject, ScannedSubject, Sender, SettingsEvent } from "./events.ts";
import type { OfferKind, OfferReader } from "./offer-view.ts";

/** What a scope lets the new device do, in words; an unknown one is shown as it is. */
const SCOPE_WORDS: Readonly<Record<string, string>> = {
  profile: "see your name, e-mail address and picture",
  "https://identity.mozilla.com/apps/oldsync":
    "read and change your Firefox Sync data (bookmarks, passwords, history, tabs)",
  "https://identity.mozilla.com/tokens/session": "CAN SIGN IN AND PAIR FURTHER DEVICES",
};

export function scopeInWords(scope: string): string {
  return SCOPE_WORDS[scope] ?? `use the scope ${displayText(scope)}`;
}

/** Where the other device says it is. Every part is hearsay: the relay reports it and could invent it. */
export function senderInWords(sender: Sender): string[] {
  return [
    `  Browser:  ${shown(sender.ua)}`,
    `  Address:  ${shown(sender.remote)}`,
    `  Place:    ${placeInWords(sender)}`,
    `  (${NOT_PROVEN})`,
  ];
}

/** What the key for an offer of the other kind gives instead of one of this kind. */
export function otherKindInWords(kind: OfferKind): string {
  return kind === "url" ? "a code to type" : "a QR code";
}

/** What is said of a fingerprint, and the fingerprint as it is to be shown. */
export function fingerprintInWords({ type, fingerprint, endIsTyped = false }: ComparedSubject): {
  readonly words: string;
  readonly fingerprint: string;
} {
  if (!endIsTyped) {
    const other = type === "request" ? "new" : "other";
    return { words: `If the ${other} device is a terminal, compare:`, fingerprint };
  }
  if (type === "metadata") {
    return { words: "The signed-in device asks for the last four characters of:", fingerprint };
  }
  // Read here, they would say nothing about the other device.
  return {
    words: "Compare with the new device, and read the end off there:",
    fingerprint: `${fingerprint.slice(0, -4)}____`,
  };
}

type ComparedSubject = Pick<RequestSubject | MetadataSubject, "type" | "fingerprint" | "endIsTyped">;

/** Of a code that another device made, before anything is sent there (security V2). */
export function scannedInWords({ email }: ScannedSubject): string[] {
  return [
    `This code is for signing another device in to your account ${shown(email)}.`,
    "Whoever made it gets in: to your Firefox Sync data, saved passwords included.",
    "If somebody sent or showed you the code, or told you to scan it, say no.",
  ];
}

/** Of {@link senderInWords}: what all of it is worth. */
export const NOT_PROVEN = "browser, address and place: reported by the relay, not proven";

export function placeInWords({ city, region, country }: Sender): string {
  const parts = [city, region, country].filter((part) => part !== undefined && part !== "");
  return parts.length > 0 ? displayText(parts.join(", ")) : "unknown";
}

/** A table of settings: name, value, and where that came from. */
export function settingsInWords(settings: SettingsEvent["settings"]): string[] {
  const rows = Object.entries(settings).map(([name, { value, source }]) => {
    const text = Array.isArray(value) ? value.join(",") : String(value ?? "");
    return { name, value: text === "" ? "none" : displayText(text), source };
  });
  const widest = (column: "name" | "value") => Math.max(...rows.map((row) => row[column].length));
  const [names, values] = [widest("name"), widest("value")];
  return rows.map((row) => `${row.name.padEnd(names)}  ${row.value.padEnd(values)}  ${row.source}`);
}

/** Foreign text made safe to show, or "unknown" when there is none. */
export function shown(text: string | null | undefined): string {
  return text === null || text === undefined || text === "" ? "unknown" : displayText(text);
}

/** What is said of the connection to the relay. */
export const CONNECTION_WORDS = {
  lost: "The connection to the relay was lost: trying to get it back (50 s at most).",
  back: "The connection to the relay is back.",
  lostForAMoment: "The connection to the relay was lost for a moment, and is back.",
} as const;

/** Of a new device, before its user answers (security J7). */
export const DATA_GOES_THERE = "This device's data will go to that account.";

/** The one warning that goes with what is offered (security H14). */
export const ONLY_YOURSELF: Readonly<Record<OfferKind, string>> = {
  url: "Only scan this yourself. Nobody will ever ask you to send it.",
  code: "Only type this yourself. Nobody will ever ask you to send or tell it.",
};

/** What to do with a pairing URL, by who is to read it and what there is of it. */
export const TAKE_IT_THERE: Readonly<
  Record<
    OfferReader,
    { readonly code: string; readonly url: string; readonly file: string; readonly spoken: string }
  >
> = {
  newDevice: {
    code: "Scan this with the new device, or run fxa-pair join there.",
    url: "Open this on the new device with fxa-pair join:",
    file: "Take the file to the new device:",
    spoken: "Run fxa-pair join on the new device, and give it this pairing URL:",
  },
  signedInDevice: {
    code: "Run fxa-pair host --scan on the signed-in device, with a picture of this or -.",
    url: "Give this to fxa-pair host --scan - on the signed-in device:",
    file: "Take the file to the signed-in device, for fxa-pair host --scan:",
    spoken: "Run fxa-pair host --scan - on the signed-in device, and give it this pairing URL:",
  },
};

const UNITS = [
  ["day", 86_400],
  ["hour", 3600],
  ["minute", 60],
] as const;

/** A length of time in its largest whole unit, rounded down: "3 days", "1 minute", "40 seconds". */
export function durationInWords(seconds: number): string {
  const [name, size] = UNITS.find(([, unit]) => seconds >= unit) ?? ["second", 1];
  const count = Math.max(0, Math.floor(seconds / size));
  return `${count} ${name}${count === 1 ? "" : "s"}`;
}

/** What the key of a scope opens. */
export function keyInWords(scope: string): string {
  return scope === "https://identity.mozilla.com/apps/oldsync" ? "Firefox Sync" : displayText(scope);
}

/** Where credentials are: a file's path, or the system's keyring, for which events say "keyring". */
export function storedInWords(stored: string): string {
  return stored === "keyring" ? "the system's keyring" : stored;
}

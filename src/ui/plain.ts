/**
 * Plain lines: results on stdout, words on stderr. No cursor movement, no colour, so that it reads well in a log, over a
 * slow line and through a screen reader.
 */
import type { FxaPairError } from "../lib/errors.ts";
import { accountInWords } from "./account-words.ts";
import { checkInWords, summaryInWords } from "./check-words.ts";
import { codeLines } from "./code-lines.ts";
import { additionInWords, deviceInWords, devicesInWords } from "./device-words.ts";
import type { CliEvent, Explained, MetadataSubject, RequestSubject } from "./events.ts";
import { OpenQuestion } from "./open-question.ts";
import type { OfferHandle, OfferKind, OfferView } from "./offer-view.ts";
import type { Reporter, ReporterOptions } from "./reporter.ts";
import { drawOffer } from "./draw-offer.ts";
import { formatJsonLine } from "./json-line.ts";
import { displayText } from "./safe-text.ts";
import { canAsk } from "./streams.ts";
import type { Streams } from "./streams.ts";
import {
  DATA_GOES_THERE,
  fingerprintInWords,
  keyInWords,
  ONLY_YOURSELF,
  scannedInWords,
  scopeInWords,
  senderInWords,
  settingsInWords,
  shown,
  storedInWords,
} from "./words.ts";

/** Cells: more than the fullest code takes, with everything in it escaped. Results are not cut. */
const LONGEST_QR_TEXT = 40_000;

export class PlainReporter implements Reporter {
  readonly #streams: Streams;
  readonly #options: ReporterOptions;
  readonly #question: OpenQuestion;

  /** @param question where a prompter on the same terminal keeps its own */
  constructor(streams: Streams, options: ReporterOptions, question = new OpenQuestion()) {
    this.#streams = streams;
    this.#options = options;
    this.#question = question;
  }

  plan(): void {
    // Each step is told when it is reached.
  }

  step(): void {
    // The words for it come by the other ways.
  }

  explain(subject: Explained, asked: boolean): void {
    for (const line of describeSubject(subject)) {
      if (asked) this.say(line);
      else this.progress(line);
    }
  }

  /** Drawn once on a terminal; printed on stdout where there is none. Lines cannot be taken back, and hear no keys. */
  async offer(view: OfferView): Promise<OfferHandle> {
    const { channelId, expiresAt } = view;
    const inFiles = filesOf(view).length > 0;
    const onTerminal = canAsk(this.#streams);
    const printed = view.kind === "code" ? { code: view.code } : { url: view.url };
    this.event({ type: "channel", ...(inFiles || onTerminal ? {} : printed), channelId, expiresAt });
    this.tellFiles(view);
    if (onTerminal && !inFiles) await this.#show(view);
    this.tellOnlyYourself(view.kind);
    return { connected: () => undefined, withdraw: () => undefined };
  }

  async #show(view: OfferView): Promise<void> {
    if (view.kind === "url") await drawOffer(view, this.#streams.stderr, this);
    else for (const line of codeLines(view.code)) this.say(line);
  }

  tellFiles(view: OfferView): void {
    for (const path of filesOf(view)) this.progress(`Written to ${path}; it is removed once it was used.`);
  }

  tellOnlyYourself(kind: OfferKind): void {
    if (canAsk(this.#streams)) this.say(ONLY_YOURSELF[kind]);
    else this.progress(ONLY_YOURSELF[kind]);
  }

  say(text: string): void {
    this.#streams.stderr.write(this.#question.around(`${text}\n`));
  }

  progress(text: string): void {
    if (!this.#options.quiet) this.say(text);
  }

  warn(text: string): void {
    this.#streams.stderr.write(this.#question.around(`fxa-pair: warning: ${text}\n`));
  }

  fail(error: FxaPairError): void {
    const { stderr } = this.#streams;
    stderr.write(`fxa-pair: ${foreignFree(error.message)}\n`);
    if (error.hint !== undefined) stderr.write(`  ${foreignFree(error.hint)}\n`);
    if (this.#options.verbose && error.code === "internal") stderr.write(`${stackOf(error)}\n`);
  }

  event(event: CliEvent): void {
    const { result, words } = describe(event);
    for (const line of result ?? []) this.#streams.stdout.write(`${line}\n`);
    for (const line of words ?? []) this.progress(line);
  }
}

/** The files that hold what is offered; a code is in none. */
export function filesOf(view: OfferView): string[] {
  if (view.kind === "code") return [];
  return [view.urlFile, view.pictureFile].filter((path) => path !== undefined);
}

/** Every line of an error may quote foreign text: a long one is allowed, a control character never. */
function foreignFree(text: string): string {
  return displayText(text, 1000);
}

function stackOf(error: FxaPairError): string {
  const stack = error.cause instanceof Error ? error.cause.stack : error.stack;
  return (stack ?? "").split("\n").map(foreignFree).join("\n");
}

/** The lines for stdout (results) and for stderr (words) that an event has in plain form. */
export function describe(event: CliEvent): { result?: readonly string[]; words?: readonly string[] } {
  switch (event.type) {
    case "channel":
      return { result: [event.url, event.code].filter((text) => text !== undefined) };
    case "request":
    case "metadata":
      // Told by `explain`, as part of the question.
      return {};
    case "approved":
      return { words: [event.by === "local" ? "Approved here." : "Approved on the other device."] };
    case "declined":
      // The error that ends the run says it.
      return {};
    case "authorized":
      return { words: ["The accounts server agreed; waiting for the new device to finish."] };
    case "complete":
      return { words: describeCompletion(event) };
    case "account":
      return { result: accountInWords(event) };
    case "devices":
      return { result: devicesInWords(event.devices) };
    case "added":
      return { words: additionInWords(event) };
    case "removed":
      return { words: [`Removed: ${deviceInWords(event.device)} is signed out.`] };
    case "credentials":
      return { result: [formatJsonLine(event.credentials).trimEnd()] };
    case "token":
      return { result: [event.token] };
    case "qr":
      return { result: [displayText(event.text, LONGEST_QR_TEXT)] };
    case "listening":
      return { words: [`Relay listening on ${event.url}`] };
    case "check":
      return { result: checkInWords(event) };
    case "summary":
      return { words: [summaryInWords(event)] };
    case "report":
      return { result: [event.text.trimEnd()] };
    case "completion":
      return { result: [event.script.trimEnd()] };
    case "settings":
      return { result: settingsInWords(event.settings) };
    case "ready":
      return { result: describeSandbox(event) };
    case "error":
      return {};
  }
}

function describeSubject(subject: Explained): string[] {
  switch (subject.type) {
    case "request":
      return describeRequest(subject);
    case "metadata":
      return describeMetadata(subject);
    case "scanned":
      return ["", ...scannedInWords(subject)];
  }
}

function describeRequest(event: RequestSubject): string[] {
  return [
    "",
    "A device asks to be signed in to your account.",
    `  Client:   ${event.clientName === null ? "unknown name" : displayText(event.clientName)} (${displayText(event.clientId)})`,
    ...senderInWords(event.sender),
    "It will be able to:",
    ...event.scope.map((scope) => `  - ${scopeInWords(scope)}`),
    ...describeFingerprint(event),
  ];
}

function describeMetadata(event: MetadataSubject): string[] {
  return [
    "",
    "The other device is signed in to this account.",
    `  Account:  ${shown(event.email)}${event.displayName === null ? "" : ` (${displayText(event.displayName)})`}`,
    `  Device:   ${shown(event.deviceName)}`,
    ...senderInWords(event.sender),
    ...describeFingerprint(event),
    DATA_GOES_THERE,
  ];
}

function describeFingerprint(subject: RequestSubject | MetadataSubject): string[] {
  const { words, fingerprint } = fingerprintInWords(subject);
  if (subject.endIsTyped === true) return [words, `Fingerprint: ${fingerprint}`];
  return [`Fingerprint: ${fingerprint}`, `${words} it must show the same fingerprint.`];
}

function describeCompletion(event: Extract<CliEvent, { type: "complete" }>): string[] {
  if ("clientId" in event) {
    return ["Done: the new device is signed in."];
  }
  const done = `Done: signed in to ${displayText(event.email)}.`;
  if (event.stored === null) return [done, "Nothing was stored on this device."];
  const contents = contentsInWords(event.keys);
  if (event.inStore) {
    return [done, `Stored in ${storedInWords(event.stored)}: ${contents}; fxa-pair logout undoes it.`];
  }
  return [
    done,
    `Written to ${displayText(event.stored, 1000)}: ${contents}. Whoever has that file is signed in.`,
    "To undo it, remove this device: in the account's settings, or by fxa-pair devices on one that is signed in.",
  ];
}

/** What a new device has got, by the scopes of its keys. */
function contentsInWords(keys: readonly string[]): string {
  if (keys.length === 0) return "its tokens";
  return `its tokens and the ${keys.length === 1 ? "key" : "keys"} for ${keys.map(keyInWords).join(", ")}`;
}

function describeSandbox(event: Extract<CliEvent, { type: "ready" }>): string[] {
  return [
    `Accounts server: ${event.server}`,
    `Relay:           ${event.channelServer}`,
    `Account:         ${event.email}`,
    `Password:        ${event.password}`,
    ...Object.entries(event.env).map(([name, value]) => `export ${name}=${value}`),
  ];
}

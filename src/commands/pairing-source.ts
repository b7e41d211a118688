/** Where `join` gets the pairing URL or the code to type from, and whether the server in a URL is one to trust. */
import { FxaPairError } from "../lib/errors.ts";
import { asciiHost, matchesServer, parsePairingUrl } from "../pairing/pairing-url.ts";
import type { NormalUrl, PairingUrl } from "../pairing/pairing-url.ts";
import type { TypedCode } from "../pairing/typed-code.ts";
import type { Prompter } from "../ui/prompt.ts";
import { contentServerOf } from "./accounts.ts";
import type { ServerFlags } from "./accounts.ts";
import type { PairingSource } from "./ask-source.ts";
import { QR_FORMS } from "./option-values.ts";
import type { Run } from "./setup.ts";
import { readStandardInput } from "./standard-input.ts";

/** What leads a new device to the signed-in one. */
export type JoinSource =
  { readonly kind: "url"; readonly url: NormalUrl } | { readonly kind: "code"; readonly code: TypedCode };

export interface SourceFlags extends ServerFlags {
  readonly yes: boolean;
  /** Pictures: files, `data:` URLs, `-` for standard input. */
  readonly qr?: readonly string[] | undefined;
  /** Milliseconds for each picture. */
  readonly qrTimeout: number;
  /** Whether --qr was typed, and not taken from the settings: a URL that was typed goes before those. */
  readonly qrTyped: boolean;
  /** A code to type, or `-` for standard input. */
  readonly code?: string | undefined;
  /** As `qrTyped`. */
  readonly codeTyped: boolean;
}

/**
 * The pairing URL or the code from the argument, standard input (`-`), a picture (`--qr`), `--code` or, on a terminal, a
 * question.
 *
 * @throws FxaPairError `usage` when there is none or more than one, or it is for the other direction; `unreadable` when
 *   it is neither.
 */
export async function readPairingSource(
  argument: string | undefined,
  flags: SourceFlags,
  run: Run,
): Promise<JoinSource> {
  const source = await obtain(argument, flags, run);
  if (source.kind === "code") return source;
  const { url } = source;
  if (url.mode === "reverse") {
    throw new FxaPairError("usage", "This code was made by a new device that wants to be signed in.", {
      hint: "The signed-in device takes it with fxa-pair host --scan. To sign this one in by a code, run fxa-pair host there.",
    });
  }
  return { kind: "url", url };
}

async function obtain(argument: string | undefined, flags: SourceFlags, run: Run): Promise<PairingSource> {
  refuseSeveral(argument, flags);
  const code = argument === undefined && !flags.qrTyped ? flags.code : undefined;
  const sources = code ?? argument;
  const pictures = sources === undefined ? picturesFrom(flags) : [sources];
  // Of a terminal's input only a question can tell where it ends, and the keys are still needed afterwards.
  if (pictures?.length === 1 && pictures[0] === "-" && run.prompter !== null && !flags.yes) {
    return ask(run.prompter, flags, run);
  }
  if (sources === "-") return readSource(await readStandardInput(run));
  if (code !== undefined) {
    if (flags.codeTyped) warnOfSight("a code", run);
    return readCode(code);
  }
  if (argument !== undefined) {
    warnOfSight((await isTypedCode(argument)) ? "a code" : "a URL", run);
    return readSource(argument);
  }
  if (pictures !== undefined) return look(pictures, flags, run);
  if (run.prompter === null) {
    throw new FxaPairError("usage", "No pairing URL was given.", {
      hint: "Give --qr <picture>, --code <code>, a URL, or - to read it from standard input.",
    });
  }
  return ask(run.prompter, flags, run);
}

function refuseSeveral(argument: string | undefined, { qrTyped, codeTyped }: SourceFlags): void {
  const given = [
    ...(argument === undefined ? [] : ["a URL"]),
    ...(qrTyped ? ["--qr"] : []),
    ...(codeTyped ? ["--code"] : []),
  ];
  const [first, second] = given;
  if (first === undefined || second === undefined) return;
  throw new FxaPairError("usage", `Both ${first} and ${second} were given.`, {
    hint: "Give one of them; before each picture of several, repeat --qr.",
  });
}

/** What stands alone may be a URL or a code. */
async function readSource(text: string): Promise<PairingSource> {
  return (await isTypedCode(text)) ? readCode(text) : { kind: "url", url: parsePairingUrl(text) };
}

// Questions, the search of pictures and the words of codes are loaded where they are needed: a URL is to be joined at once.

async function ask(prompter: Prompter, flags: SourceFlags, run: Run): Promise<PairingSource> {
  const { askForSource } = await import("./ask-source.ts");
  return askForSource(prompter, flags, run);
}

async function look(pictures: readonly string[], flags: SourceFlags, run: Run): Promise<PairingSource> {
  const { pairingUrlInPictures } = await import("./picture-source.ts");
  return { kind: "url", url: await pairingUrlInPictures(pictures, flags, run) };
}

async function isTypedCode(text: string): Promise<boolean> {
  if (/^\s*https?:\/\//i.test(text)) return false;
  const { looksLikeTypedCode } = await import("../pairing/typed-code.ts");
  return looksLikeTypedCode(text);
}

async function readCode(text: string): Promise<PairingSource> {
  const { parseTypedCode } = await import("../pairing/typed-code.ts");
  return { kind: "code", code: parseTypedCode(text) };
}

/** Security S1: it has been wiped from the process list, which takes a moment. */
function warnOfSight(what: string, run: Run): void {
  run.reporter.warn(
    `${what} on the command line can be seen by other users for a moment; give - and write it to standard input.`,
  );
}

/** In the settings `qr` may also be meant for `host`, as the form to draw codes in. */
function picturesFrom({ qr, qrTyped }: SourceFlags): readonly string[] | undefined {
  if (qrTyped) return qr;
  const pictures = qr?.filter((name) => !QR_FORMS.includes(name));
  return pictures?.length === 0 ? undefined : pictures;
}

/**
 * The accounts server of this run: the configured one when the URL names it. Another one must be confirmed by typing its
 * name, shown in ASCII so that look-alike letters are seen.
 *
 * @throws FxaPairError `unreadable` when it was not, or could not be, confirmed.
 */
export async function confirmServer(url: PairingUrl, flags: SourceFlags, run: Run): Promise<string> {
  const configured = contentServerOf(flags);
  if (matchesServer(url, configured)) return configured;
  const host = asciiHost(url);
  const refusal = new FxaPairError(
    "unreadable",
    `The pairing URL is for the accounts server ${host}, not for ${new URL(configured).host}.`,
    { hint: `If that is the one you use, give --server ${url.contentServer}.` },
  );
  if (flags.yes || run.prompter === null) throw refusal;
  run.reporter.warn(`this code leads to another accounts server than ${new URL(configured).host}.`);
  const typed = await run.prompter.line(`Type its name (${host}) to go on`, { hidden: false }, run.signal);
  if (typed.toLowerCase() !== host) throw refusal;
  return url.contentServer;
}

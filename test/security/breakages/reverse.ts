/** What can be broken in the reverse pairing. */
import type { Breakage } from "./breakage.ts";

const PAIRING_URL = "src/pairing/pairing-url.ts";
const SCANNED = "src/commands/scanned-source.ts";
const FINGERPRINT = "src/pairing/fingerprint.ts";
const APPROVAL = "src/commands/approval.ts";
const PICTURES = "src/commands/picture-source.ts";

export const REVERSE: readonly Breakage[] = [
  {
    ids: ["V1"],
    file: "src/commands/pairing-source.ts",
    find: `if (url.mode === "reverse") {`,
    replace: `if (url.channelId === "") {`,
    words: "join takes a new device's code, and joins its channel",
  },
  {
    ids: ["V1"],
    file: SCANNED,
    find: `if (url.mode === "normal") {`,
    replace: `if (url.channelId === "") {`,
    words: "host --scan takes a signed-in device's code",
  },
  {
    ids: ["V1"],
    file: PAIRING_URL,
    find: `if (modes.length === 1 && modes[0] === "reverse" && announces) {`,
    replace: `if (modes[0] === "reverse" && announces) {`,
    words: "the first of two modes counts",
  },
  {
    ids: ["V1"],
    file: PAIRING_URL,
    find: `if (modes.length === 0 && !announces) return { mode: "normal" };`,
    replace: `if (modes.length === 0) return { mode: "normal" };`,
    words: "a code whose mode was removed is as good as a signed-in device's",
  },
  {
    ids: ["V1"],
    file: PAIRING_URL,
    find: `if (modes.length === 0 && !announces) return { mode: "normal" };`,
    replace: `if (!announces) return { mode: "normal" };`,
    words: "a mode that was added is read past",
  },
  {
    ids: ["V2"],
    file: SCANNED,
    find: "  if (!flags.yes) await askWhoStarted(email, run);\n",
    replace: "",
    words: "who started the sign-in is not asked",
  },
  {
    ids: ["V2"],
    file: SCANNED,
    find: `  reporter.explain({ type: "scanned", email }, true);\n`,
    replace: "",
    words: "the risk is not named",
  },
  {
    ids: ["V2"],
    file: SCANNED,
    find: "  if (started) return;",
    replace: "  if (started || !started) return;",
    words: "a no to the first question changes nothing",
  },
  {
    ids: ["V2"],
    file: SCANNED,
    find: "  if (!flags.yes) await askWhoStarted(email, run);",
    replace:
      '  const { chosenRelay } = await import("./accounts.ts");\n  const { joinByUrl } = await import("./url-channel.ts");\n  const early = joinByUrl(chosenRelay(flags, run), { ...url, channelKey: url.channelKey.slice() }, run);\n  early.catch(() => undefined);\n  if (!flags.yes) await askWhoStarted(email, run);',
    words: "the relay is connected to while the first question stands",
  },
  {
    ids: ["V3"],
    file: "src/pairing/authority.ts",
    find: `return origin.role === "creator" || equalText(fingerprint, origin.announced);`,
    replace: `return origin.role === "creator" || origin.announced !== "";`,
    words: "any request may come through an announced channel",
  },
  {
    ids: ["V3"],
    file: "src/pairing/authority.ts",
    find: `return origin.role === "creator" || equalText(fingerprint, origin.announced);`,
    replace: `return origin.role === "creator" || equalText(fingerprint.slice(0, 4), origin.announced.slice(0, 4));`,
    words: "the first group of the announced fingerprint is enough",
  },
  {
    ids: ["V3"],
    file: "src/pairing/authority.ts",
    find: `    return end(state, failures.otherRequest(), [{ type: "closeNotify" }]);`,
    replace: `    return end(state, failures.otherRequest(), [{ type: "send", document: formatMetadata(state.metadata) }, { type: "closeNotify" }]);`,
    words: "who brings another request is told the account",
  },
  {
    ids: ["V3"],
    file: "src/commands/host.ts",
    find: `: { origin: { role: "joiner", announced: scanned.fingerprint } as const }),`,
    replace: ": {}),",
    words: "the announced fingerprint is read and not applied",
  },
  {
    ids: ["V3"],
    file: PAIRING_URL,
    find: `&mode=reverse&fp=\${fingerprint}\`;`,
    replace: `&mode=reverse&fp=\${fingerprint.slice(0, 4)}-\${fingerprint.slice(4)}\`;`,
    words: "the new device's URL is longer than 153 bytes",
  },
  {
    ids: ["V3"],
    file: PAIRING_URL,
    find: `    if (fingerprint === undefined) throw unreadable("fp", "it must be the 13 characters of a fingerprint");`,
    replace: `    if (fingerprint === undefined) return { mode: "reverse", fingerprint: single(parameters, "fp") };`,
    words: "a fingerprint that is none is taken as it is",
  },
  {
    ids: ["V4"],
    file: APPROVAL,
    find: "      (!typed || (await this.#askEnd(question, signal))) &&\n",
    replace: "",
    words: "the fingerprint's end is not asked for",
  },
  {
    ids: ["V4"],
    file: FINGERPRINT,
    find: 'return equalText(normalizeFingerprint(start + typed) ?? normalizeFingerprint(typed) ?? "", whole);',
    replace: "return whole.slice(-END).startsWith(typed.toUpperCase());",
    words: "part of the fingerprint's end is enough, and Enter alone",
  },
  {
    ids: ["V4"],
    file: FINGERPRINT,
    find: 'return equalText(normalizeFingerprint(start + typed) ?? normalizeFingerprint(typed) ?? "", whole);',
    replace: "return /^[0-9a-z]{4}$/i.test(typed);",
    words: "any four characters are the fingerprint's end",
  },
  {
    ids: ["V4"],
    file: APPROVAL,
    find: '    reporter.warn("that is not the end of this request\'s fingerprint, so the device is not signed in.");\n    return false;',
    replace:
      '    reporter.warn("that is not the end of this request\'s fingerprint.");\n    return isEndOf((await prompter?.line(label, { hidden: false }, signal)) ?? "", fingerprint);',
    words: "there is a second try",
  },
  {
    ids: ["V4"],
    file: "src/ui/words.ts",
    find: "fingerprint: `${fingerprint.slice(0, -4)}____`,",
    replace: "fingerprint,",
    words: "the host's own screen shows the fingerprint's end",
  },
  {
    ids: ["V5"],
    file: "src/commands/host.ts",
    find: "  if (flags.scan !== undefined) requirePinToScan(flags);\n",
    replace: "",
    words: "--yes with --scan approves whatever comes",
  },
  {
    ids: ["V5"],
    file: APPROVAL,
    find: "return flags.approveJwk !== undefined || flags.expectFingerprint !== undefined;",
    replace: "return flags.approveJwk !== undefined;",
    words: "an expected fingerprint does not count as a pin",
  },
  {
    ids: ["V5"],
    file: APPROVAL,
    find: "return flags.approveJwk !== undefined || flags.expectFingerprint !== undefined;",
    replace: "return flags.expectFingerprint !== undefined;",
    words: "a pinned key does not count as a pin",
  },
  {
    ids: ["V5"],
    file: SCANNED,
    find: "if (!flags.yes) await askWhoStarted(email, run);",
    replace: "await askWhoStarted(email, run);",
    words: "a pin does not stand for the answer to the first question",
  },
  {
    ids: ["V6"],
    file: PICTURES,
    find: "  const scheme = SECRETIVE.exec(text)?.[0];",
    replace: "  void fetch(text).catch(() => undefined);\n  const scheme = SECRETIVE.exec(text)?.[0];",
    words: "an address in a QR code is fetched",
  },
  {
    ids: ["V6"],
    file: PICTURES,
    find: "  const scheme = SECRETIVE.exec(text)?.[0];",
    replace:
      '  void import("node:child_process").then(({ spawn }) => spawn(process.execPath, ["--version", text]));\n  const scheme = SECRETIVE.exec(text)?.[0];',
    words: "a program is started for an address in a QR code",
  },
  {
    ids: ["V6"],
    file: PICTURES,
    find: `  if (scheme !== undefined) return \`\${scheme}…\`;\n`,
    replace: "",
    words: "the secret of a second factor is shown",
  },
  {
    ids: ["V6"],
    file: PICTURES,
    find: `/^https?:/i.test(text) ? text.replace(/[?#].+$/s, "…") : text, 60)`,
    replace: `text, 4000)`,
    words: "a QR code's text is shown as long as it is",
  },
  {
    ids: ["V6"],
    file: PICTURES,
    find: "const urls = texts.filter(isPairingUrl);",
    replace: "const urls = texts.filter((text) => /^https?:/i.test(text));",
    words: "any web address counts as a pairing URL",
  },
];

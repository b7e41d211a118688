/** What can be broken in what a host shows. */
import type { Breakage } from "./breakage.ts";

const WORDS = "src/ui/words.ts";
const AUTHORITY = "src/pairing/authority.ts";
const CHECKS = "src/pairing/request-checks.ts";

export const HOST_SCREEN: readonly Breakage[] = [
  {
    ids: ["H9"],
    file: WORDS,
    find: "`  (${NOT_PROVEN})`,\n",
    replace: "",
    words: "lines do not say that the place is hearsay",
  },
  {
    ids: ["H9"],
    file: "src/ui/ink/question.tsx",
    find: "<Text>{`  (${NOT_PROVEN})`}</Text>",
    replace: "",
    words: "a screen does not say that the place is hearsay",
  },
  {
    ids: ["H10"],
    file: WORDS,
    find: '"https://identity.mozilla.com/tokens/session": "CAN SIGN IN AND PAIR FURTHER DEVICES",',
    replace: "",
    words: "the session scope is not told in words of its own",
  },
  {
    ids: ["H10"],
    file: CHECKS,
    find: "policy.unattended && name === SESSION_SCOPE && !policy.unattendedScopes.includes(name);",
    replace: "policy.unattended && name === SESSION_SCOPE && !policy.allowedScopes.includes(name);",
    words: "the session scope is granted unasked because it is among those that may be asked for",
  },
  {
    ids: ["H11"],
    file: AUTHORITY,
    find: 'return stages.advance(state, "connected", [{ type: "report", status: { type: "connected" } }]);',
    replace: `return stages.advance(state, "connected", [
        { type: "report", status: { type: "connected" } },
        { type: "send", document: formatMetadata(state.metadata) },
      ]);`,
    words: "metadata is sent before there is a request",
  },
  {
    ids: ["H14"],
    file: WORDS,
    find: 'url: "Only scan this yourself. Nobody will ever ask you to send it.",',
    replace: 'url: "Only scan this yourself.",',
    words: "the warning does not say that nobody will ask for the code",
  },
  {
    ids: ["H14"],
    file: "src/ui/plain.ts",
    find: "if (canAsk(this.#streams)) this.say(ONLY_YOURSELF[kind]);\n    else this.progress(ONLY_YOURSELF[kind]);",
    replace: "if (canAsk(this.#streams)) this.say(ONLY_YOURSELF[kind]);",
    words: "the warning is missing where there is no terminal",
  },
  {
    ids: ["H14"],
    file: "src/ui/plain.ts",
    find: "this.tellOnlyYourself(view.kind);\n    return {",
    replace: "return {",
    words: "the warning is missing in lines",
  },
  {
    ids: ["H14"],
    file: "src/ui/json.ts",
    find: "this.#plain.tellOnlyYourself(view.kind);",
    replace: "",
    words: "the warning is missing beside events",
  },
  {
    ids: ["H14"],
    file: "src/ui/ink/offer.tsx",
    find: "<Frame title={model.title} footer={warning}>",
    replace: "<Frame title={model.title} footer={null}>",
    words: "the warning is missing beside a code",
  },
  {
    ids: ["H15"],
    file: "src/pairing/pairing-url.ts",
    find: "return `${origin}/pair#channel_id=${channelId}&channel_key=${encodeBase64url(channelKey)}`;",
    replace:
      "return `${origin}/pair#channel_id=${channelId}&channel_key=${encodeBase64url(channelKey)}&v=2`;",
    words: "the URL we write lets web content be the new device",
  },
  {
    ids: ["H16"],
    file: "src/ui/device-words.ts",
    find: "`Was it not you? Remove it at once: fxa-pair devices remove ${device.id.slice(0, SHORT_ID)}`,",
    replace: "",
    words: "after a success nothing says how to remove the new device",
  },
  {
    ids: ["H16"],
    file: "src/ui/device-words.ts",
    find: "`The new device is ${deviceInWords(device)}.`,",
    replace: '"The new device is there.",',
    words: "after a success the new device is not named",
  },
  {
    ids: ["H9"],
    file: WORDS,
    find: 'text === "" ? "unknown" : displayText(text)',
    replace: 'text === "" ? "" : displayText(text)',
    words: "what is not known about the sender is left blank",
  },
  {
    ids: ["H9"],
    file: WORDS,
    find: 'parts.length > 0 ? displayText(parts.join(", ")) : "unknown"',
    replace: 'displayText(parts.join(", "))',
    words: "a place that is not known is left blank",
  },
  {
    ids: ["H9"],
    file: WORDS,
    find: "return SCOPE_WORDS[scope] ?? `use the scope ${displayText(scope)}`;",
    replace: "return displayText(scope);",
    words: "scopes are not told in words",
  },
  {
    ids: ["H9"],
    file: "src/ui/ink/question.tsx",
    find: '<Field name="Client" value={`${client} (${displayText(clientId)})`} />',
    replace: "",
    words: "a screen does not say which client asks",
  },
  {
    ids: ["H14"],
    file: "src/ui/ink/offer.tsx",
    find: '<Box flexDirection="column">\n          {warning}',
    replace: '<Box flexDirection="column">',
    words: "the warning is missing where the URL is in a file, or no code fits",
  },
  {
    ids: ["H14"],
    file: "src/ui/ink/offer.tsx",
    find: "<Code code={code} />\n        {warning}",
    replace: "<Code code={code} />",
    words: "the warning is missing under a code",
  },
  {
    ids: ["H10"],
    file: "src/commands/host.ts",
    find: "unattended: flags.yes,",
    replace: "unattended: false,",
    words: "a host with --yes judges requests as if somebody were asked",
  },
  {
    ids: ["H16"],
    file: "src/commands/host.ts",
    find: "await newDevice.conclude(!flags.yes && run.prompter !== null);",
    replace: "if (!flags.yes) await newDevice.conclude(run.prompter !== null);",
    words: "a host with --yes does not say which device is new",
  },
];

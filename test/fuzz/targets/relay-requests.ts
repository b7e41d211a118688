/** Upgrade requests: what they ask for, who they come from, what is told of them. Nothing they say ends the relay. */
import type { IncomingMessage } from "node:http";
import { requestAddress, TrustedProxies } from "../../../src/relay/client-address.ts";
import { acceptedLanguages, nameIn } from "../../../src/relay/languages.ts";
import { describeSender } from "../../../src/relay/sender.ts";
import { handshakeProblem, parseTarget } from "../../../src/relay/upgrade.ts";
import type { Target } from "../engine/target.ts";
import { check } from "../engine/target.ts";

const NAMES = [
  "upgrade",
  "connection",
  "sec-websocket-version",
  "sec-websocket-key",
  "x-forwarded-for",
  "user-agent",
  "accept-language",
];
const proxies = new TrustedProxies(["192.0.2.0/24", "2001:db8::/32"]);
/** Of one place, as databases have them: any value may stand there. */
const PLACE_NAMES = { en: "Zurich", "de-CH": "Züri", "pt-BR": "Zurique", ja: "", ru: 7 };
const ID = "AAECAwQFBgcICQoLDA0ODw";
const HEADERS = [
  "websocket",
  "Upgrade",
  "13",
  "dGhlIHNhbXBsZSBub25jZQ==",
  "203.0.113.9, 192.0.2.7",
  "Browser/1",
  "de-CH, en;q=0.5",
];

export const target: Target = {
  subjects: ["upgrade.", "client-address", "sender", "languages"].map((name) => `src/relay/${name}`),
  maxLength: 1_500,
  seeds: [
    "/v1/ws/",
    "/v1/ws/?nameplate=1",
    `/v1/ws/${ID}`,
    `/v1/ws/${ID}?resume=t&received=3`,
    "/v1/nameplates/42",
    "/x",
  ].map((path) => Buffer.from(["GET", "1.1", "192.0.2.7", path, ...HEADERS].join("\n"))),
  words: [
    "[2001:db8::1]:443",
    "::ffff:192.0.2.1",
    "203.0.113.9:80",
    "resume=",
    "&received=",
    "nameplate=1",
    ";q=",
    "*",
    "de-AT-1996",
    "pt",
    "ja",
    "ru,",
    "%2e",
    ID,
  ],
  run(input) {
    const [method = "", httpVersion = "", remoteAddress = "", url = "", ...values] = Buffer.from(input)
      .toString("latin1")
      .split("\n");
    const headers = Object.fromEntries(NAMES.flatMap((name, at) => (values[at] ? [[name, values[at]]] : [])));
    const request = {
      method,
      httpVersion,
      url,
      headers,
      socket: { remoteAddress },
    } as unknown as IncomingMessage;
    const asked = parseTarget(url);
    if ("id" in asked) check(/^[\w-]{22}$/.test(asked.id), "a channel id that is none");
    if (asked.type === "resume")
      check(asked.received === undefined || Number.isSafeInteger(asked.received), "a count that is none");
    const { remote, problem } = requestAddress(request, proxies);
    check(problem === undefined || problem.status === 400, "another refusal");
    const refusal = handshakeProblem(request);
    check(refusal === undefined || [400, 426].includes(refusal.status), "another refusal of the handshake");
    if (refusal === undefined) check(method === "GET" && httpVersion === "1.1", "a handshake that is none");
    const languages = acceptedLanguages(headers["accept-language"]);
    check(languages.length <= 16, "very many languages");
    const name = nameIn(languages, PLACE_NAMES);
    check(name === undefined || ["Zurich", "Züri", "Zurique"].includes(name), "a name that is none");
    const sender = describeSender(request, remote, { find: () => ({}) });
    check((sender.ua ?? "").length <= 1_024, "a name that is too long");
    JSON.stringify(sender);
  },
};

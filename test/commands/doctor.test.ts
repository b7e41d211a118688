/** What doctor makes of facts, without any network. */
import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { certificateWords } from "../../src/commands/doctor/certificate-words.ts";
import { fine, problem, worstOf } from "../../src/commands/doctor/finding.ts";
import {
  checkClock,
  checkCredentials,
  checkNode,
  LEAST_NODE,
} from "../../src/commands/doctor/machine-checks.ts";
import { checkProxy } from "../../src/commands/doctor/proxy-check.ts";
import { redact, reportText } from "../../src/commands/doctor/report.ts";
import { checkTerminal } from "../../src/commands/doctor/terminal-check.ts";
import type { TerminalFacts } from "../../src/commands/doctor/terminal-check.ts";
import { formatPairingUrl } from "../../src/pairing/pairing-url.ts";
import { exampleCredentials } from "../oauth/example-credentials.ts";

describe("the check of Node", () => {
  it("asks for what package.json asks for", () => {
    const { engines } = JSON.parse(readFileSync(new URL("../../package.json", import.meta.url), "utf8")) as {
      engines: { node: string };
    };
    expect(engines.node).toBe(`>=${LEAST_NODE.major}.${LEAST_NODE.minor}`);
  });

  it.each([
    ["v20.19.0", "ok"],
    ["v22.0.0", "ok"],
    ["v20.18.3", "problem"],
    ["v18.20.4", "problem"],
  ])("finds %s %s", (version, status) => {
    expect(checkNode(version)).toMatchObject({ status, details: { version } });
  });
});

describe("the check of the clock", () => {
  it.each<[number | undefined, string, RegExp]>([
    [undefined, "ok", /does not tell/],
    [0, "ok", /Within 1 s/],
    [-29_000, "ok", /Within 29 s/],
    [31_000, "warning", /31 seconds ahead of/],
    [-120_000, "warning", /2 minutes behind/],
    [90_000_000, "warning", /25 hours ahead of/],
  ])("finds %s ms off %s", (ahead, status, words) => {
    const finding = checkClock(ahead);
    expect(finding).toMatchObject({ status });
    expect(finding.message).toMatch(words);
    expect(finding.hint === null).toBe(status === "ok");
  });
});

describe("the check of credentials", () => {
  const EXAMPLE = exampleCredentials();
  const now = Date.parse(EXAMPLE.createdAt) + 3.5 * 86_400_000;

  it("tells their age and what they are good for, and nothing of them", () => {
    const finding = checkCredentials(EXAMPLE, "the system's keyring", now);
    expect(finding).toMatchObject({ status: "ok", details: { signedIn: true, server: EXAMPLE.server } });
    expect(finding.message).toMatch(/3 days old; can(?:not)? sign in others/);
    const text = JSON.stringify(finding);
    for (const secret of [EXAMPLE.refreshToken, EXAMPLE.uid, EXAMPLE.email])
      expect(text).not.toContain(secret);
  });

  it("is content with none", () => {
    expect(checkCredentials(null, "nowhere", now)).toMatchObject({
      status: "ok",
      details: { signedIn: false },
    });
  });
});

describe("a certificate's trouble", () => {
  it.each([
    ["CERT_HAS_EXPIRED", /has expired/, /clock/],
    ["CERT_NOT_YET_VALID", /not valid yet/, /clock/],
    ["ERR_TLS_CERT_ALTNAME_INVALID", /another name/, /address/],
    ["DEPTH_ZERO_SELF_SIGNED_CERT", /nobody but itself/, /NODE_EXTRA_CA_CERTS/],
    ["SELF_SIGNED_CERT_IN_CHAIN", /authority/, /NODE_EXTRA_CA_CERTS/],
    ["UNABLE_TO_VERIFY_LEAF_SIGNATURE", /authority/, /NODE_EXTRA_CA_CERTS/],
    ["UNABLE_TO_GET_ISSUER_CERT_LOCALLY", /authority/, /NODE_EXTRA_CA_CERTS/],
    ["CERT_REVOKED", /revoked/, /operator/],
    ["CERT_SIGNATURE_FAILURE", /not accepted \(CERT_SIGNATURE_FAILURE\)/, /authority/],
  ])("%s is said in words", (code, trouble, hint) => {
    expect(certificateWords(code)).toEqual({
      trouble: expect.stringMatching(trouble),
      hint: expect.stringMatching(hint),
    });
  });

  it.each(["ECONNREFUSED", "ETIMEDOUT", "EPROTO"])("is none in %s", (code) => {
    expect(certificateWords(code)).toBeUndefined();
  });
});

describe("the check of the terminal", () => {
  const url = formatPairingUrl("https://accounts.firefox.com", "A".repeat(22), new Uint8Array(32));
  const usual: TerminalFacts = {
    interactive: true,
    columns: 80,
    rows: 24,
    kind: "xterm-256color",
    color: true,
    capabilities: { unicode: true },
    blockWidth: 1,
  };
  const check = (facts: Partial<TerminalFacts>) => checkTerminal({ ...usual, ...facts }, url);

  it("tells the forms that fit", async () => {
    expect(await check({})).toMatchObject({ status: "ok", details: { fitting: ["half"] } });
    expect((await check({})).message).toMatch(
      /^80×24, xterm-256color, colours; QR codes fit as half; not full and ascii\.$/,
    );
    expect(await check({ columns: 200, rows: 100 })).toMatchObject({
      details: { fitting: ["half", "full", "ascii"] },
    });
  });

  it.each<[string, Partial<TerminalFacts>, RegExp, RegExp]>([
    ["a small window", { columns: 40, rows: 20 }, /No QR code fits this window of 40×20/, /--qr-out/],
    ["no size", { columns: undefined }, /size/, /stty/],
    ["a size of nothing", { rows: 0 }, /size/, /stty/],
    ["a dumb one", { kind: "dumb" }, /no known kind/, /TERM/],
    ["wide blocks", { blockWidth: 2 }, /2 cells wide/, /--qr ascii/],
  ])("warns of %s", async (_name, facts, words, hint) => {
    const finding = await check(facts);
    expect(finding).toMatchObject({ status: "warning" });
    expect(finding.message).toMatch(words);
    expect(finding.hint).toMatch(hint);
  });

  it("does not mind that there is none", async () => {
    expect(await check({ interactive: false })).toMatchObject({ status: "ok" });
  });
});

describe("the check of the proxy", () => {
  it("says which leads where, and that there are credentials", () => {
    const proxy = { variable: "HTTPS_PROXY", address: "http://proxy.example:3128", hasCredentials: true };
    const routes = [{ name: "accounts", proxy } as const, { name: "relay", proxy: undefined } as const];
    expect(checkProxy(routes).message).toBe(
      "The accounts server through http://proxy.example:3128 with credentials (HTTPS_PROXY), the relay without one.",
    );
  });
});

describe("the worst of several problems", () => {
  it("is what stands in the way of most", () => {
    const usage = problem("usage", "", "");
    const unreachable = problem("unreachable", "", "");
    expect(worstOf([usage, unreachable, fine("")])).toBe("unreachable");
    expect(worstOf([problem("timeout", "", ""), fine("")])).toBe("timeout");
    expect(worstOf([fine("")])).toBeUndefined();
  });
});

describe("a report", () => {
  it.each([
    ["/home-of/anna/.config/fxa-pair", "~/.config/fxa-pair"],
    ["mail to anna.b+c@example.org, today", "mail to <e-mail>, today"],
    ["mail to andré@example.org", "mail to <e-mail>"],
    ["uid 5f9c1d3e7b2a4c6d8e0f1a2b3c4d5e6f", "uid <id>"],
    ["client a2270f727f45f648", "client <id>"],
    ["http://user:pass%40word@proxy.example:3128", "http://***@proxy.example:3128"],
    ["key AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8", "key <token>"],
    ["https://accounts.firefox.com answered in 12 ms", "https://accounts.firefox.com answered in 12 ms"],
    ["UNABLE_TO_GET_ISSUER_CERT_LOCALLY", "UNABLE_TO_GET_ISSUER_CERT_LOCALLY"],
  ])("has %j as %j", (text, expected) => {
    expect(redact(text, "/home-of/anna")).toBe(expected);
  });

  it("has a line for each check, and its facts", () => {
    const machine = { version: "1.2.3", node: "v20.19.0", system: "linux 6 x64", home: "/home-of/anna" };
    const findings = [{ name: "node", finding: fine("Fine.", { version: "v20.19.0" }) } as const];
    expect(reportText(findings, machine)).toBe(
      'fxa-pair 1.2.3, Node v20.19.0, linux 6 x64\n\nok       node          Fine.\n                       version="v20.19.0"\n',
    );
  });
});

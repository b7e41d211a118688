import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { checkPairRequest } from "../../src/pairing/request-checks.ts";
import type { RequestPolicy } from "../../src/pairing/request-checks.ts";
import { encodeJson, JWK, OLDSYNC, POLICY, REQUEST, SESSION } from "./request-fixture.ts";

const FINGERPRINT = "0123456789ABC";
const THUMBPRINT = "oKIywvGUpTVTyxMQ3bwIIeQUudfr_CkLMjCE19ECD-U";
const DATA = {
  client_id: REQUEST.clientId,
  scope: `profile ${OLDSYNC}`,
  state: REQUEST.state,
  code_challenge: REQUEST.codeChallenge,
  code_challenge_method: "S256",
  access_type: "offline",
  keys_jwk: REQUEST.keysJwk,
};

function check(changes: Record<string, unknown> = {}, policy: Partial<RequestPolicy> = {}) {
  return checkPairRequest({ ...DATA, ...changes }, { ...POLICY, ...policy }, FINGERPRINT);
}

function fieldsRefused(
  changes: Record<string, unknown>,
  policy: Partial<RequestPolicy> = {},
): readonly string[] {
  const verdict = check(changes, policy);
  return "problems" in verdict ? verdict.problems.map(({ field }) => field) : [];
}

/** JSON has no `undefined`: a member set to it here is absent there. */
function absent(name: string) {
  return JSON.parse(JSON.stringify({ ...DATA, [name]: undefined })) as unknown;
}

describe("a request that is in order", () => {
  it("becomes the frozen object that is shown and granted", () => {
    const verdict = check();
    expect(verdict).toEqual({
      request: {
        clientId: REQUEST.clientId,
        scope: REQUEST.scope,
        state: REQUEST.state,
        codeChallenge: REQUEST.codeChallenge,
        keysJwk: REQUEST.keysJwk,
        publicJwk: JWK,
        jwkThumbprint: THUMBPRINT,
      },
    });
    if (!("request" in verdict)) throw new Error("refused");
    expect(Object.isFrozen(verdict.request)).toBe(true);
    expect(Object.isFrozen(verdict.request.scope)).toBe(true);
    expect(Object.isFrozen(verdict.request.publicJwk)).toBe(true);
  });

  it.each([
    ["scopes separated by +", { scope: `profile+${OLDSYNC}` }],
    ["scopes twice and with spaces around", { scope: ` profile  ${OLDSYNC} +profile ` }],
    ["a key with public extras", { keys_jwk: encodeJson({ kid: "1", use: "enc", ...JWK, ext: true }) }],
    ["unknown members", { resource: 7, prompt: ["none"] }],
    ["online access", { access_type: "online" }],
  ])("may have %s", (_what, changes) => {
    expect(check(changes)).toMatchObject({
      request: { scope: ["profile", OLDSYNC], jwkThumbprint: THUMBPRINT },
    });
  });

  it("needs no key for scopes without one, and no access type", () => {
    expect(check({ scope: "profile", keys_jwk: null })).toMatchObject({
      request: { keysJwk: null, publicJwk: null },
    });
    expect(checkPairRequest(absent("access_type"), POLICY, FINGERPRINT)).toHaveProperty("request");
  });

  it("may ask for what the user allowed by name", () => {
    expect(check({ client_id: "0123456789abcdef" }, { allowedClients: ["0123456789abcdef"] })).toHaveProperty(
      "request",
    );
    expect(check({ scope: "profile:email" }, { allowedScopes: ["profile:email"] })).toHaveProperty("request");
  });
});

describe("a request that is not", () => {
  it.each<[field: string, value: unknown]>([
    ["client_id", "A2270F727F45F648"],
    ["client_id", "a2270f727f45f64"],
    ["client_id", "0000000000000000"],
    ["client_id", "a2270f727f45f648\n"],
    ["client_id", 1],
    ["client_id", ["a2270f727f45f648"]],
    ["scope", ""],
    ["scope", " + "],
    ["scope", ["profile"]],
    ["scope", null],
    ["scope", "profile:write"],
    ["scope", "profile:email"],
    ["scope", "Profile"],
    ["scope", "profile\t"],
    ["scope", "profile,openid"],
    ["scope", `${OLDSYNC}/../x`],
    ["scope", `${OLDSYNC}/`],
    ["scope", `${OLDSYNC}#x`],
    ["scope", `profile ${OLDSYNC.toUpperCase()}`],
    ["scope", encodeURIComponent(OLDSYNC)],
    ["scope", OLDSYNC.replace("https", "http")],
    ["scope", "https://identity.mozilla.com/apps/notes"],
    ["scope", "profile __proto__"],
    ["code_challenge", REQUEST.codeChallenge.slice(1)],
    ["code_challenge", `${REQUEST.codeChallenge}A`],
    ["code_challenge", `${REQUEST.codeChallenge.slice(1)}=`],
    ["code_challenge", `${REQUEST.codeChallenge}\n`],
    ["code_challenge", null],
    ["code_challenge_method", "plain"],
    ["code_challenge_method", "s256"],
    ["code_challenge_method", null],
    ["state", ""],
    ["state", "s".repeat(513)],
    ["state", 7],
    ["access_type", "OFFLINE"],
    ["access_type", null],
    ["keys_jwk", ""],
    ["keys_jwk", JWK],
    ["keys_jwk", null],
    ["keys_jwk", `${REQUEST.keysJwk}=`],
    ["keys_jwk", JSON.stringify(JWK)],
    ["keys_jwk", encodeJson([JWK])],
    ["keys_jwk", encodeJson(null)],
    ["keys_jwk", "_w"],
    ["keys_jwk", encodeJson({ ...JWK, d: "AAAA" })],
    ["keys_jwk", encodeJson({ ...JWK, d: null })],
    ["keys_jwk", encodeJson({ ...JWK, kty: "OKP" })],
    ["keys_jwk", encodeJson({ ...JWK, crv: "P-384" })],
    ["keys_jwk", encodeJson({ ...JWK, x: JWK.y, y: JWK.x })],
    ["keys_jwk", encodeJson({ ...JWK, x: JWK.x.slice(0, -2) })],
    ["keys_jwk", encodeJson({ ...JWK, y: `AA${JWK.y}` })],
    ["keys_jwk", encodeJson({ ...JWK, y: `${JWK.y}=` })],
    ["keys_jwk", encodeJson({ ...JWK, x: "A".repeat(43), y: "A".repeat(43) })],
    ["keys_jwk", encodeJson({ ...JWK, pad: "x".repeat(100_000) })],
  ])("is refused for its %s, without quoting it: %j", (field, value) => {
    const verdict = check({ [field]: value });
    expect(verdict).toMatchObject({ problems: [{ field }] });
    const shown = typeof value === "string" && value.trim().length > 3 ? value.trim().slice(0, 12) : "\0";
    expect(JSON.stringify(verdict).replace("S256", "")).not.toContain(shown);
  });

  it.each(["client_id", "scope", "state", "code_challenge", "code_challenge_method"])("lacks %s", (field) => {
    expect(checkPairRequest(absent(field), POLICY, FINGERPRINT)).toEqual({
      problems: [{ field, reason: "is missing" }],
    });
  });

  it("has a coordinate that only modulo p lies on the curve", () => {
    const p = 2n ** 256n - 2n ** 224n + 2n ** 192n + 2n ** 96n - 1n;
    const y = "RZJDuapYGAb-kTvOmYF63hHKUDxk2aPFM0FcCDJI-8w";
    const keyWithX = (x: bigint) => {
      const bytes = Buffer.from(x.toString(16).padStart(64, "0"), "hex");
      return encodeJson({ ...JWK, x: bytes.toString("base64url"), y });
    };
    expect(fieldsRefused({ keys_jwk: keyWithX(5n) })).toEqual([]);
    expect(fieldsRefused({ keys_jwk: keyWithX(5n + p) })).toEqual(["keys_jwk"]);
  });

  it("is told of everything at once", () => {
    expect(fieldsRefused({ client_id: "x", scope: "", state: "", keys_jwk: "!" })).toEqual([
      "client_id",
      "scope",
      "state",
      "keys_jwk",
    ]);
  });

  it.each([null, undefined, [], "text", 7])("is no object but %j", (data) => {
    expect(checkPairRequest(data, POLICY, FINGERPRINT)).toMatchObject({ problems: [{ field: "data" }] });
  });

  it("is refused or accepted, and nothing else, whatever it holds", () => {
    const value = fc.jsonValue();
    fc.assert(
      fc.property(fc.dictionary(fc.constantFrom(...Object.keys(DATA)), value, { minKeys: 1 }), (changes) => {
        expect(check(changes)).toSatisfy((verdict: object) => "problems" in verdict || "request" in verdict);
      }),
    );
  });
});

describe("pins and unattended approval", () => {
  it("accepts the pinned key or request alone", () => {
    expect(check({}, { approveJwkThumbprint: THUMBPRINT, expectFingerprint: FINGERPRINT })).toHaveProperty(
      "request",
    );
    expect(fieldsRefused({}, { approveJwkThumbprint: THUMBPRINT.toLowerCase() })).toEqual(["keys_jwk"]);
    expect(fieldsRefused({ scope: "profile", keys_jwk: null }, { approveJwkThumbprint: THUMBPRINT })).toEqual(
      ["keys_jwk"],
    );
    expect(fieldsRefused({}, { expectFingerprint: "0000000000000" })).toEqual(["fingerprint"]);
  });

  it("F4: compares every character of the expected fingerprint", () => {
    for (const index of Array(FINGERPRINT.length).keys()) {
      const expectFingerprint = `${FINGERPRINT.slice(0, index)}Z${FINGERPRINT.slice(index + 1)}`;
      expect(fieldsRefused({}, { expectFingerprint })).toEqual(["fingerprint"]);
    }
  });

  it("grants the session scope unasked only if the user named it", () => {
    const scope = `profile ${SESSION}`;
    expect(fieldsRefused({ scope })).toEqual([]);
    expect(fieldsRefused({ scope }, { unattended: true })).toEqual(["scope"]);
    expect(fieldsRefused({ scope }, { unattended: true, unattendedScopes: [SESSION] })).toEqual([]);
    expect(fieldsRefused({}, { unattended: true })).toEqual([]);
  });
});

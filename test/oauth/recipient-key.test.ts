import { parseJsonBytes } from "../../src/lib/json.ts";
import { chmod, mkdtemp, readFile, stat, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { systemRandom } from "../../src/lib/random.ts";
import { encodeKeysJwk, jwkThumbprint, parsePublicJwk, publicJwkOf } from "../../src/oauth/public-jwk.ts";
import { createRecipientKey, loadRecipientKey } from "../../src/oauth/recipient-key.ts";
import { vectorsOf } from "./vectors.ts";

const newKey = () => createRecipientKey(systemRandom).privateJwk;
const parseKeysJwk = (text: string) => parsePublicJwk(parseJsonBytes(Buffer.from(text, "base64url")));
const b64u = (bytes: Uint8Array | string) => Buffer.from(bytes).toString("base64url");

test.each(vectorsOf("keys-jwk-encode"))("$id", ({ inputs, expected }) => {
  expect(encodeKeysJwk(inputs.publicJwk)).toBe(expected.keysJwk);
  expect(parseKeysJwk(expected.keysJwk)).toEqual(inputs.publicJwk);
});

test.each(vectorsOf("jwk-thumbprint"))("$id", ({ inputs, expected }) => {
  expect(jwkThumbprint(inputs.publicJwk)).toBe(expected.thumbprint);
});

describe("keys_jwk", () => {
  const key = publicJwkOf(newKey());
  const encode = (document: unknown) => b64u(JSON.stringify(document));

  test("extra public members and any order are accepted, and dropped", () => {
    const { kty, crv, x, y } = key;
    const sent = { y, ext: true, use: "enc", x, kid: "k", key_ops: ["deriveKey"], alg: "ECDH-ES", crv, kty };
    expect(parseKeysJwk(encode(sent))).toEqual(key);
  });

  test.each([
    ["a private key", encode({ ...key, d: b64u(new Uint8Array(32).fill(1)) })],
    ["a null d", encode({ ...key, d: null })],
    ["a point off the curve", encode({ ...key, x: key.y, y: key.x })],
    ["a coordinate beyond the field", encode({ ...key, x: b64u(new Uint8Array(32).fill(255)) })],
    ["31 bytes", encode({ ...key, x: b64u(new Uint8Array(31)) })],
    ["33 bytes", encode({ ...key, x: b64u(new Uint8Array([0, ...Buffer.from(key.x, "base64url")])) })],
    ["a padded coordinate", encode({ ...key, x: `${key.x}=` })],
    ["P-384", encode({ ...key, crv: "P-384" })],
    ["RSA", encode({ ...key, kty: "RSA" })],
    ["a missing y", encode({ ...key, y: undefined })],
    ["an array", encode([key])],
    ["null", encode(null)],
    ["not JSON", b64u("{")],
    ["not UTF-8", b64u(Uint8Array.of(0x7b, 0xff, 0x7d))],
    ["nothing", ""],
  ])("refuses %s", (_, text) => {
    expect(parseKeysJwk(text)).toBeUndefined();
  });

  test("nothing makes the parsers throw", () => {
    fc.assert(
      fc.property(fc.anything(), fc.string(), (document, text) => {
        parsePublicJwk(document);
        parseKeysJwk(text);
        parseKeysJwk(b64u(text));
      }),
    );
  });
});

describe("generating", () => {
  test("the public half belongs to the private one, and draws differ", () => {
    const key = createRecipientKey(systemRandom);
    expect(parseKeysJwk(key.keysJwk)).toEqual(publicJwkOf(key.privateJwk));
    expect(key.keysJwk).toHaveLength(168);
    expect(key.thumbprint).toBe(jwkThumbprint(key.privateJwk));
    expect(createRecipientKey(systemRandom)).not.toEqual(key);
  });

  test("a draw outside the group is drawn again", () => {
    const draws = [new Uint8Array(32), new Uint8Array(32).fill(255), new Uint8Array(32).fill(1)];
    const key = createRecipientKey(() => draws.shift()!);
    expect(key.privateJwk.d).toBe(b64u(new Uint8Array(32).fill(1)));
  });
});

describe("a kept key", () => {
  const folder = () => mkdtemp(join(tmpdir(), "recipient-key-"));

  test("is made once with mode 0600, then read", async () => {
    const path = join(await folder(), "key.json");
    const made = await loadRecipientKey(path, systemRandom);
    expect((await stat(path)).mode & 0o777).toBe(0o600);
    expect(await loadRecipientKey(path, systemRandom)).toEqual(made);
  });

  test("is refused when others can read it, and left alone", async () => {
    const path = join(await folder(), "key.json");
    await loadRecipientKey(path, systemRandom);
    await chmod(path, 0o640);
    await expect(loadRecipientKey(path, systemRandom)).rejects.toMatchObject({
      code: "usage",
      hint: expect.stringContaining("chmod 600"),
    });
  });

  test("is not looked for behind a link", async () => {
    const place = await folder();
    await loadRecipientKey(join(place, "key.json"), systemRandom);
    await symlink(join(place, "key.json"), join(place, "link"));
    await symlink(join(place, "nothing"), join(place, "dangling"));
    for (const name of ["link", "dangling"]) {
      await expect(loadRecipientKey(join(place, name), systemRandom)).rejects.toMatchObject({
        code: "usage",
      });
    }
  });

  test.each([
    ["nothing", () => ""],
    ["a public key", () => JSON.stringify(publicJwkOf(newKey()))],
    ["halves of two keys", () => JSON.stringify({ ...newKey(), d: newKey().d })],
    ["a zero scalar", () => JSON.stringify({ ...newKey(), d: b64u(new Uint8Array(32)) })],
  ])("is refused when the file holds %s, without quoting it", async (_, content) => {
    const path = join(await folder(), "key.json");
    await writeFile(path, content(), { mode: 0o600 });
    const before = await readFile(path, "utf8");
    const error = await loadRecipientKey(path, systemRandom).catch((caught: unknown) => caught);
    expect(error).toMatchObject({ code: "usage" });
    expect(error).not.toHaveProperty("cause");
    expect(await readFile(path, "utf8")).toBe(before);
  });

  test("a folder that does not exist is said so", async () => {
    const path = join(await folder(), "no", "key.json");
    await expect(loadRecipientKey(path, systemRandom)).rejects.toMatchObject({ code: "usage" });
  });
});

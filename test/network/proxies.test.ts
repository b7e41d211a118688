import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { FxaPairError } from "../../src/lib/errors.ts";
import { proxiesOf } from "../../src/network/proxies.ts";
import type { Proxy } from "../../src/network/proxies.ts";

type Variables = Record<string, string>;

const proxyOf = (variables: Variables, url = "https://accounts.example/"): Proxy | undefined =>
  proxiesOf(variables)(new URL(url));

/** The host of the proxy that is taken: enough to tell which. */
const hostOf = (variables: Variables, url?: string) => proxyOf(variables, url)?.host;

function failureOf(variables: Variables): FxaPairError {
  try {
    proxiesOf(variables);
  } catch (error) {
    if (error instanceof FxaPairError) return error;
    throw error;
  }
  throw new Error("it did not fail");
}

describe("which variable", () => {
  const both = { HTTP_PROXY: "http://plain", HTTPS_PROXY: "http://secure", ALL_PROXY: "http://all" };

  test.each([
    ["http://a.example", "plain"],
    ["ws://a.example", "plain"],
    ["https://a.example", "secure"],
    ["wss://a.example", "secure"],
  ])("for %s: %s", (url, expected) => {
    expect(hostOf(both, url)).toBe(expected);
  });

  test("ALL_PROXY stands in for either, and neither for the other", () => {
    expect(hostOf({ ALL_PROXY: "all", HTTP_PROXY: "plain" })).toBe("all");
    expect(hostOf({ all_proxy: "all", HTTPS_PROXY: "secure" }, "ws://a.example")).toBe("all");
    expect(hostOf({ HTTP_PROXY: "plain" })).toBeUndefined();
    expect(hostOf({ HTTPS_PROXY: "secure" }, "ws://a.example")).toBeUndefined();
    expect(hostOf({})).toBeUndefined();
  });

  test.each(["http", "https", "all"])("%s_proxy in lower case wins, unless it is empty", (name) => {
    const lower = `${name}_proxy`;
    const upper = lower.toUpperCase();
    const url = name === "http" ? "http://a.example" : undefined;
    expect(hostOf({ [lower]: "lower", [upper]: "upper" }, url)).toBe("lower");
    expect(hostOf({ [lower]: " ", [upper]: "upper" }, url)).toBe("upper");
    expect(proxyOf({ [lower]: "lower" }, url)?.variable).toBe(lower);
    expect(proxyOf({ [upper]: "upper" }, url)?.variable).toBe(upper);
  });

  test("HTTP_PROXY may be a request's own header in a CGI script, and is not believed there", () => {
    const cgi = { REQUEST_METHOD: "GET", HTTP_PROXY: "evil" };
    expect(hostOf(cgi, "ws://a.example")).toBeUndefined();
    expect(hostOf({ ...cgi, http_proxy: "good" }, "ws://a.example")).toBe("good");
    expect(hostOf({ ...cgi, HTTPS_PROXY: "good" })).toBe("good");
  });

  test.each(["http://localhost:1", "ws://127.0.0.1", "https://127.8.9.10", "wss://[::1]:8443"])(
    "never for this machine: %s",
    (url) => {
      expect(hostOf(both, url)).toBeUndefined();
    },
  );

  test("a variable that is not needed may hold anything", () => {
    expect(hostOf({ ALL_PROXY: "socks4://old", HTTP_PROXY: "plain", HTTPS_PROXY: "secure" })).toBe("secure");
    expect(hostOf({ NO_PROXY: "::::" })).toBeUndefined();
  });
});

describe("what it may hold", () => {
  const credentials = (user: string, password: string) => ({ credentials: { user, password } });

  test.each<[string, Partial<Proxy>]>([
    ["http://p.example", { kind: "http", host: "p.example", port: 80 }],
    ["p.example:3128", { kind: "http", host: "p.example", port: 3128 }],
    ["P.Example", { kind: "http", host: "p.example", port: 80 }],
    ["https://p.example/", { kind: "https", host: "p.example", port: 443 }],
    ["HTTPS://p.example:80", { kind: "https", host: "p.example", port: 80 }],
    ["http://p.example:443", { kind: "http", host: "p.example", port: 443 }],
    ["socks5://p.example", { kind: "socks5", host: "p.example", port: 1080 }],
    ["socks5h://p.example:80", { kind: "socks5h", host: "p.example", port: 80 }],
    ["socks://p.example/", { kind: "socks5h", host: "p.example", port: 1080 }],
    ["http://[2001:DB8::1]:8080", { kind: "http", host: "2001:db8::1", port: 8080 }],
    ["socks5://müller.example", { host: "xn--mller-kva.example" }],
    ["http://user:pass@p.example", credentials("user", "pass")],
    ["user:pass@p.example:3128", { host: "p.example", ...credentials("user", "pass") }],
    ["http://user@p.example", credentials("user", "")],
    ["http://:token@p.example", credentials("", "token")],
    ["http://@p.example", { credentials: undefined }],
    ["http://p.example", { credentials: undefined }],
    ["socks5://a%40b:p%3a%2F%25%C3%BC@p.example", credentials("a@b", "p:/%ü")],
    ["http://user:p@ss:word@p.example", { host: "p.example", ...credentials("user", "p@ss:word") }],
  ])("%s", (text, expected) => {
    expect(proxyOf({ HTTPS_PROXY: text })).toMatchObject(expected);
  });

  test("any user name and password, percent-encoded, comes out as it was", () => {
    fc.assert(
      fc.property(fc.string({ unit: "grapheme" }), fc.string({ unit: "grapheme" }), (user, password) => {
        const encoded = [user, password].map((part) => encodeURIComponent(part)).join(":");
        const proxy = proxyOf({ HTTPS_PROXY: `http://${encoded}@p.example:3128` });
        expect(proxy).toMatchObject({ host: "p.example", port: 3128 });
        expect(proxy?.credentials ?? { user: "", password: "" }).toEqual({ user, password });
      }),
    );
  });
});

describe("what it may not hold is refused by name, and not repeated", () => {
  const SECRET = "hunter2";

  test.each([
    "http://",
    `http://user:${SECRET}@`,
    `http://user:${SECRET}@p.example:0`,
    `http://user:${SECRET}@p.example:99999`,
    `http://user:${SECRET}@p.example:port`,
    `http://user:${SECRET}@p.example/path`,
    `http://user:${SECRET}@p.example?query`,
    `http://user:1#${SECRET}@p.example`,
    `http://user:1/${SECRET}@p.example`,
    `http://user:%${SECRET}@p.example`,
    `http://user:%FF${SECRET}@p.example`,
    `ftp://user:${SECRET}@p.example`,
    `socks4://user:${SECRET}@p.example`,
    `socks4a://user:${SECRET}@p.example`,
    `://user:${SECRET}@p.example`,
    `http://user:${SECRET}@p exa mple`,
    `socks5://user:${SECRET}${"x".repeat(249)}@p.example`,
    `socks5://${SECRET}${"ü".repeat(125)}:x@p.example`,
    `user:${SECRET}`,
  ])("%s", (text) => {
    for (const name of ["HTTPS_PROXY", "https_proxy", "http_proxy", "ALL_PROXY"]) {
      const error = failureOf({ [name]: text });
      expect(error).toMatchObject({ code: "usage", message: expect.stringContaining(name) });
      const said = JSON.stringify([
        error,
        error.message,
        error.hint,
        error.details,
        error.stack,
        error.cause,
      ]);
      expect(said).not.toContain(SECRET);
    }
  });

  test("as long as SOCKS5 has room for, and no longer", () => {
    const longest = "x".repeat(255);
    expect(proxyOf({ ALL_PROXY: `socks5h://${longest}:${longest}@p.example` })?.credentials?.user).toBe(
      longest,
    );
    expect(failureOf({ ALL_PROXY: `socks5h://${longest}y@p.example` }).message).toContain("too long");
    expect(proxyOf({ ALL_PROXY: `http://${longest}y@p.example` })?.credentials?.user).toHaveLength(256);
  });
});

describe("NO_PROXY", () => {
  const goesThrough = (list: string, url: string) =>
    proxyOf({ HTTPS_PROXY: "p.example", HTTP_PROXY: "p.example", NO_PROXY: list }, url) !== undefined;

  test.each<[string, string[], string[]]>([
    ["", [], ["https://a.example"]],
    ["*", ["https://a.example", "wss://[2001:db8::1]"], []],
    ["b.example, *", ["https://a.example"], []],
    ["example.com", ["https://example.com", "wss://www.example.com:8443"], ["https://badexample.com"]],
    [".example.com", ["https://example.com", "https://www.example.com"], ["https://badexample.com"]],
    ["*.example.com", ["https://example.com", "https://a.b.example.com"], ["https://example.org"]],
    ["EXAMPLE.com.", ["https://example.com", "https://Example.COM."], ["https://com"]],
    ["müller.example", ["https://www.müller.example"], ["https://muller.example"]],
    ["a.example b.example\tc.example", ["https://a.example", "https://b.example", "https://c.example"], []],
    [" a.example ,,b.example, ", ["https://b.example"], ["https://c.example"]],
    ["a.example:8443", ["https://a.example:8443", "wss://x.a.example:8443"], ["https://a.example"]],
    [
      "a.example:443",
      ["https://a.example", "wss://a.example"],
      ["http://a.example", "https://a.example:444"],
    ],
    ["a.example:80", ["ws://a.example"], ["wss://a.example"]],
    ["10.1.2.3", ["https://10.1.2.3"], ["https://10.1.2.30", "https://110.1.2.3"]],
    ["10.1.2.3:8443", ["https://10.1.2.3:8443"], ["https://10.1.2.3"]],
    ["10.0.0.0/8", ["https://10.255.0.1:444"], ["https://11.0.0.1", "https://10.example.com"]],
    ["192.168.7.0/25", ["https://192.168.7.127"], ["https://192.168.7.128"]],
    ["10.0.0.0/8", ["https://[::ffff:10.1.2.3]"], ["https://[::ffff:11.1.2.3]"]],
    ["0.0.0.0/0", ["https://203.0.113.9"], ["https://a.example"]],
    ["2001:db8::1", ["https://[2001:db8:0::1]"], ["https://[2001:db8::2]"]],
    ["[2001:db8::1]", ["https://[2001:db8::1]:8443"], []],
    ["[2001:db8::1]:8443", ["https://[2001:db8::1]:8443"], ["https://[2001:db8::1]"]],
    ["2001:db8::/32", ["https://[2001:db8:ffff::]"], ["https://[2001:db9::]"]],
    ["10.0.0.0/33, 10.0.0.0/x, 10.0.0.0/, fd00::/129", [], ["https://10.0.0.0", "https://[fd00::]"]],
    [".,*.,[,],a.example:x", [], ["https://a.example", "https://b.example"]],
  ])("%j", (list, direct, through) => {
    for (const url of direct) expect.soft(goesThrough(list, url), url).toBe(false);
    for (const url of through) expect.soft(goesThrough(list, url), url).toBe(true);
  });

  test("in lower case wins, unless it is empty", () => {
    const proxies = { HTTPS_PROXY: "p.example" };
    expect(hostOf({ ...proxies, no_proxy: "b.example", NO_PROXY: "*" })).toBe("p.example");
    expect(hostOf({ ...proxies, no_proxy: "", NO_PROXY: "*" })).toBeUndefined();
  });

  test("no list makes it fail", () => {
    fc.assert(
      fc.property(
        fc.string({
          unit: fc.constantFrom("*", ".", ":", "/", "[", "]", "%", ",", "1", "f", "a", "\u0130", " "),
        }),
        (list) => {
          expect(typeof goesThrough(list, "https://1f.a1")).toBe("boolean");
        },
      ),
    );
  });
});

import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { clientAddress, TrustedProxies } from "../../src/relay/client-address.ts";
import { REFUSALS } from "../../src/relay/refusals.ts";

const TRUSTED = ["10.0.0.0/8", "192.0.2.1", "2001:db8:ffff::/48", "::1"];
const proxies = new TrustedProxies(TRUSTED);
const through = (forwarded: string | undefined, peer = "10.1.2.3"): unknown =>
  clientAddress(peer, forwarded, proxies);

describe("without a trusted proxy", () => {
  it.each(["203.0.113.9", "10.1.2.3", "garbage", "", undefined])(
    "X-Forwarded-For: %s is ignored",
    (header) => {
      expect(clientAddress("10.1.2.3", header, new TrustedProxies([]))).toBe("10.1.2.3");
      expect(through(header, "198.51.100.7")).toBe("198.51.100.7");
      expect(through(header, "192.0.2.2")).toBe("192.0.2.2");
      expect(through(header, "2001:db8:fffe::1")).toBe("2001:db8:fffe::1");
    },
  );

  it.each([
    ["::ffff:198.51.100.7", "198.51.100.7"],
    ["::FFFF:C633:6407", "198.51.100.7"],
    ["fe80::1%eth0", "fe80::1"],
    [undefined, undefined],
  ])("the connection's own address %s is %s", (peer, shown) => {
    expect(clientAddress(peer, undefined, proxies)).toBe(shown);
    expect(clientAddress(peer, "203.0.113.9", proxies)).toBe(shown);
  });
});

describe("behind a trusted proxy", () => {
  it.each([
    ["no header", undefined, "10.1.2.3"],
    ["an empty one", "", "10.1.2.3"],
    ["empty elements", " , ,", "10.1.2.3"],
    ["only trusted entries", "10.9.9.9, 192.0.2.1", "10.1.2.3"],
    ["one entry", "203.0.113.9", "203.0.113.9"],
    ["spaces round it", " \t203.0.113.9 ", "203.0.113.9"],
    ["two", "203.0.113.9, 198.51.100.7", "198.51.100.7"],
    ["a trusted one behind it", "203.0.113.9, 198.51.100.7,10.0.0.1", "198.51.100.7"],
    ["several trusted ones behind it", "203.0.113.9,10.0.0.1, ::1 ,2001:db8:ffff::2", "203.0.113.9"],
    ["a forged one in front", "127.0.0.1, 203.0.113.9, 10.0.0.1", "203.0.113.9"],
    ["a trusted one in front", "10.5.5.5, 203.0.113.9", "203.0.113.9"],
    ["an empty element behind it", "203.0.113.9,", "203.0.113.9"],
    ["IPv6", "2001:db8::7", "2001:db8::7"],
    ["IPv6 in long form", "2001:0DB8:0:0:0:0:0:7", "2001:db8::7"],
    ["IPv6 in brackets", "[2001:db8::7]", "2001:db8::7"],
    ["IPv6 with a port", "[2001:db8::7]:4711", "2001:db8::7"],
    ["IPv4 with a port", "203.0.113.9:4711", "203.0.113.9"],
    ["IPv4 with the highest port", "203.0.113.9:65535", "203.0.113.9"],
    ["IPv4-mapped", "::ffff:203.0.113.9", "203.0.113.9"],
    ["IPv4-mapped in hexadecimal", "::FFFF:cb00:7109", "203.0.113.9"],
    ["IPv4-mapped with a port", "[::ffff:203.0.113.9]:1", "203.0.113.9"],
    ["a trusted one with a port behind it", "203.0.113.9, 10.0.0.1:80", "203.0.113.9"],
    ["a trusted one, IPv4-mapped, behind it", "203.0.113.9, ::ffff:10.0.0.1", "203.0.113.9"],
    ["a trusted IPv6 in long form behind it", "203.0.113.9, 2001:0db8:FFFF:0::2", "203.0.113.9"],
  ])("%s: %j is %s", (_name, header, address) => {
    expect(through(header)).toBe(address);
    for (const peer of ["192.0.2.1", "::ffff:10.1.2.3", "2001:db8:ffff::9", "::1"]) {
      const own = clientAddress(peer, undefined, proxies);
      expect(through(header, peer)).toBe(address === "10.1.2.3" ? own : address);
    }
  });

  it.each([
    "unknown",
    "_hidden",
    "localhost",
    "proxy.example",
    "203.0.113",
    "203.0.113.256",
    "203.0.113.09",
    "203.0.113.9/32",
    "203.0.113.9:",
    "203.0.113.9:65536",
    "203.0.113.9:123456",
    "203.0.113.9:http",
    "203.0.113.9 198.51.100.7",
    "203.0.113.9;198.51.100.7",
    '"203.0.113.9"',
    "for=203.0.113.9",
    "[203.0.113.9]",
    "[203.0.113.9]:80",
    "[2001:db8::7",
    "2001:db8::7]",
    "[2001:db8::7]:",
    "[2001:db8::7]80",
    "[]",
    "[::1]]",
    "2001:db8::7::1",
    "2001:db8:::7",
    ":::",
    ":",
    "::ffff:203.0.113.256",
    "fe80::1%eth0",
    "[fe80::1%25eth0]:80",
    "0x7f.0.0.1",
    "2130706433",
    "٣.٣.٣.٣",
    "\u0000",
    `${"1".repeat(100)}.0.0.1`,
  ])("%j is malformed, wherever it stands", (entry) => {
    for (const header of [entry, `${entry}, 203.0.113.9`, `203.0.113.9, ${entry}`, `${entry}, 10.0.0.1`]) {
      expect(through(header), header).toBe(REFUSALS.badForwarded);
    }
  });

  it("a huge header is read once, and no more", () => {
    const many = Array.from({ length: 2_000 }, (_, index) => `10.0.${index >> 8}.${index & 255}`);
    expect(through(["203.0.113.9", ...many].join(","))).toBe("203.0.113.9");
    for (const text of [":", "1:", "1.", "[", "f", "%", ";"]) {
      expect(through(text.repeat(16_384 / text.length))).toBe(REFUSALS.badForwarded);
    }
  });

  it("anything is an address, or refused; never what nobody sent", () => {
    const piece = fc.constantFrom(
      "10.0.0.1",
      "203.0.113.9",
      "::1",
      "[",
      "]",
      ":",
      "80",
      ",",
      " ",
      "x",
      "%",
      "::ffff:",
    );
    const header = fc.array(piece, { maxLength: 10 }).map((pieces) => pieces.join(""));
    fc.assert(
      fc.property(fc.oneof(header, fc.string()), (each) => {
        const answer = clientAddress("10.1.2.3", each, proxies);
        if (typeof answer === "string") expect(answer).toMatch(/^[0-9a-f.:]+$/);
        else expect(answer).toBe(REFUSALS.badForwarded);
      }),
      { numRuns: 5_000 },
    );
  });
});

describe("trusted proxies", () => {
  it.each([
    ["0.0.0.0/0", "203.0.113.9", true],
    ["0.0.0.0/0", "2001:db8::1", false],
    ["192.0.2.128/25", "192.0.2.127", false],
    ["192.0.2.129/25", "192.0.2.128", true],
    ["192.0.2.7/32", "192.0.2.7", true],
    ["192.0.2.7", "192.0.2.8", false],
    ["2001:db8::/127", "2001:db8::1", true],
    ["2001:db8::/127", "2001:db8::2", false],
    ["2001:DB8::1", "2001:db8::1", true],
    ["::ffff:192.0.2.0/120", "192.0.2.9", true],
    ["::ffff:192.0.2.9", "192.0.2.9", true],
  ])("of %s: is %s one? %s", (range, address, trusted) => {
    expect(new TrustedProxies([range]).has(address)).toBe(trusted);
  });

  it("are none without ranges", () => {
    expect(new TrustedProxies([]).has("127.0.0.1")).toBe(false);
  });
});

/** How much memory is kept for what is kept of a request. */
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { expect, it } from "vitest";
import { encodeBase64url } from "../../src/lib/base64url.ts";
import { systemRandom } from "../../src/lib/random.ts";
import { clientAddress, TrustedProxies } from "../../src/relay/client-address.ts";
import { parseTarget } from "../../src/relay/upgrade.ts";

setFlagsFromString("--expose-gc");
const collectGarbage = runInNewContext("gc") as () => void;

const REQUESTS = 1_000;
/** Characters of one request: nearly as many as Node takes. */
const LONG = 15_000;

/** Bytes of memory that so many results hold on to. */
function held(make: (number: number) => unknown): number {
  collectGarbage();
  const before = process.memoryUsage().heapUsed;
  const kept = Array.from({ length: REQUESTS }, (_, number) => make(number));
  collectGarbage();
  const after = process.memoryUsage().heapUsed;
  expect(kept).toHaveLength(REQUESTS);
  return after - before;
}

it.each<[string, (number: number) => unknown]>([
  [
    "the channel's id",
    () => {
      const id = encodeBase64url(systemRandom(16));
      const target = parseTarget(Buffer.from(`/v1/ws/${id}?${"q".repeat(LONG)}`).toString());
      return target.type === "join" ? target.id : undefined;
    },
  ],
  [
    "the client's address",
    (number) => {
      const list = `${"198.51.100.123, ".repeat(LONG / 16)}203.0.113.${number % 256}, 192.0.2.1`;
      const header = Buffer.from(list).toString();
      return clientAddress("192.0.2.1", header, new TrustedProxies(["192.0.2.1"]));
    },
  ],
])("R4: %s keeps nothing of the request around it", (_name, make) => {
  expect(held(make)).toBeLessThan((REQUESTS * LONG) / 4);
});

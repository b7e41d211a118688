import { describe, expect, it } from "vitest";
import { chosenRelay } from "../../src/commands/accounts.ts";

/** What is chosen for that address, and what is said of it. */
function choose(channelServer: string | undefined) {
  const warnings: string[] = [];
  const run = {
    environment: { variables: {} },
    reporter: { warn: (words: string) => warnings.push(words) },
  };
  const choice = chosenRelay({ channelServer } as never, run as never);
  return { choice, warnings };
}

describe("N1: a relay that the user names", () => {
  it.each(["ws://relay.example", "ws://192.0.2.1:8000", "ws://127.0.0.1.example"])(
    "without TLS elsewhere is taken, with a warning: %s",
    (address) => {
      const { choice, warnings } = choose(address);
      expect(choice).toMatchObject({ relayUrl: address, allowInsecure: true });
      expect(warnings).toEqual([expect.stringContaining("without TLS")]);
    },
  );

  it.each(["wss://relay.example", "ws://127.0.0.1:8000", "ws://localhost:8000", "ws://[::1]:8000"])(
    "gives no cause for one: %s",
    (address) => {
      expect(choose(address)).toMatchObject({ choice: { relayUrl: address }, warnings: [] });
    },
  );

  it.each(["http://relay.example", "relay.example", "file:///tmp/x"])("is none: %s", (address) => {
    expect(() => choose(address)).toThrow("ws:// or wss://");
  });
});

/** What --yes does without anybody watching, and what it says of that. */
import { afterAll, beforeAll, expect, it } from "vitest";
import { cleanUp, run } from "./harness.ts";
import { createWorld, EMAIL, storedCredentials } from "./world.ts";
import type { World } from "./world.ts";

const AUTHORIZATION = "/auth/v1/oauth/authorization";

let world: World;

beforeAll(async () => {
  world = await createWorld();
});

afterAll(async () => {
  await cleanUp();
  await world.close();
});

function joinArgs(folder: string, ...extra: string[]): string[] {
  return ["join", ...world.servers, "--config-dir", folder, "--yes", ...extra, "-"];
}

const warnings = (text: string) => text.split("\n").filter((line) => line.includes("--yes"));

it("A1: host --yes says that whoever has the URL gets the account, approves one device, and ends", async () => {
  const before = world.accounts.requests.count(AUTHORIZATION);
  const { program: host, url } = await world.host();
  const [first, second] = [world.newFolder(), world.newFolder()];
  const joined = await run(joinArgs(first, "--expect-email", EMAIL), { input: url });
  expect(joined.status, joined.stderr).toBe(0);
  expect(await host.exit).toBe(0);
  const refused = await run(joinArgs(second, "--expect-email", EMAIL), { input: url });
  expect(refused.status).toBe(5);
  expect(storedCredentials(second)).toBeUndefined();
  expect(world.accounts.requests.count(AUTHORIZATION) - before).toBe(1);
  expect(warnings(host.stderr)).toEqual([expect.stringContaining("Whoever has the URL gets the account.")]);
});

it("J7: join --yes without --expect-email warns, and tells the account that it was signed in to", async () => {
  const { program: host, url } = await world.host();
  const folder = world.newFolder();
  const joined = await run(joinArgs(folder), { input: url });
  expect(joined.status, joined.stderr).toBe(0);
  expect(warnings(joined.stderr)).toEqual([
    expect.stringContaining("whatever account the other device has, this one is signed in to it"),
  ]);
  expect(joined.stderr).toContain(EMAIL);
  await host.exit;
});

it("J7: join --yes --expect-email has nothing to warn of", async () => {
  const { program: host, url } = await world.host();
  const joined = await run(joinArgs(world.newFolder(), "--expect-email", EMAIL), { input: url });
  expect(joined.status, joined.stderr).toBe(0);
  expect(warnings(joined.stderr)).toEqual([]);
  await host.exit;
});

import { expect, it } from "vitest";
import { explore } from "./explore.ts";
import { PairingModel } from "./pairing-model.ts";
import { endOf, replay } from "./replay.ts";

it("on every way of the model to an end, the flows that are shipped come to the same one", async () => {
  const model = new PairingModel({ losses: 1 });
  const { states, trace } = explore(model);
  let ends = 0;
  for (const [index, world] of states.entries()) {
    if (!model.isOver(world)) continue;
    ends += 1;
    expect(await replay(trace(index)), trace(index).join("; ")).toEqual(endOf(world));
  }
  expect(ends).toBeGreaterThan(5000);
}, 600_000);

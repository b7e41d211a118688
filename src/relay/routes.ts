/** Which request that has come through Node's parser goes where: an upgrade to its handler, all others to their answers. */
import type { IncomingMessage, Server } from "node:http";
import type { Duplex } from "node:stream";
import type { Clock } from "../lib/clock.ts";
import type { TrustedProxies } from "./client-address.ts";
import { requestAddress } from "./client-address.ts";
import type { HttpAnswer } from "./http-answers.ts";
import { respond } from "./http-answers.ts";
import { OwedAnswers } from "./owed-answers.ts";
import type { Telemetry } from "./telemetry.ts";
import type { UpgradeHandler } from "./upgrade-handler.ts";
import { parseTarget } from "./upgrade.ts";

export interface Routes {
  readonly upgrades: UpgradeHandler;
  readonly proxies: TrustedProxies;
  readonly clock: Clock;
  readonly telemetry: Telemetry;
  /** The answer to a request that asks for no WebSocket. Must not reject. */
  plainAnswer(method: string | undefined, path: string): Promise<HttpAnswer>;
}

/** Answers whatever comes to `front` from now on. */
export function route(front: Server, { upgrades, proxies, clock, telemetry, plainAnswer }: Routes): void {
  const owed = new OwedAnswers(clock);
  front.on("request", (request, response) => {
    if (!owed.note(request.socket, response)) return;
    void plainAnswer(request.method, parseTarget(request.url ?? "").path).then((found) => {
      if (found.refusal !== undefined)
        telemetry.turnedAway(found.refusal, requestAddress(request, proxies).remote);
      respond(response, found);
    });
  });
  front.on("upgrade", (request: IncomingMessage, socket: Duplex, head: Buffer) => {
    if (owed.isOwed(socket)) socket.destroy();
    else void upgrades.handle(request, socket, head);
  });
}

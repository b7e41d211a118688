/** From an upgrade request to a participant in a channel, or to a refusal: everything before the WebSocket. */
import type { IncomingMessage } from "node:http";
import type { Duplex } from "node:stream";
import { CHANNEL_ID_BYTES } from "../channel/wire.ts";
import { encodeBase64url } from "../lib/base64url.ts";
import type { RandomSource } from "../lib/random.ts";
import type { Admission } from "./backplane.ts";
import { isRefusal } from "./backplane.ts";
import type { TrustedProxies } from "./client-address.ts";
import { requestAddress } from "./client-address.ts";
import type { ConnectionContext } from "./connection.ts";
import { Connection } from "./connection.ts";
import { handshakeAnswer } from "./handshake.ts";
import type { HttpAnswer } from "./http-answers.ts";
import { refusalAnswer, respondOnSocket } from "./http-answers.ts";
import type { Places } from "./places.ts";
import type { Refusal } from "./refusals.ts";
import { REFUSALS } from "./refusals.ts";
import { RelaySocket } from "./relay-socket.ts";
import { describeSender } from "./sender.ts";
import type { Target } from "./upgrade.ts";
import { handshakeProblem, isWebSocket, parseTarget } from "./upgrade.ts";

/** Length of a resume token before base64url. */
const TOKEN_BYTES = 16;

/** A target that asks for a seat. */
type SeatTarget = Exclude<Target, { type: "malformed" | "plain" }>;

export interface UpgradeOptions {
  readonly context: ConnectionContext;
  readonly random: RandomSource;
  readonly proxies: TrustedProxies;
  readonly places: Places;
  /** What is let in just now; changes while the relay stops. */
  readonly door: { readonly opens: boolean; readonly joins: boolean };
  /** The answer to a request that is not for a channel, whatever it wants to upgrade to. */
  plainAnswer(method: string | undefined, path: string): Promise<HttpAnswer>;
}

export class UpgradeHandler {
  readonly #options: UpgradeOptions;

  constructor(options: UpgradeOptions) {
    this.#options = options;
  }

  /** Deals with one upgrade request and its socket. Never rejects. */
  async handle(request: IncomingMessage, socket: Duplex, head: Buffer): Promise<void> {
    // Without a listener, a socket that breaks before it has become a WebSocket would end the process.
    socket.on("error", destroyOnError);
    try {
      await this.#answer(request, socket, head);
    } catch (error) {
      this.#options.context.telemetry.upgradeFailed(error);
      socket.destroy();
    }
  }

  async #answer(request: IncomingMessage, socket: Duplex, head: Buffer): Promise<void> {
    const target = parseTarget(request.url ?? "");
    const { remote, problem } = requestAddress(request, this.#options.proxies);
    if (target.type === "plain" && !isWebSocket(request.headers)) {
      // What wants to be something else, such as `h2c`, is answered as if it did not ask.
      const plain = await this.#options.plainAnswer(request.method, target.path);
      respondOnSocket(socket, this.#options.context.clock, plain);
      return;
    }
    const answer = problem ?? (await this.#answerTo(target, request, remote ?? ""));
    if (isRefusal(answer)) {
      this.#refuse(answer, remote, socket);
      return;
    }
    try {
      this.#accept(answer, request, remote, socket, head);
    } catch (error) {
      this.#giveUp(answer);
      throw error;
    }
  }

  async #answerTo(target: Target, request: IncomingMessage, address: string): Promise<Admission | Refusal> {
    if (target.type === "plain") return REFUSALS.notFound;
    if (target.type === "malformed") return target.refusal;
    return handshakeProblem(request) ?? this.#admit(target, address);
  }

  /** Takes a seat, in a new channel or an old one. */
  async #admit(target: SeatTarget, address: string): Promise<Admission | Refusal> {
    const { door, context, random } = this.#options;
    const { backplane } = context;
    if (!(target.type === "open" ? door.opens : door.joins)) return REFUSALS.draining;
    const request = { address, token: encodeBase64url(random(TOKEN_BYTES)) };
    switch (target.type) {
      case "open":
        return backplane.open({
          ...request,
          id: encodeBase64url(random(CHANNEL_ID_BYTES)),
          nameplate: target.nameplate,
        });
      case "join":
        return backplane.join({ ...request, id: target.id });
      case "joinByNameplate":
        return backplane.joinByNameplate({ ...request, nameplate: target.nameplate });
      case "resume":
        return backplane.resume({
          ...request,
          id: target.id,
          presented: target.presented,
          received: target.received,
        });
    }
  }

  #refuse(refusal: Refusal, remote: string | undefined, socket: Duplex): void {
    const { telemetry, clock } = this.#options.context;
    telemetry.refused(refusal, remote);
    respondOnSocket(socket, clock, refusalAnswer(refusal));
  }

  #accept(
    admission: Admission,
    request: IncomingMessage,
    remote: string | undefined,
    socket: Duplex,
    head: Buffer,
  ): void {
    const { context, places } = this.#options;
    if (!socket.readable || !socket.writable) {
      context.telemetry.abandoned(admission);
      this.#giveUp(admission);
      socket.destroy();
      return;
    }
    context.telemetry.admitted(admission, remote);
    // The answer and the first message leave as one packet.
    socket.cork();
    socket.write(handshakeAnswer(request.headers["sec-websocket-key"] ?? ""));
    socket.off("error", destroyOnError);
    const webSocket = new RelaySocket(socket, context.clock, context.largestMessage);
    new Connection(context, webSocket, admission, describeSender(request, remote, places)).begin();
    socket.uncork();
    // What came with the request is the first to be read.
    if (head.length > 0) socket.unshift(head);
  }

  /** Gives up a seat whose client never got its answer. A first token nobody has ever seen takes no seat again. */
  #giveUp(admission: Admission): void {
    const { backplane } = this.#options.context;
    if (admission.connection === 0) backplane.leave(admission);
    else backplane.lose(admission);
  }
}

function destroyOnError(this: Duplex): void {
  this.destroy();
}

/**
 * The sandbox's accounts server: content, auth, OAuth and profile server on one loopback origin, in memory, as strict
 * as the hosted ones, and willing to fail on demand. It follows the public HTTP API of Mozilla accounts.
 */
import type { IncomingMessage, Server, ServerResponse } from "node:http";
import { createServer } from "node:http";
import type { Clock } from "../lib/clock.ts";
import type { RandomSource } from "../lib/random.ts";
import type { Answer, Call, Route } from "./call.ts";
import { FaultHooks } from "./faults.ts";
import { IdTokenSigner } from "./id-token.ts";
import type { OnMail } from "./mailbox.ts";
import { Mailbox } from "./mailbox.ts";
import { SCRYPT_COST } from "./passwords.ts";
import { AuthProblem } from "./problems.ts";
import { RequestLog } from "./request-log.ts";
import { hostOf, matchRoute, problemAnswer, runRoute } from "./router.ts";
import { accountRoutes } from "./routes/account.ts";
import { controlRoutes } from "./routes/control.ts";
import { deviceRoutes } from "./routes/devices.ts";
import { discoveryRoutes } from "./routes/discovery.ts";
import { oauthRoutes } from "./routes/oauth.ts";
import { oauthHostRoutes } from "./routes/oauth-host.ts";
import { profileRoutes } from "./routes/profile.ts";
import { sessionRoutes } from "./routes/session.ts";
import type { Services } from "./services.ts";
import { AccountsStore } from "./store.ts";
import { createThrottles } from "./throttle.ts";
import { AnswerWriter, readRequestBody } from "./transport.ts";

export interface AccountsServerOptions {
  readonly clock: Clock;
  readonly random: RandomSource;
  /** Of 127.0.0.1; any free one by default. */
  readonly port?: number;
  /** The relay's WebSocket URL for discovery. */
  readonly pairingServer: () => string;
  /** Adds the `/__control__` routes, through which other processes use the fault hooks and read the mails. */
  readonly control?: boolean;
  /** Hears of each mail as it is "sent". */
  readonly onMail?: OnMail;
  /** Hears of the server's own bugs, which clients see as errno 999. */
  readonly onBug?: (error: unknown) => void;
  /** scrypt's N. The protocol's 65 536 by default; less makes tests quick. */
  readonly scryptCost?: number;
  /** Milliseconds; a day by default. */
  readonly accessTokenLifetime?: number;
}

export interface AccountsServer {
  /** `http://127.0.0.1:<port>`: the content server, where discovery starts. */
  readonly url: string;
  readonly store: AccountsStore;
  readonly faults: FaultHooks;
  readonly mail: Mailbox;
  readonly requests: RequestLog;
  /** Ends all connections. */
  close(): Promise<void>;
}

const HOST = "127.0.0.1";
const DAY = 86_400_000;

/** Starts the server on loopback. Rejects when the port is taken. */
export async function startAccountsServer(options: AccountsServerOptions): Promise<AccountsServer> {
  const application = new Application(options);
  const server = createServer((request, response) => {
    void application.respond(request, response);
  });
  const port = await listen(server, options.port ?? 0);
  application.origin = `http://${HOST}:${port}`;
  const { store, faults, mailbox: mail, requests } = application;
  const close = async (): Promise<void> => {
    faults.clear();
    await closeServer(server);
  };
  return { url: application.origin, store, faults, mail, requests, close };
}

class Application {
  readonly store: AccountsStore;
  readonly mailbox: Mailbox;
  readonly faults = new FaultHooks();
  readonly requests = new RequestLog();
  origin = "";
  readonly #clock: Clock;
  readonly #routes: readonly Route[];
  readonly #controlRoutes: readonly Route[];
  readonly #writer: AnswerWriter;
  readonly #onBug: (error: unknown) => void;

  constructor(options: AccountsServerOptions) {
    const { clock, random, pairingServer } = options;
    this.#clock = clock;
    this.#onBug = options.onBug ?? (() => undefined);
    this.store = new AccountsStore(clock, random, options.scryptCost ?? SCRYPT_COST);
    this.mailbox = new Mailbox(options.onMail ?? (() => undefined));
    const { store, mailbox } = this;
    const throttles = createThrottles(clock);
    const accessTokenLifetime = options.accessTokenLifetime ?? DAY;
    const origin = (): string => this.origin;
    const idTokens = new IdTokenSigner();
    const settings = { accessTokenLifetime, origin, pairingServer };
    this.#routes = allRoutes({ clock, random, store, mailbox, throttles, idTokens, ...settings });
    this.#controlRoutes = options.control === true ? controlRoutes(this) : [];
    this.#writer = new AnswerWriter(clock);
  }

  /** Answers one request; never rejects. */
  async respond(request: IncomingMessage, response: ServerResponse): Promise<void> {
    try {
      await this.#respond(request, response);
    } catch (error) {
      // Most likely the client went away in the middle of its request; then there is nobody to tell.
      if (!response.destroyed) this.#onBug(error);
      response.destroy();
    }
  }

  async #respond(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const { method = "GET", url: target = "/" } = request;
    // Not by way of URL: that would normalise, and throw at odd targets.
    const [path = "", search = ""] = target.split(/\?(.*)/s);
    const query = new URLSearchParams(search);
    const controlled = matchRoute(this.#controlRoutes, method, path);
    if (!controlled) this.requests.add(method, path, this.#clock.wallTime());
    const met = controlled ? undefined : this.faults.meet(method, path);
    if (met && (await this.#writer.writeInstead(response, met, hostOf(path)))) {
      request.resume();
      return;
    }
    const match = controlled ?? matchRoute(this.#routes, method, path);
    const answer = match
      ? await this.#run(match.route, request, { method, target, path, query, parameters: match.parameters })
      : problemAnswer(new AuthProblem(116), hostOf(path));
    request.resume();
    this.#writer.writeAltered(response, answer, met?.fault);
  }

  async #run(route: Route, request: IncomingMessage, call: Omit<Call, "headers" | "body">): Promise<Answer> {
    try {
      const body = await readRequestBody(request);
      return await runRoute(route, { ...call, headers: request.headers, body }, this.#onBug);
    } catch (error) {
      return problemAnswer(error, route.host);
    }
  }
}

function allRoutes(services: Services): readonly Route[] {
  return [
    ...discoveryRoutes(services),
    ...accountRoutes(services),
    ...sessionRoutes(services),
    ...oauthRoutes(services),
    ...oauthHostRoutes(services),
    ...profileRoutes(services),
    ...deviceRoutes(services),
  ];
}

function listen(server: Server, port: number): Promise<number> {
  return new Promise((resolve, reject) => {
    server.once("error", reject);
    server.listen(port, HOST, () => {
      const address = server.address();
      resolve(typeof address === "object" && address ? address.port : port);
    });
  });
}

function closeServer(server: Server): Promise<void> {
  return new Promise((resolve) => {
    server.close(() => {
      resolve();
    });
    server.closeAllConnections();
  });
}

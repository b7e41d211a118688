/** Where the figures are served. */
import type { Server } from "node:http";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import type { HttpAnswer } from "./http-answers.ts";
import { METRICS_PATH, refusalAnswer, respond } from "./http-answers.ts";
import { listen } from "./listen.ts";
import { REFUSALS } from "./refusals.ts";
import { parseTarget } from "./upgrade.ts";

/** Milliseconds to send a request in. */
const REQUEST_TIMEOUT = 10_000;

const TEXT = { "Content-Type": "text/plain; version=0.0.4; charset=utf-8" };

/** The figures as an answer, worked out once for all who ask at the same time. */
export class MetricsPage {
  readonly #text: () => Promise<string>;
  #pending: Promise<HttpAnswer> | undefined;

  /** @param text the figures in Prometheus' text format 0.0.4. */
  constructor(text: () => Promise<string>) {
    this.#text = text;
  }

  /** Never rejects. */
  readonly answer = (): Promise<HttpAnswer> => {
    this.#pending ??= this.#text()
      .then(
        (body) => ({ status: 200, headers: TEXT, body }),
        () => refusalAnswer(REFUSALS.unavailable),
      )
      .finally(() => {
        this.#pending = undefined;
      });
    return this.#pending;
  };
}

/** A server for the figures and nothing else, on a port that the public need not reach. */
export class MetricsServer {
  readonly #http: Server;

  constructor(page: MetricsPage) {
    this.#http = createServer({ headersTimeout: REQUEST_TIMEOUT, requestTimeout: REQUEST_TIMEOUT });
    this.#http.on("request", ({ method, url = "" }, response) => {
      const found = (method === "GET" || method === "HEAD") && parseTarget(url).path === METRICS_PATH;
      const answer = found ? page.answer() : Promise.resolve(refusalAnswer(REFUSALS.notFound));
      void answer.then((ready) => {
        respond(response, ready);
      });
    });
  }

  /** @throws FxaPairError `usage` if it cannot listen there. */
  listen(host: string, port: number): Promise<AddressInfo> {
    return listen(this.#http, host, port);
  }

  /** Resolves when nobody is connected any more; cuts off who still is. */
  close(): Promise<void> {
    return new Promise((resolve) => {
      this.#http.close(() => {
        resolve();
      });
      this.#http.closeAllConnections();
    });
  }
}

/** A network between one device and the accounts server that fails at the HTTP call of a test's choice. */
import { once } from "node:events";
import { createServer, request as httpRequest } from "node:http";
import type { IncomingMessage, Server, ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";

/** What can become of one call. */
export const CALL_FAULTS = [
  /** The connection breaks before the server has the request. */
  "cut",
  /** The connection breaks when the server has answered. */
  "answer lost",
  /** The connection breaks in the middle of the answer. */
  "answer cut short",
  /** The call waits until the next one has been answered, or a while if there is none. */
  "overtaken",
  /** The server gets the request twice; the device gets the first answer. */
  "doubled",
  /** Likewise, but the device gets the second answer. */
  "doubled, second answer",
  /** There is no answer. */
  "unanswered",
  /** The connection breaks, and there is no other from then on. */
  "gone",
] as const;
export type CallFault = (typeof CALL_FAULTS)[number];

export interface CallMischief {
  /** As {@link CallsProxy.calls} names it. */
  readonly call: string;
  /** A fault, or something to be done before the request goes on, or before its answer does. */
  readonly fault: CallFault | { readonly before: () => void } | { readonly after: () => void };
}

/** Milliseconds that a call waits for another to overtake it. */
const NOBODY_COMES = 1500;

interface Answer {
  readonly status: number;
  readonly headers: IncomingMessage["headers"];
  readonly body: Buffer;
}

export class CallsProxy {
  /** Of the calls since {@link reset}: method, path, and for repeated ones which it was, as in `GET /profile/v1/profile 2`. */
  readonly calls: string[] = [];
  /** Whether the mischief was done. */
  met = false;
  /** Waited for before a call goes on. */
  pace: (call: string) => Promise<void> = () => Promise.resolve();
  #mischief: CallMischief | undefined;
  #gone = false;
  #answered: () => void = () => undefined;
  readonly #target: string;
  readonly #server: Server;

  static async start(target: string): Promise<CallsProxy> {
    const proxy = new CallsProxy(target);
    proxy.#server.listen(0, "127.0.0.1");
    await once(proxy.#server, "listening");
    return proxy;
  }

  private constructor(target: string) {
    this.#target = target;
    this.#server = createServer((request, response) => {
      this.#pass(request, response).catch(() => response.destroy());
    });
  }

  get url(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  /** Ready for another run. */
  reset(mischief?: CallMischief): void {
    this.calls.length = 0;
    this.met = false;
    this.#gone = false;
    this.#mischief = mischief;
  }

  close(): void {
    this.#server.close();
    this.#server.closeAllConnections();
  }

  async #pass(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk as Buffer);
    const body = Buffer.concat(chunks);
    const name = this.#name(request);
    await this.pace(name);
    const fault = this.#meet(name);
    const ask = () => this.#ask(request, body);
    this.#gone ||= fault === "gone";
    if (fault === "cut" || this.#gone) return void response.destroy();
    if (fault === "unanswered") return;
    if (fault === "overtaken") await this.#nextIsAnswered();
    if (typeof fault === "object" && "before" in fault) fault.before();
    let answer = await ask();
    if (fault === "doubled") await ask();
    if (fault === "doubled, second answer") answer = await ask();
    if (fault === "answer lost") return void response.destroy();
    if (typeof fault === "object" && "after" in fault) fault.after();
    await this.#give(answer, response, fault === "answer cut short");
    if (fault !== "overtaken") this.#answered();
  }

  #name({ method = "", url = "" }: IncomingMessage): string {
    const [path = ""] = url.split("?");
    const name = `${method} ${path.replace(/(?<=\/)[0-9a-f]{16}(?=$|\/)/, "{id}")}`;
    const times = this.calls.filter((call) => call === name || call.startsWith(`${name} `)).length;
    const numbered = times === 0 ? name : `${name} ${times + 1}`;
    this.calls.push(numbered);
    return numbered;
  }

  #meet(call: string): CallMischief["fault"] | undefined {
    if (this.#mischief?.call !== call || this.met) return undefined;
    this.met = true;
    return this.#mischief.fault;
  }

  #nextIsAnswered(): Promise<void> {
    return new Promise((resolve) => {
      const timer = setTimeout(resolve, NOBODY_COMES);
      this.#answered = () => {
        clearTimeout(timer);
        resolve();
      };
    });
  }

  #ask({ method, url, headers }: IncomingMessage, body: Buffer): Promise<Answer> {
    return new Promise((resolve, reject) => {
      const inner = httpRequest(`${this.#target}${url}`, { method, headers, agent: false }, (answer) => {
        const chunks: Buffer[] = [];
        answer.on("data", (chunk: Buffer) => chunks.push(chunk));
        answer.on("end", () => {
          resolve({
            status: answer.statusCode ?? 0,
            headers: answer.headers,
            body: this.#asOurs(url, chunks),
          });
        });
      });
      inner.on("error", reject);
      inner.end(body);
    });
  }

  /** What the server says of where it is leads back here. */
  #asOurs(url: string | undefined, chunks: readonly Buffer[]): Buffer {
    const body = Buffer.concat(chunks);
    if (url?.startsWith("/.well-known/") !== true) return body;
    return Buffer.from(body.toString("utf8").replaceAll(this.#target, this.url));
  }

  async #give({ status, headers, body }: Answer, response: ServerResponse, short: boolean): Promise<void> {
    const kept = Object.entries(headers).filter(
      ([name]) => name !== "connection" && name !== "content-length",
    );
    response.writeHead(status, { ...Object.fromEntries(kept), "content-length": body.length });
    if (!short) return void response.end(body);
    await new Promise((resolve) => response.write(body.subarray(0, Math.floor(body.length / 2)), resolve));
    response.destroy();
  }
}

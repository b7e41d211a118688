/** Which requests came: paths without queries, so never a secret. Tests count calls with it. */

export interface LoggedRequest {
  readonly method: string;
  readonly path: string;
  /** Wall-clock milliseconds. */
  readonly time: number;
  /** 1 for the first request of this method and path, and so on. */
  readonly attempt: number;
}

const MAX_REQUESTS = 10_000;

export class RequestLog {
  readonly #requests: LoggedRequest[] = [];

  add(method: string, path: string, time: number): void {
    this.#requests.push({ method, path, time, attempt: this.count(path, method) + 1 });
    if (this.#requests.length > MAX_REQUESTS) this.#requests.shift();
  }

  /** Oldest first. */
  all(): readonly LoggedRequest[] {
    return this.#requests;
  }

  count(path: string, method?: string): number {
    return this.#requests.filter((it) => it.path === path && (method ?? it.method) === it.method).length;
  }

  clear(): void {
    this.#requests.length = 0;
  }
}

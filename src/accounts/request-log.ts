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
  /** The newest request of each method and path. */
  readonly #latest = new Map<string, LoggedRequest>();

  add(method: string, path: string, time: number): void {
    const key = `${method} ${path}`;
    const request = { method, path, time, attempt: (this.#latest.get(key)?.attempt ?? 0) + 1 };
    this.#requests.push(request);
    this.#latest.set(key, request);
    if (this.#requests.length > MAX_REQUESTS) this.#forgetOldest();
  }

  /** The newest 10 000, oldest first. */
  all(): readonly LoggedRequest[] {
    return this.#requests;
  }

  /** How often a path was asked for, for as long as the newest such request is in the log. */
  count(path: string, method?: string): number {
    const counted = [...this.#latest.values()].filter(
      (it) => it.path === path && (method ?? it.method) === it.method,
    );
    return counted.reduce((sum, { attempt }) => sum + attempt, 0);
  }

  clear(): void {
    this.#requests.length = 0;
    this.#latest.clear();
  }

  #forgetOldest(): void {
    const oldest = this.#requests.shift();
    if (!oldest) return;
    const key = `${oldest.method} ${oldest.path}`;
    if (this.#latest.get(key) === oldest) this.#latest.delete(key);
  }
}

/** Which proxy leads to which server. User names and passwords are not told, only that there are some. */
import { fine } from "./finding.ts";
import type { Finding } from "./finding.ts";

/** A proxy as it may be shown. */
export interface ProxyWords {
  /** The variable that names it. */
  readonly variable: string;
  /** As `http://proxy.example:3128`. */
  readonly address: string;
  readonly hasCredentials: boolean;
}

export interface Route {
  readonly name: "accounts" | "relay";
  readonly proxy: ProxyWords | undefined;
}

const DESTINATIONS = { accounts: "the accounts server", relay: "the relay" } as const;

export function checkProxy(routes: readonly Route[]): Finding {
  const details = Object.fromEntries(routes.map(({ name, proxy }) => [name, proxy?.address ?? null]));
  if (routes.every(({ proxy }) => proxy === undefined)) return fine("None in use.", details);
  const words = routes.map(({ name, proxy }) => {
    if (proxy === undefined) return `${DESTINATIONS[name]} without one`;
    const credentials = proxy.hasCredentials ? " with credentials" : "";
    return `${DESTINATIONS[name]} through ${proxy.address}${credentials} (${proxy.variable})`;
  });
  const text = words.join(", ");
  return fine(`${text.charAt(0).toUpperCase()}${text.slice(1)}.`, details);
}

/** What a proxy is asked to connect to. */

export interface Destination {
  /** A name or an address; IPv6 without brackets. */
  readonly host: string;
  readonly port: number;
}

/** Where an absolute http, https, ws or wss URL leads. */
export function destinationOf(url: URL): Destination {
  const { hostname, port } = url;
  return { host: hostname.replace(/^\[(.*)\]$/, "$1"), port: port === "" ? defaultPort(url) : Number(port) };
}

/** Whether TLS is spoken there. */
export function isSecure({ protocol }: URL): boolean {
  return protocol === "https:" || protocol === "wss:";
}

/** As in a URL: IPv6 in brackets, and the port always. */
export function authority({ host, port }: Destination): string {
  return host.includes(":") ? `[${host}]:${port}` : `${host}:${port}`;
}

function defaultPort(url: URL): number {
  return isSecure(url) ? 443 : 80;
}

/**
 * What can go wrong at a proxy, in words. The variable and the proxy's address are named; user name and password never are,
 * and neither is anything that the proxy said.
 */
import { FxaPairError } from "../lib/errors.ts";
import { authority } from "./destination.ts";
import type { Destination } from "./destination.ts";
import type { Proxy } from "./proxies.ts";

export function tooSlow(proxy: Proxy): FxaPairError {
  return failure(proxy, `The proxy ${authority(proxy)} did not answer in time.`, checkIt(proxy), {});
}

/** The system's own word for why there is no connection to the proxy, or no longer. */
export function connectionFailed(proxy: Proxy, systemCode: string): FxaPairError {
  const details = { systemCode };
  const address = authority(proxy);
  if (/^(?:ENOTFOUND|EAI_)/.test(systemCode)) {
    const message = `The proxy's name ${proxy.host} is not known (${systemCode}).`;
    return failure(proxy, message, checkIt(proxy), details);
  }
  if (systemCode === "HPE_HEADER_OVERFLOW") return talksNonsense(proxy, "far too much", details);
  if (systemCode.startsWith("HPE_")) return talksNonsense(proxy, "something else", details);
  if (/^(?:EPROTO|ERR_SSL_)/.test(systemCode)) {
    const message = `The proxy ${address} does not speak TLS (${systemCode}).`;
    return failure(proxy, message, `Try ${proxy.variable} with http:// instead of https://.`, details);
  }
  if (/CERT|UNABLE_TO_|ERR_TLS_/.test(systemCode)) {
    const hint = "If you trust its authority, name that certificate's file in NODE_EXTRA_CA_CERTS.";
    return failure(
      proxy,
      `The certificate of the proxy ${address} is not trusted (${systemCode}).`,
      hint,
      details,
    );
  }
  if (systemCode === "ECONNRESET" || systemCode === "EPIPE") return brokeOff(proxy, details);
  return failure(proxy, `The proxy ${address} cannot be reached (${systemCode}).`, checkIt(proxy), details);
}

export function brokeOff(proxy: Proxy, details: Record<string, unknown> = {}): FxaPairError {
  return failure(proxy, `The proxy ${authority(proxy)} broke off the connection.`, checkIt(proxy), details);
}

/** What answers is no proxy, or one of another kind. */
export function talksNonsense(
  proxy: Proxy,
  what: string,
  details: Record<string, unknown> = {},
): FxaPairError {
  const kind = proxy.kind.startsWith("socks") ? "a SOCKS5" : "an HTTP";
  return failure(
    proxy,
    `The proxy ${authority(proxy)} answered ${what} where ${kind} proxy would have agreed or refused.`,
    `Check ${proxy.variable}: the kind of the proxy (http, https, socks5, socks5h), its host and its port.`,
    details,
  );
}

/** The proxy wants to know who is asking, and is not satisfied. */
export function wantsCredentials(proxy: Proxy, details: Record<string, unknown> = {}): FxaPairError {
  const address = authority(proxy);
  if (proxy.credentials !== undefined) {
    const hint = `Check them in ${proxy.variable}; their special characters are written as %XX.`;
    return failure(proxy, `The proxy ${address} does not take this user name and password.`, hint, details);
  }
  const hint = `Put them into ${proxy.variable}, as in ${proxy.kind}://user:password@host:port.`;
  return failure(proxy, `The proxy ${address} wants a user name and a password.`, hint, details);
}

/** The proxy wants a kind of sign-in that is not known here. */
export function wantsOtherSignIn(proxy: Proxy, details: Record<string, unknown>): FxaPairError {
  return failure(
    proxy,
    `The proxy ${authority(proxy)} wants another sign-in than a user name and a password.`,
    `Name a proxy in ${proxy.variable} that signs in to this one for you.`,
    details,
  );
}

/** The proxy works, but will not or cannot connect. `why` ends the sentence. */
export function refused(
  proxy: Proxy,
  destination: Destination,
  why: string,
  details: Record<string, unknown>,
): FxaPairError {
  return failure(
    proxy,
    `The proxy ${authority(proxy)} made no connection to ${authority(destination)}: ${why}.`,
    "Ask whoever runs the proxy; or name the host in NO_PROXY if it can be reached directly.",
    details,
  );
}

/** The destination's address is asked for here before a `socks5` proxy is told. */
export function unknownDestination(proxy: Proxy, { host }: Destination, systemCode: string): FxaPairError {
  const hint = `Write socks5h:// in ${proxy.variable} to let the proxy find it.`;
  return failure(proxy, `The name ${host} is not known on this machine (${systemCode}).`, hint, {
    systemCode,
  });
}

function checkIt({ variable }: Proxy): string {
  return `Check ${variable} and the network; unset it, or use NO_PROXY, where no proxy is needed.`;
}

function failure(
  { variable }: Proxy,
  message: string,
  hint: string,
  details: Record<string, unknown>,
): FxaPairError {
  return new FxaPairError("unreachable", message, { hint, details: { proxyVariable: variable, ...details } });
}

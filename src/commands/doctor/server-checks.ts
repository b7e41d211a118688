/** Checks of one server, whichever it is: its name, and TLS with it. */
import { lookup } from "node:dns/promises";
import { isIP } from "node:net";
import { connect } from "node:tls";
import type { TLSSocket } from "node:tls";
import { isLoopback } from "../../lib/loopback.ts";
import { errorCode } from "../../lib/private-file.ts";
import { certificateWords } from "./certificate-words.ts";
import { fine, problem, warning } from "./finding.ts";
import type { Finding } from "./finding.ts";

const DAY = 86_400_000;
/** Days before a certificate's end at which its renewal ought to have happened. */
const RENEWAL_DUE = 7;

/** Looks the name of a server up. */
export async function checkName({ hostname }: URL): Promise<Finding> {
  if (isLoopback(hostname) || isIP(bare(hostname)) !== 0) return fine(`${hostname} needs no looking up.`);
  try {
    const found = await lookup(hostname, { all: true });
    const addresses = found.map(({ address }) => address);
    return fine(`${hostname} is known, with ${counted(addresses.length, "address")}.`, { addresses });
  } catch (error) {
    const code = errorCode(error) ?? "unknown reason";
    const details = { systemCode: code };
    const message =
      code === "EAI_AGAIN"
        ? `No DNS server answers for ${hostname} (${code}).`
        : `The name ${hostname} is not known (${code}).`;
    return problem("unreachable", message, "Check its spelling, the network and the DNS server.", details);
  }
}

/**
 * Shakes hands with a server and looks at its certificate; nothing is sent.
 *
 * @param url https or wss; for http and ws it is said what that means
 * @param now wall-clock milliseconds
 * @param signal drops the connection
 */
export async function checkTls(url: URL, now: number, signal: AbortSignal): Promise<Finding> {
  const { hostname, protocol, host } = url;
  if (protocol === "http:" || protocol === "ws:") {
    if (isLoopback(hostname)) return fine("None, and none is needed on this machine itself.");
    return warning(
      `${host} is spoken to without TLS.`,
      "Whoever is on the network between can read and change it.",
    );
  }
  const name = bare(hostname);
  const socket = connect({
    host: name,
    port: url.port === "" ? 443 : Number(url.port),
    rejectUnauthorized: true,
    ...(isIP(name) === 0 ? { servername: name } : {}),
  });
  const onAbort = () => {
    socket.destroy();
  };
  signal.addEventListener("abort", onAbort);
  try {
    await secured(socket);
    return certificateFinding(socket, host, now);
  } catch (error) {
    return connectionFinding(errorCode(error) ?? "connection failed", host);
  } finally {
    signal.removeEventListener("abort", onAbort);
    socket.destroy();
  }
}

function secured(socket: TLSSocket): Promise<void> {
  return new Promise((resolve, reject) => {
    socket.once("secureConnect", resolve);
    // A later error is of a connection that is not used any more.
    socket.on("error", reject);
    socket.once("close", () => {
      reject(new Error("closed"));
    });
  });
}

function certificateFinding(socket: TLSSocket, host: string, now: number): Finding {
  const { valid_to: until } = socket.getPeerCertificate();
  const days = Math.floor((Date.parse(until) - now) / DAY);
  const version = socket.getProtocol() ?? "TLS";
  const details = { protocol: version, validTo: until };
  if (days < RENEWAL_DUE) {
    const hint = "Whoever runs the server must renew it.";
    return warning(`The certificate of ${host} ends in ${counted(Math.max(0, days), "day")}.`, hint, details);
  }
  return fine(`${version}; the certificate is good for ${counted(days, "day")}.`, details);
}

/** Why there is no TLS with a host, from the system's code. */
export function connectionFinding(systemCode: string, host: string): Finding {
  const details = { systemCode };
  const certificate = certificateWords(systemCode);
  if (certificate !== undefined) {
    const message = `The certificate of ${host} ${certificate.trouble} (${systemCode}).`;
    return problem("unreachable", message, certificate.hint, details);
  }
  if (/^(?:EPROTO|ERR_SSL_)/.test(systemCode)) {
    const hint = "Check the address and the port; something in between may answer for it.";
    return problem("unreachable", `${host} does not speak TLS (${systemCode}).`, hint, details);
  }
  const hint = "Check the network and the firewall; where a proxy is needed, set HTTPS_PROXY.";
  return problem("unreachable", `${host} cannot be reached (${systemCode}).`, hint, details);
}

function counted(count: number, name: string): string {
  return `${count} ${name}${count === 1 ? "" : name.endsWith("s") ? "es" : "s"}`;
}

/** An IPv6 address without its brackets. */
function bare(hostname: string): string {
  return hostname.replace(/^\[(.*)\]$/, "$1");
}

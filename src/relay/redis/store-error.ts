/** What goes wrong with the store, in the words of a log line, and whether asking again can help. */
import { isJsonObject } from "../../lib/json.ts";

/** Answers that say no for good: who signs in may not, or the server cannot what is asked of it. */
const REFUSALS =
  /^(?:WRONGPASS|NOAUTH|NOPERM|NOPROTO|DENIED|ERR (?:unknown|The user executing|AUTH|invalid password|DB index|This instance has cluster support disabled))/i;

/** Codes of certificates that do not check out (`node:tls`, "X509 certificate error codes"). */
const CERTIFICATE = /CERT|^UNABLE_TO|^ERR_TLS|^ERR_SSL|^HOSTNAME_MISMATCH|^EPROTO$/;

/** How a server goes on that does not know a command: with what came with it, as the password does with `HELLO`. */
const ARGUMENTS = /,? with args beginning with:.*$/s;

/** Answers of a server that is not, or not any more, the one to ask. */
const MISPLACED = /^(?:MOVED|ASK|CLUSTERDOWN|READONLY|MASTERDOWN|TRYAGAIN|UNBLOCKED)\b/;

export class StoreError extends Error {
  /** The server, as `host:port`. */
  readonly server: string;
  /** Asking again will not help: somebody has to change the settings or the server. */
  readonly refused: boolean;
  /** Another server is to be asked, or this one later. */
  readonly misplaced: boolean;

  private constructor(reason: string, server: string, kind: { refused: boolean; misplaced: boolean }) {
    super(reason);
    this.name = "StoreError";
    this.server = server;
    this.refused = kind.refused;
    this.misplaced = kind.misplaced;
  }

  /** From whatever was thrown, without what the server was sent: that may be credentials. */
  static of(thrown: unknown, server: string): StoreError {
    if (thrown instanceof StoreError) return thrown;
    const message = (thrown instanceof Error ? thrown.message : "").replace(ARGUMENTS, "");
    const code = isJsonObject(thrown) && typeof thrown.code === "string" ? thrown.code : "";
    const certificate = CERTIFICATE.test(code);
    return new StoreError((code === "" ? message : code).trim(), server, {
      refused: certificate || REFUSALS.test(message),
      misplaced: MISPLACED.test(message),
    });
  }

  /** Asking again may help. */
  static passing(reason: string, server: string): StoreError {
    return new StoreError(reason, server, { refused: false, misplaced: false });
  }

  /** Asking again will not help, for a reason of ours. */
  static refusal(reason: string, server: string): StoreError {
    return new StoreError(reason, server, { refused: true, misplaced: false });
  }
}

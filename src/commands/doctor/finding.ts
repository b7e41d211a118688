/** What a check found, in words and for programs. Nothing in it is secret. */
import { FxaPairError } from "../../lib/errors.ts";
import type { ErrorCode } from "../../lib/errors.ts";

/** In the order in which they are told. The terminal is drawn upon while it is looked at: nothing may be told before. */
export const CHECKS = [
  "terminal",
  "node",
  "credentials",
  "proxy",
  "accounts-dns",
  "accounts-tls",
  "accounts",
  "clock",
  "relay-dns",
  "relay-tls",
  "relay",
  "relay-channel",
] as const;

export type CheckName = (typeof CHECKS)[number];

export type Facts = Readonly<Record<string, unknown>>;

export interface Finding {
  readonly status: "ok" | "warning" | "problem";
  readonly message: string;
  /** What to do about it; null where nothing needs to be done. */
  readonly hint: string | null;
  readonly details: Facts;
  /** What kind of failure a problem would be elsewhere; null for anything else. */
  readonly code: ErrorCode | null;
}

export function fine(message: string, details: Facts = {}): Finding {
  return { status: "ok", message, hint: null, details, code: null };
}

export function warning(message: string, hint: string, details: Facts = {}): Finding {
  return { status: "warning", message, hint, details, code: null };
}

export function problem(code: ErrorCode, message: string, hint: string, details: Facts = {}): Finding {
  return { status: "problem", message, hint, details, code };
}

/** For what depends on something that was not found. */
export function unchecked(needed: string): Finding {
  return warning(`Not checked: ${needed}.`, "Mend what is wrong there first.");
}

/**
 * A failure as a finding.
 *
 * @throws whatever is no FxaPairError, and interruptions
 */
export function findingOf(error: unknown): Finding {
  if (!(error instanceof FxaPairError) || error.code === "interrupted") throw error;
  return problem(
    error.code,
    error.message,
    error.hint ?? "Run it again with --verbose.",
    error.details ?? {},
  );
}

/** Of several problems, the one whose status the program ends with: what stands in the way of most comes first. */
const WORST_FIRST: readonly ErrorCode[] = [
  "internal",
  "channel_security",
  "unreachable",
  "refused",
  "not_signed_in",
  "usage",
];

/** The worst problem's kind; `undefined` where there is no problem. */
export function worstOf(findings: readonly Finding[]): ErrorCode | undefined {
  const codes = findings.flatMap(({ code }) => code ?? []);
  return WORST_FIRST.find((code) => codes.includes(code)) ?? codes[0];
}

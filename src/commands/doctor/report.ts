/** A report to put into a bug: what the checks found, without anything that says who or where the user is. */
import type { CheckName, Finding } from "./finding.ts";

export interface MachineFacts {
  readonly version: string;
  readonly node: string;
  /** As "linux 6.1.0 x64". */
  readonly system: string;
  /** The user's own folder. */
  readonly home: string;
}

export interface NamedFinding {
  readonly name: CheckName;
  readonly finding: Finding;
}

/** Lines of text, the last one with its line end. */
export function reportText(findings: readonly NamedFinding[], machine: MachineFacts): string {
  const { version, node, system, home } = machine;
  const lines = [`fxa-pair ${version}, Node ${node}, ${system}`, ""];
  for (const { name, finding } of findings) {
    lines.push(`${finding.status.padEnd(8)} ${name.padEnd(13)} ${finding.message}`);
    const facts = Object.entries(finding.details).map(([key, value]) => `${key}=${JSON.stringify(value)}`);
    if (facts.length > 0) lines.push(`${" ".repeat(23)}${facts.join(" ")}`);
  }
  return `${redact(lines.join("\n"), home)}\n`;
}

/** Text without e-mail addresses, ids, tokens, keys, credentials in URLs, and with `~` for the user's folder. */
export function redact(text: string, home: string): string {
  const folders = home.length > 1 ? [home, JSON.stringify(home).slice(1, -1)] : [];
  return folders
    .reduce((result, folder) => result.replaceAll(folder, "~"), text)
    .replaceAll(/([a-z][a-z0-9+.-]*:\/\/)[^/\s@"]*@/gi, "$1***@")
    .replaceAll(/[^\s@"'<>=(/*]+@[^\s@"'<>)]+\.[^\s@"'<>),;]+/gu, "<e-mail>")
    .replaceAll(/\b[0-9a-f]{16,}\b/gi, "<id>")
    .replaceAll(/(?<![\w-])(?=[\w-]*\d)(?=[\w-]*[A-Za-z])[\w-]{22,}(?![\w-])/g, "<token>");
}

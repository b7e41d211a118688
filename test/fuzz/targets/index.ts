/** All that can be fuzzed, by the names that the command line knows. */
import type { Target } from "../engine/target.ts";

const LOADERS: Readonly<Record<string, () => Promise<{ readonly target: Target }>>> = {
  "tls-records": () => import("./tls-records.ts"),
  "tls-handshake": () => import("./tls-handshake.ts"),
  "relay-frames": () => import("./relay-frames.ts"),
  "relay-requests": () => import("./relay-requests.ts"),
  "relay-upgrades": () => import("./relay-upgrades.ts"),
  "cpace-messages": () => import("./cpace-messages.ts"),
  "typed-codes": () => import("./typed-codes.ts"),
  images: () => import("./images.ts"),
  "picture-decoding": () => import("./picture-decoding.ts"),
  "accounts-answers": () => import("./accounts-answers.ts"),
  "credential-files": () => import("./credential-files.ts"),
  "pairing-messages": () => import("./pairing-messages.ts"),
  "pairing-urls": () => import("./pairing-urls.ts"),
};

export const TARGETS: readonly string[] = Object.keys(LOADERS);

/** Loads a target, by its name or from a module's `file:` URL, and with it the files that it tests. */
export async function loadTarget(name: string): Promise<Target> {
  if (name.startsWith("file:")) return ((await import(name)) as { readonly target: Target }).target;
  const load = LOADERS[name];
  if (load === undefined) throw new Error(`no such target: ${name}`);
  return (await load()).target;
}

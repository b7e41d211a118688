/** What is known about this build, written in at build time. */

declare const FXA_PAIR_VERSION: string | undefined;
declare const FXA_PAIR_BUILD: Partial<Record<"source" | "commit" | "build", string>> | undefined;

/** The version in package.json; `0.0.0-source` when run from the sources. */
export const VERSION: string = typeof FXA_PAIR_VERSION === "string" ? FXA_PAIR_VERSION : "0.0.0-source";

const FACTS = typeof FXA_PAIR_BUILD === "object" ? FXA_PAIR_BUILD : {};

/** Where the sources are, which commit of them this is, and which run built it; empty where whoever built it did not say. */
export const BUILD = {
  source: FACTS.source ?? "",
  version: VERSION,
  commit: FACTS.commit ?? "",
  build: FACTS.build ?? "",
};

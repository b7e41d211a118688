declare const FXA_PAIR_VERSION: string | undefined;

/** The version in package.json, written in at build time; `0.0.0-source` when run from the sources. */
export const VERSION: string = typeof FXA_PAIR_VERSION === "string" ? FXA_PAIR_VERSION : "0.0.0-source";

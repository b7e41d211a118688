/** Firefox for Android: the OAuth client whose registration allows pairing, Sync and the session scope. */
export const DEFAULT_CLIENT = "a2270f727f45f648";

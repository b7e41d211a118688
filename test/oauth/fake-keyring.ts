import type { KeyringEntry, OpenEntry } from "../../src/oauth/keyring.ts";

/** A keyring in memory, as the package would open it; `broken` is what every use is refused with. */
export class FakeKeyring {
  readonly secrets = new Map<string, Uint8Array>();
  broken: Error | undefined;
  /** Every use, in order: "get", "set" or "delete". */
  readonly uses: string[] = [];

  readonly open: OpenEntry = (service, entry) => {
    const name = `${service} ${entry}`;
    const use = <T>(what: string, action: () => T): Promise<T> => {
      this.uses.push(what);
      return this.broken === undefined ? Promise.resolve(action()) : Promise.reject(this.broken);
    };
    const opened: KeyringEntry = {
      getSecret: () =>
        use("get", () => {
          const secret = this.secrets.get(name);
          return secret === undefined ? null : [...secret];
        }),
      setSecret: (secret) =>
        use("set", () => {
          this.secrets.set(name, secret);
        }),
      deleteCredential: () => use("delete", () => this.secrets.delete(name)),
    };
    return Promise.resolve(opened);
  };
}

/** What a relay has read from the files that its settings name, and can read again while it runs. */
import type { Certificate } from "./certificate.ts";
import { readCertificate } from "./certificate.ts";
import type { Place, Places } from "./places.ts";
import { NOWHERE, openPlaces } from "./places.ts";
import type { RelaySettings } from "./settings.ts";
import type { Telemetry } from "./telemetry.ts";

type FileSettings = Pick<RelaySettings, "mmdb" | "defaultLang" | "tlsCert" | "tlsKey">;

export class FilesInUse implements Places {
  readonly #settings: FileSettings;
  #places: Places;
  #certificate: Certificate | undefined;
  #reloading: Promise<void> = Promise.resolve();

  private constructor(settings: FileSettings, places: Places, certificate: Certificate | undefined) {
    this.#settings = settings;
    this.#places = places;
    this.#certificate = certificate;
  }

  /** @throws FxaPairError `usage` if a file cannot be used. */
  static async open(settings: FileSettings): Promise<FilesInUse> {
    return new FilesInUse(settings, await placesOf(settings), await certificateOf(settings));
  }

  /** For wss; `undefined` without the setting. */
  get certificate(): Certificate | undefined {
    return this.#certificate;
  }

  find(address: string | undefined, acceptLanguage: string | undefined): Place {
    return this.#places.find(address, acceptLanguage);
  }

  /** Reads the files again, one time after the other. What is not usable is told, and the old one stays. Never rejects. */
  reload(telemetry: Telemetry): Promise<void> {
    this.#reloading = this.#reloading.then(async () => {
      await attempt("tls-cert", telemetry, async () => {
        this.#certificate = await certificateOf(this.#settings);
        return this.#certificate !== undefined;
      });
      await attempt("mmdb", telemetry, async () => {
        this.#places = await placesOf(this.#settings);
        return this.#settings.mmdb !== null;
      });
    });
    return this.#reloading;
  }
}

async function attempt(setting: string, telemetry: Telemetry, read: () => Promise<boolean>): Promise<void> {
  try {
    if (await read()) telemetry.reloaded(setting);
  } catch (error) {
    telemetry.reloadFailed(setting, error);
  }
}

async function placesOf({ mmdb, defaultLang }: FileSettings): Promise<Places> {
  return mmdb === null ? NOWHERE : openPlaces(mmdb, defaultLang);
}

async function certificateOf({ tlsCert, tlsKey }: FileSettings): Promise<Certificate | undefined> {
  return tlsCert === null || tlsKey === null ? undefined : readCertificate(tlsCert, tlsKey);
}

/** Where an address is, as a City database of MaxMind's format tells it. The reader is loaded only if there is one. */
import type { Sender } from "../channel/wire.ts";
import { FxaPairError } from "../lib/errors.ts";
import { isJsonObject } from "../lib/json.ts";
import { unreadableFile } from "./files.ts";
import { acceptedLanguages, nameIn } from "./languages.ts";

/** Facts that are not known are absent. */
export type Place = Pick<Sender, "city" | "region" | "country">;

/** Finds out where somebody is; an empty place without a database. Must not throw. */
export interface Places {
  /** `acceptLanguage`: the header as the client sent it, of any form. */
  find(address: string | undefined, acceptLanguage: string | undefined): Place;
}

export const NOWHERE: Places = { find: () => ({}) };

/** Language of names when nothing better is there: the only one that every place has. */
const LAST_RESORT = "en";

/** Decoded places kept by the reader: most people are in few cities. */
const CACHED = 1_000;

/** Characters of a name that are told; the longest real ones have about 60. */
const MAX_NAME = 200;

interface Reader {
  readonly metadata: { readonly databaseType: string };
  get(address: string): unknown;
}

/**
 * Opens a database, which is then in memory as a whole.
 *
 * @param defaultLanguage for clients that name no language which a name comes in.
 * @throws FxaPairError `usage` if the file cannot be read or is none.
 */
export async function openPlaces(path: string, defaultLanguage: string): Promise<Places> {
  const reader = await openReader(path);
  const standard = [defaultLanguage.toLowerCase(), LAST_RESORT];
  return {
    find(address, acceptLanguage) {
      if (address === undefined) return {};
      return describe(lookUp(reader, address), [...acceptedLanguages(acceptLanguage), ...standard]);
    },
  };
}

async function openReader(path: string): Promise<Reader> {
  // By its default export: the only one that a bundled CommonJS package has.
  const { default: maxmind } = await import("maxmind");
  const reader: Reader = await maxmind
    .open(path, { cache: { max: CACHED } })
    .catch((cause: unknown): never => {
      throw unreadableFile("mmdb", path, "is no database of MaxMind's format", cause);
    });
  const { databaseType } = reader.metadata;
  if (/city|enterprise/i.test(databaseType)) return reader;
  throw new FxaPairError(
    "usage",
    `mmdb: ${path} tells nothing of cities: it is of the type ${databaseType.slice(0, 60)}.`,
    {
      hint: "Give it a City database, such as GeoLite2-City.mmdb.",
    },
  );
}

/** A file that is broken further in is noticed only here: then nothing is known. */
function lookUp(reader: Reader, address: string): unknown {
  try {
    return reader.get(address);
  } catch {
    return undefined;
  }
}

/** The record's layout: https://dev.maxmind.com/geoip/docs/databases/city-and-country */
function describe(record: unknown, languages: readonly string[]): Place {
  if (!isJsonObject(record)) return {};
  const { subdivisions } = record;
  const city = nameOf(record.city, languages);
  // The largest one, as England before West Berkshire: what people know.
  const region = nameOf(Array.isArray(subdivisions) ? subdivisions[0] : undefined, languages);
  const country = nameOf(record.country, languages);
  return {
    ...(city === undefined ? {} : { city }),
    ...(region === undefined ? {} : { region }),
    ...(country === undefined ? {} : { country }),
  };
}

function nameOf(part: unknown, languages: readonly string[]): string | undefined {
  if (!isJsonObject(part) || !isJsonObject(part.names)) return undefined;
  return nameIn(languages, part.names)?.slice(0, MAX_NAME);
}

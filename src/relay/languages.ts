/** Which languages a client would like (RFC 9110 §12.5.4), held against those that names come in. Pure. */

/** Characters of the header that are looked at; browsers send less than 200. */
const MAX_HEADER = 1_024;

/** Languages that count, best first; nobody reads more. */
const MAX_LANGUAGES = 16;

const RANGE =
  /^([A-Za-z]{1,8}(?:-[A-Za-z0-9]{1,8}){0,4})(?:[ \t]*;[ \t]*[qQ]=(0(?:\.\d{0,3})?|1(?:\.0{0,3})?))?$/;

/** The languages an `Accept-Language` header names, in lower case, best first. What is malformed in it is passed over. */
export function acceptedLanguages(header: string | undefined): string[] {
  const ranges = (header ?? "").slice(0, MAX_HEADER).split(",", MAX_LANGUAGES * 4);
  const languages = ranges.flatMap((range) => {
    const [, tag, quality = "1"] = RANGE.exec(range.trim()) ?? [];
    return tag === undefined ? [] : [{ tag: tag.toLowerCase(), quality: Number(quality) }];
  });
  // A stable sort: of equals, the first one named is the best.
  return languages
    .filter(({ quality }) => quality > 0)
    .sort((a, b) => b.quality - a.quality)
    .slice(0, MAX_LANGUAGES)
    .map(({ tag }) => tag);
}

/**
 * The name in the first of the languages that it comes in: in that very one, else in a wider one (RFC 4647 §3.4:
 * `de-AT`, then `de`), else in a narrower one (`pt`, then `pt-BR`).
 */
export function nameIn(
  languages: readonly string[],
  names: Readonly<Record<string, unknown>>,
): string | undefined {
  const available = Object.keys(names);
  for (const language of languages) {
    const best = available.find((tag) => tag.toLowerCase() === language) ?? wider(language, available);
    const name = best === undefined ? undefined : names[best];
    if (typeof name === "string" && name !== "") return name;
  }
  return undefined;
}

function wider(language: string, available: readonly string[]): string | undefined {
  const end = language.lastIndexOf("-");
  if (end < 0) return available.find((tag) => tag.toLowerCase().startsWith(`${language}-`));
  const shorter = language.slice(0, end);
  return available.find((tag) => tag.toLowerCase() === shorter) ?? wider(shorter, available);
}

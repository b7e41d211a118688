/**
 * Text that matters to the letter, spelled for listening: the letters of the NATO alphabet (ICAO, Annex 10), with case
 * and digits said, in groups that can be kept in mind.
 */
const LETTERS = [
  ..."Alfa Bravo Charlie Delta Echo Foxtrot Golf Hotel India Juliett Kilo Lima Mike November Oscar Papa Quebec Romeo".split(
    " ",
  ),
  ..."Sierra Tango Uniform Victor Whiskey X-ray Yankee Zulu".split(" "),
].map((word) => word.toLowerCase());
const DIGITS = "zero one two three four five six seven eight nine".split(" ");
const SIGNS: Readonly<Record<string, string>> = {
  "-": "dash",
  _: "underscore",
  ".": "dot",
  ":": "colon",
  "/": "slash",
  "#": "hash",
  "&": "ampersand",
  "=": "equals",
  "?": "question mark",
  "%": "percent",
  " ": "space",
};

/** Characters on a line: as many as people remember at once, and few enough to find the place again. */
const GROUP = 4;

/** One character in words: "capital alfa", "bravo", "digit seven", "dash"; any other by its number. */
export function spellCharacter(character: string): string {
  const letter = LETTERS[character.toLowerCase().charCodeAt(0) - 97];
  if (/^[a-z]$/i.test(character) && letter !== undefined) {
    return character === character.toLowerCase() ? letter : `capital ${letter}`;
  }
  if (/^\d$/.test(character)) return `digit ${DIGITS[Number(character)] ?? character}`;
  return SIGNS[character] ?? `character number ${(character.codePointAt(0) ?? 0).toString()}`;
}

/** `text` in lines of four characters, each numbered by its first: `1 to 4: capital alfa, bravo, digit seven, dash.` */
export function spell(text: string): string[] {
  const characters = Array.from(text);
  const lines: string[] = [];
  for (let start = 0; start < characters.length; start += GROUP) {
    const group = characters.slice(start, start + GROUP);
    const place = group.length === 1 ? `${start + 1}` : `${start + 1} to ${start + group.length}`;
    lines.push(`${place}: ${group.map(spellCharacter).join(", ")}.`);
  }
  return lines;
}

/** A fingerprint in one sentence. It has no lower-case letters, so that capitals go without saying. */
export function spellInOneLine(text: string): string {
  return Array.from(text.toLowerCase(), spellCharacter).join(", ");
}

/** The values of a pairing URL, spelled: whoever listens writes them after what is said of the rest. */
export function spellPairingUrl(url: string): string[] {
  const [address = "", fragment = ""] = url.split("#");
  const values = new URLSearchParams(fragment);
  const [id, key] = [values.get("channel_id") ?? "", values.get("channel_key") ?? ""];
  const fingerprint = values.get("fp");
  return [
    `The pairing URL begins with ${address}, then hash, channel underscore id, equals, and these ${id.length} characters.`,
    ...spell(id),
    `Then come ampersand, channel underscore key, equals, and these ${key.length} characters.`,
    ...spell(key),
    ...(fingerprint === null
      ? []
      : [
          `Then come ampersand, mode, equals, reverse, ampersand, f p, equals, and these ${fingerprint.length} characters.`,
          ...spell(fingerprint),
        ]),
    "That is the end of the pairing URL.",
  ];
}

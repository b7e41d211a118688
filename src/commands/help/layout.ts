/** Text in columns, wrapped for a terminal. */

/** Columns of a terminal that nobody has enlarged. */
const WIDTH = 80;

/** Words in lines of at most 80 columns, each after that many spaces; longer words get a line of their own. */
export function wrap(text: string, indent: number): string {
  const lines: string[] = [];
  let line = "";
  for (const word of text.split(" ")) {
    if (line !== "" && indent + line.length + 1 + word.length > WIDTH) {
      lines.push(line);
      line = word;
    } else line = line === "" ? word : `${line} ${word}`;
  }
  lines.push(line);
  return lines.map((each) => `${" ".repeat(indent)}${each}`).join("\n");
}

/** Names on the left, words on the right; a name that is too long for that stands above its words. */
export function columns(rows: readonly { name: string; words: string }[], indent = 2, gap = 30): string {
  return rows
    .map(({ name, words }) => {
      const start = `${" ".repeat(indent)}${name}`;
      const wrapped = wrap(words, indent + gap);
      if (name.length + 2 > gap) return `${start}\n${wrapped}`;
      return start.padEnd(indent + gap) + wrapped.trimStart();
    })
    .join("\n");
}

/** The code on a page of docs/, as a reader would copy it. */
import { readFileSync } from "node:fs";

export interface CodeBlock {
  /** The heading it stands under. */
  readonly heading: string;
  /** What follows the fence: `sh`, `yaml`. */
  readonly language: string;
  readonly code: string;
}

/** All fenced blocks of a page, in order. */
export function blocksOf(page: string): CodeBlock[] {
  const text = readFileSync(new URL(`../../docs/${page}`, import.meta.url), "utf8");
  const blocks: CodeBlock[] = [];
  let heading = "";
  for (const part of text.matchAll(/^#+ (.+)$|^```(\w+)\n([\s\S]*?)^```$/gm)) {
    if (part[1] !== undefined) heading = part[1];
    else blocks.push({ heading, language: part[2] ?? "", code: part[3] ?? "" });
  }
  return blocks;
}

/** Hands out a page's blocks, and knows which nobody asked for. */
export class Page {
  readonly #blocks: readonly CodeBlock[];
  readonly #taken = new Set<CodeBlock>();

  constructor(page: string) {
    this.#blocks = blocksOf(page);
  }

  /** The block under that heading in that language; the `index`th, where there are several. */
  take(heading: string, language: string, index = 0): string {
    const found = this.#blocks.filter((block) => block.heading === heading && block.language === language)[
      index
    ];
    if (found === undefined) throw new Error(`no block ${index} of ${language} under "${heading}"`);
    this.#taken.add(found);
    return found.code;
  }

  blocksUnder(heading: string): string[] {
    return this.#blocks.filter((block) => block.heading === heading).map(({ code }) => code);
  }

  get left(): string[] {
    return this.#blocks.filter((block) => !this.#taken.has(block)).map(({ code }) => code);
  }
}

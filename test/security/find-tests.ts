/** Where the tests of a requirement are. */
import { readdirSync } from "node:fs";
import { idsIn } from "./requirements.ts";
import { testNamesIn } from "./test-names.ts";
import { TESTS_BY_REQUIREMENT } from "./tests-by-requirement.ts";

/** Tests that several files run. */
const SHARED: readonly { readonly folder: string; readonly runBy: readonly string[] }[] = [
  {
    folder: "test/relay/contract/",
    runBy: ["test/relay/backplane-memory.test.ts", "test/relay/backplane-redis.test.ts"],
  },
];

export interface RequiredTest {
  /** The file that runs it. */
  readonly file: string;
  readonly name: string;
}

/** Every test that names a requirement, by the id. */
export function filesNaming(): ReadonlyMap<string, readonly RequiredTest[]> {
  const found = new Map<string, RequiredTest[]>();
  const root = new URL("../../", import.meta.url);
  for (const entry of readdirSync(new URL("test/", root), { recursive: true, encoding: "utf8" })) {
    const file = `test/${entry.replaceAll("\\", "/")}`;
    const runBy = SHARED.find(({ folder }) => file.startsWith(folder))?.runBy ?? [file];
    if (!/\.tsx?$/.test(file) || (!/\.test\.tsx?$/.test(file) && runBy[0] === file)) continue;
    if (file === "test/security/table.test.ts") continue;
    for (const path of testNamesIn(file)) {
      for (const name of path) {
        for (const id of idsIn(name)) {
          const tests = found.get(id) ?? [];
          found.set(id, [...tests, ...runBy.map((each) => ({ file: each, name }))]);
        }
      }
    }
  }
  return found;
}

export function testsOf(id: string, naming: ReturnType<typeof filesNaming>): readonly RequiredTest[] {
  const listed = Object.entries(TESTS_BY_REQUIREMENT[id] ?? {}).flatMap(([file, names]) =>
    names.map((name) => ({ file, name })),
  );
  const all = [...listed, ...(naming.get(id) ?? [])];
  return [...new Map(all.map((each) => [`${each.file} ${each.name}`, each])).values()];
}

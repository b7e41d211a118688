/** What can be broken in what becomes of the code: keys, account, question and storing. */
import type { Breakage } from "./breakage.ts";

const REDEEM = "src/oauth/redeem.ts";
const RECEIVED_KEYS = "src/oauth/received-keys.ts";
const NEW_SIGN_IN = "src/commands/new-sign-in.ts";

export const SIGN_IN: readonly Breakage[] = [
  {
    ids: ["J5"],
    file: "src/oauth/keys-jwe.ts",
    find: `v.check((header) => !("zip" in header) && !("crit" in header)),`,
    replace: "",
    words: "compressed bundles are taken",
  },
  {
    ids: ["J5"],
    file: "src/oauth/keys-jwe.ts",
    find: `  if (!hasExpectedForm(jwe)) throw badBundle();
  const { compactDecrypt } = await import("jose");
  try {
    const { plaintext } = await compactDecrypt(
      jwe,
      { ...recipient },
      { keyManagementAlgorithms: ["ECDH-ES"], contentEncryptionAlgorithms: ["A256GCM"] },
    );`,
    replace: `  const { compactDecrypt } = await import("jose");
  try {
    const { plaintext } = await compactDecrypt(jwe, { ...recipient });`,
    words: "bundles are taken in whatever form the library knows",
  },
  {
    ids: ["J5"],
    file: RECEIVED_KEYS,
    find: `  if (entries.some(([scope]) => !asked.includes(scope))) return { problem: "a key nobody asked for" };\n`,
    replace: "",
    words: "a key that nobody asked for is passed over",
  },
  {
    ids: ["J5"],
    file: RECEIVED_KEYS,
    find: `  if (entries.some(([, key]) => !hasRightLengths(key))) return { problem: "a key of a wrong length" };\n`,
    replace: "",
    words: "keys of any length are taken",
  },
  {
    ids: ["J5"],
    file: RECEIVED_KEYS,
    find: "entries.filter(([scope]) => granted.includes(scope));",
    replace: "entries;",
    words: "the key of a scope that was not granted is kept",
  },
  {
    ids: ["J5"],
    file: RECEIVED_KEYS,
    find: `  if (missing.length > 0) return { problem: "no key for a scope that was granted" };\n`,
    replace: "",
    words: "a granted scope's key may be missing",
  },
  {
    ids: ["J5"],
    file: REDEEM,
    find: "  throw refused(`The keys for this device are not as they should be: ${selected.problem}.`);",
    replace: "  return {};",
    words: "a bundle that is not as it should be leaves the device signed in without keys",
  },
  {
    ids: ["J6"],
    file: REDEEM,
    find: "if (!sameEmail(email, redemption.announcedEmail)) {",
    replace: 'if (redemption.announcedEmail === "") {',
    words: "the profile may be another account's than the announced one",
  },
  {
    ids: ["J6"],
    file: NEW_SIGN_IN,
    find: "if (flags.expectEmail !== undefined && !sameEmail(email, flags.expectEmail)) {",
    replace: 'if (flags.expectEmail === "") {',
    words: "--expect-email is not compared with the announced account",
  },
  {
    ids: ["J6"],
    file: REDEEM,
    find: "if (redemption.expectEmail !== undefined && !sameEmail(email, redemption.expectEmail)) {",
    replace: 'if (redemption.expectEmail === "") {',
    words: "--expect-email is not compared with the profile",
  },
  {
    ids: ["J6"],
    file: REDEEM,
    find: "if (knownUid !== undefined && !equalText(uid, knownUid)) {",
    replace: 'if (knownUid === "") {',
    words: "another account of the same address may replace the credentials",
  },
  {
    ids: ["J6"],
    file: REDEEM,
    find: "if (sessionToken !== null && !equalText(uid, (await accounts.sessionStatus(sessionToken)).uid)) {",
    replace: 'if (sessionToken === "") {',
    words: "the session that was handed over may be another account's",
  },
  {
    ids: ["J6"],
    file: REDEEM,
    find: "    return { ...(await complete(accounts, redemption, answer.read(), clock)), issued };\n  } catch (error) {\n    throw await abandon(accounts, issued, error);",
    replace:
      "    return { ...(await complete(accounts, redemption, answer.read(), clock)), issued };\n  } catch (error) {\n    throw error;",
    words: "the tokens of a refused sign-in are not destroyed",
  },
  {
    ids: ["J6"],
    file: "src/oauth/sign-out.ts",
    find: '  if (sessionToken) await end("session", () => accounts.destroySession(sessionToken));\n',
    replace: "",
    words: "the session of a refused sign-in is not destroyed",
  },
  {
    ids: ["J6"],
    file: REDEEM,
    find: "  } catch (failure) {\n    // Tokens",
    replace: "  } catch (failure) {\n    if (failure !== undefined) return error;\n    // Tokens",
    words: "that the tokens could not be destroyed is not said",
  },
  {
    ids: ["J6"],
    file: "src/oauth/same-email.ts",
    find: "equalText(a.toLowerCase(), b.toLowerCase())",
    replace: "equalText(a, b)",
    words: "letter case makes another account of an address",
  },
  {
    ids: ["J7"],
    file: "src/ui/prompt.ts",
    find: `return key === "y" || key === "Y";`,
    replace: `return key === "y" || key === "Y" || key === "\\r";`,
    words: "Enter is a yes",
  },
  {
    ids: ["J7"],
    file: NEW_SIGN_IN,
    find: "prompter.confirm(`Sign this device in to ${displayText(question.email)}?`, signal)",
    replace: "prompter.confirm(`Sign this device in?`, signal)",
    words: "the question does not name the account",
  },
  {
    ids: ["J7"],
    file: "src/commands/join.ts",
    find: "  if (flags.yes && flags.expectEmail === undefined) {",
    replace: '  if (flags.yes && flags.expectEmail === "") {',
    words: "--yes without --expect-email does not warn",
  },
  {
    ids: ["J7"],
    file: "src/ui/plain.ts",
    find: "    ...describeFingerprint(event),\n    DATA_GOES_THERE,\n",
    replace: "    ...describeFingerprint(event),\n",
    words: "in lines it is not said that the device's data will go to that account",
  },
  {
    ids: ["J7"],
    file: "src/ui/ink/question.tsx",
    find: "      <Text>{DATA_GOES_THERE}</Text>\n",
    replace: "",
    words: "on the screen it is not said that the device's data will go to that account",
  },
  {
    ids: ["J8"],
    file: "src/lib/private-file.ts",
    find: "  await createPrivateFile(temporary, content);\n  try {",
    replace:
      "  await unlink(path).catch(() => undefined);\n  await createPrivateFile(temporary, content);\n  try {",
    words: "the old file is taken away before the new one is whole",
  },
  {
    ids: ["J8"],
    file: "src/lib/private-file.ts",
    find: "  await createPrivateFile(temporary, content);\n  try {\n    await rename(temporary, path);",
    replace:
      "  try {\n    await unlink(path).catch(() => undefined);\n    await createPrivateFile(path, content);",
    words: "the file grows in its own place",
  },
  {
    ids: ["J8"],
    file: NEW_SIGN_IN,
    find: "    } catch (error) {\n      throw await abandon(accounts, issued, error);",
    replace: "    } catch (error) {\n      throw error;",
    words: "what could not be stored stays signed in at the server",
  },
  {
    ids: ["J8"],
    file: "src/oauth/file-lock.ts",
    find: "const STALE_AFTER = 3000;",
    replace: "const STALE_AFTER = Infinity;",
    words: "the lock of a process that was killed is never taken over",
  },
  {
    ids: ["J9"],
    file: NEW_SIGN_IN,
    find: "if (flags.yes && existing !== null && !isSameAccount(existing, server, email)) {",
    replace: 'if (flags.yes && existing !== null && email === "") {',
    words: "--yes replaces another account's credentials",
  },
  {
    ids: ["J9"],
    file: NEW_SIGN_IN,
    find: "    if (existing !== null) {\n      // Part of",
    replace: "    if (existing === undefined) {\n      // Part of",
    words: "it is not said whose credentials are replaced",
  },
  {
    ids: ["J9"],
    file: NEW_SIGN_IN,
    find: "    if (existing !== null) await endReplaced(existing, credentials, accounts, run);\n",
    replace: "",
    words: "the tokens of replaced credentials are not destroyed",
  },
  {
    ids: ["J9"],
    file: "src/commands/replaced.ts",
    find: "return stored.server === server && sameEmail(stored.email, email);",
    replace: "return sameEmail(stored.email, email);",
    words: "an account of the same address at another server counts as the same",
  },
  {
    ids: ["J9"],
    file: "src/oauth/credential-store.ts",
    find: "if (current !== null && (replaced === null || !sameToken(current, replaced))) throw signedInMeanwhile();",
    replace: "",
    words: "credentials that another run has stored meanwhile are overwritten",
  },
];

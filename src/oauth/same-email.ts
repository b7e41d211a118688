import { equalText } from "../lib/constant-time.ts";

/** Whether two addresses are one account's: the server keeps letter case and ignores it. */
export function sameEmail(a: string, b: string): boolean {
  return equalText(a.toLowerCase(), b.toLowerCase());
}

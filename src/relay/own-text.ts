/**
 * A copy of a text in memory of its own. What is cut out of a longer text, such as a request's target or a header, keeps
 * all of that for as long as itself is kept: many times its own length. Pure.
 */
export function ownText(text: string): string {
  return Buffer.from(text).toString();
}

/** How text stands out, without colours. Written by hand: what is a terminal is known better here than by the packages. */

export function strong(text: string): string {
  return `\u001b[1m${text}\u001b[22m`;
}

export function faint(text: string): string {
  return `\u001b[2m${text}\u001b[22m`;
}

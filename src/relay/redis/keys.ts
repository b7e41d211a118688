/**
 * Names of everything in the store. What is in braces decides on the hash slot (Redis Cluster specification, "Hash
 * tags"): a channel's hash, list and publications share one, an address's keys another.
 */
const PREFIX = "fxa-pair:";

/** The number of hash slots. */
export const SLOTS = 16_384;

export const NODES_KEY = `${PREFIX}{nodes}`;

/** Numbers in use, their channels, and until when they are kept. */
export const NAMEPLATE_KEYS = [
  `${PREFIX}{nameplates}`,
  `${PREFIX}{nameplates}:channels`,
  `${PREFIX}{nameplates}:until`,
] as const;

/** The hash of a channel, whose name it also publishes under, and the list of its messages. */
export function channelKeys(id: string): [string, string] {
  return [`${PREFIX}{${id}}`, `${PREFIX}{${id}}:messages`];
}

/** The id of a channel by the name that it publishes under. */
export function channelOfKey(key: string): string {
  return key.slice(PREFIX.length + 1, -1);
}

/** What an address group has asked for, and the channels it has open. */
export function addressKeys(group: string): [string, string] {
  const tag = `${PREFIX}{address ${group}}`;
  return [tag, `${tag}:channels`];
}

/** The hash slot of a key of ours: CRC-16 (XMODEM) of what is between its first braces. */
export function slotOf(key: string): number {
  const tag = key.slice(key.indexOf("{") + 1, key.indexOf("}"));
  let crc = 0;
  for (const byte of Buffer.from(tag)) {
    crc ^= byte << 8;
    for (let bit = 0; bit < 8; bit++) crc = crc & 0x8000 ? (crc << 1) ^ 0x1021 : crc << 1;
    crc &= 0xffff;
  }
  return crc % SLOTS;
}

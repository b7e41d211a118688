/**
 * Extensions of RFC 8446 §4.2: the three that this profile speaks, and the rules for all others.
 *
 *     struct { ExtensionType extension_type; opaque extension_data<0..2^16-1>; } Extension;
 */
import { refuse } from "./alerts.ts";
import { ByteReader, uint16Items, type ByteWriter } from "./codec.ts";
import { EXTENSION, HASH_BYTES, PSK_KE, VERSION } from "./constants.ts";

/** extension_data by type, in the order of the message. */
export type Extensions = ReadonlyMap<number, Uint8Array>;

/** Reads `Extension extensions<..2^16-1>`; a type may stand there once. */
export function readExtensions(reader: ByteReader): Extensions {
  const list = new ByteReader(reader.vector16());
  const extensions = new Map<number, Uint8Array>();
  while (list.remaining > 0) {
    const type = list.uint16();
    if (extensions.has(type)) throw refuse("extensionRepeated");
    extensions.set(type, list.vector16());
  }
  return extensions;
}

const SPOKEN: ReadonlySet<number> = new Set(Object.values(EXTENSION));

/** For messages that answer us. RFC 8446 §4.2: what we know but misplaced is illegal, what we never asked for unsupported. */
export function checkAnswered(extensions: Extensions, allowed: readonly number[]): void {
  for (const type of extensions.keys()) {
    if (allowed.includes(type)) continue;
    throw refuse(SPOKEN.has(type) ? "extensionMisplaced" : "extensionUnrequested");
  }
}

/** For messages whose unknown extensions are skipped: those we know must not stand there. */
export function checkNoneMisplaced(extensions: Extensions): void {
  for (const type of extensions.keys()) if (SPOKEN.has(type)) throw refuse("extensionMisplaced");
}

/** The extension's data. @throws TlsError `missing_extension` if it is not there. */
export function required(extensions: Extensions, type: number): Uint8Array {
  const content = extensions.get(type);
  if (content === undefined) throw refuse("extensionMissing");
  return content;
}

/** `ProtocolVersion versions<2..254>` of a ClientHello (RFC 8446 §4.2.1). */
export function readSupportedVersions(content: Uint8Array): readonly number[] {
  return uint16Items(only(content, (reader) => reader.vector8()));
}

/** `PskKeyExchangeMode ke_modes<1..255>` of a ClientHello (RFC 8446 §4.2.9). */
export function readPskKeyExchangeModes(content: Uint8Array): readonly number[] {
  const modes = only(content, (reader) => reader.vector8());
  if (modes.length === 0) throw refuse("vectorLength");
  return [...modes];
}

/** A number standing alone: `selected_version` and `selected_identity` of a ServerHello. */
export function readSelected(content: Uint8Array): number {
  return only(content, (reader) => reader.uint16());
}

/** Pre-shared keys that a client offers (RFC 8446 §4.2.11); each identity has the binder at its own place. */
export interface OfferedPsks {
  readonly identities: readonly Uint8Array[];
  readonly binders: readonly Uint8Array[];
  /** Length of the whole binders list with its prefix: what the binders do not cover. */
  readonly bindersLength: number;
}

/** `PskIdentity identities<7..2^16-1>; PskBinderEntry binders<33..2^16-1>` of a ClientHello. */
export function readOfferedPsks(content: Uint8Array): OfferedPsks {
  const reader = new ByteReader(content);
  const identities = items(reader.vector16(), readIdentity);
  if (identities.length === 0) throw refuse("vectorLength");
  const bindersLength = reader.remaining;
  const binders = items(reader.vector16(), readBinder);
  reader.end();
  if (identities.length !== binders.length) throw refuse("binderCount");
  return { identities, binders, bindersLength };
}

/** The ticket age is read over: it means nothing for external keys (RFC 8446 §4.2.11). */
function readIdentity(reader: ByteReader): Uint8Array {
  const identity = reader.vector16();
  if (identity.length === 0) throw refuse("vectorLength");
  reader.uint32();
  return identity;
}

function readBinder(reader: ByteReader): Uint8Array {
  const binder = reader.vector8();
  if (binder.length < HASH_BYTES) throw refuse("binderTooShort");
  return binder;
}

function items<T>(vector: Uint8Array, read: (reader: ByteReader) => T): T[] {
  const reader = new ByteReader(vector);
  const list: T[] = [];
  while (reader.remaining > 0) list.push(read(reader));
  return list;
}

/** Reads extension data that is one field and nothing else. */
function only<T>(content: Uint8Array, read: (reader: ByteReader) => T): T {
  const reader = new ByteReader(content);
  const value = read(reader);
  reader.end();
  return value;
}

/** Writes a ClientHello's extensions. The one binder is left zero: it is the last 32 bytes of the message. */
export function writeOffer(writer: ByteWriter, pskIdentity: Uint8Array): void {
  writeExtension(writer, EXTENSION.supportedVersions, () => {
    writer.vector(1, () => writer.uint16(VERSION.tls13));
  });
  writeExtension(writer, EXTENSION.pskKeyExchangeModes, () => {
    writer.vector(1, () => writer.uint8(PSK_KE));
  });
  writeExtension(writer, EXTENSION.preSharedKey, () => {
    writer.vector(2, () => {
      writer.vector(2, () => writer.bytes(pskIdentity)).uint32(0);
    });
    writer.vector(2, () => {
      writer.vector(1, () => writer.bytes(new Uint8Array(HASH_BYTES)));
    });
  });
}

/** Writes a ServerHello's extensions. */
export function writeSelection(writer: ByteWriter, selectedIdentity: number): void {
  writeExtension(writer, EXTENSION.supportedVersions, () => writer.uint16(VERSION.tls13));
  writeExtension(writer, EXTENSION.preSharedKey, () => writer.uint16(selectedIdentity));
}

function writeExtension(writer: ByteWriter, type: number, content: () => void): void {
  writer.uint16(type).vector(2, content);
}

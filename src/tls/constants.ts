/** Numbers of RFC 8446 that this profile uses; hexadecimal where the RFC writes them so. */

/** ContentType (RFC 8446 §5.1). */
export const CONTENT = { changeCipherSpec: 20, alert: 21, handshake: 22, applicationData: 23 } as const;

/** HandshakeType (RFC 8446 §4). */
export const HANDSHAKE = {
  clientHello: 1,
  serverHello: 2,
  newSessionTicket: 4,
  encryptedExtensions: 8,
  finished: 20,
} as const;

/** ExtensionType (RFC 8446 §4.2): the three that this profile speaks. */
export const EXTENSION = { preSharedKey: 41, supportedVersions: 43, pskKeyExchangeModes: 45 } as const;

/** ProtocolVersion: what the legacy fields say, and what is really meant. */
export const VERSION = { tls10: 0x0301, tls12: 0x0303, tls13: 0x0304 } as const;

/** CipherSuite (RFC 8446 §B.4). */
export const TLS_AES_128_GCM_SHA256 = 0x1301;

/** PskKeyExchangeMode (RFC 8446 §4.2.9): PSK alone, without (EC)DHE. */
export const PSK_KE = 0;

/** Length of SHA-256 digests, and so of secrets, binders and Finished values. */
export const HASH_BYTES = 32;
export const RANDOM_BYTES = 32;
export const SESSION_ID_MAX_BYTES = 32;

export const RECORD_HEADER_BYTES = 5;
/** RFC 8446 §5.1: the content of one record. */
export const PLAINTEXT_MAX_BYTES = 2 ** 14;
/** RFC 8446 §5.2: a protected record's payload. */
export const CIPHERTEXT_MAX_BYTES = 2 ** 14 + 256;

/**
 * Records under one key. RFC 8446 §5.5 allows about 2^24.5 full-size ones for AES-GCM; we have no KeyUpdate, so the
 * connection ends there.
 */
export const RECORDS_PER_KEY = 2 ** 24;

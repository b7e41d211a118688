/** What is wrong with a certificate, in words. */

export interface CertificateWords {
  /** Ends the sentence "The certificate of … ". */
  readonly trouble: string;
  readonly hint: string;
}

const NEW_AUTHORITY =
  "If this network or server has an authority of its own, name its file in NODE_EXTRA_CA_CERTS.";

const TROUBLES: readonly { codes: RegExp; words: CertificateWords }[] = [
  {
    codes: /^CERT_HAS_EXPIRED$/,
    words: {
      trouble: "has expired",
      hint: "Check this machine's clock; if it is right, whoever runs the server must renew it.",
    },
  },
  {
    codes: /^CERT_NOT_YET_VALID$/,
    words: { trouble: "is not valid yet", hint: "Check this machine's clock: it is probably behind." },
  },
  {
    codes: /ALTNAME_INVALID/,
    words: {
      trouble: "is made out to another name",
      hint: "Check the address; on a public network, open a web page first: you may have to sign in there.",
    },
  },
  {
    codes: /^DEPTH_ZERO_SELF_SIGNED_CERT$/,
    words: { trouble: "is signed by nobody but itself", hint: NEW_AUTHORITY },
  },
  {
    codes: /^SELF_SIGNED_CERT_IN_CHAIN$|UNABLE_TO_GET_ISSUER|UNABLE_TO_VERIFY|CERT_UNTRUSTED/,
    words: {
      trouble: "is signed by an authority that this machine does not know",
      hint: NEW_AUTHORITY,
    },
  },
  {
    codes: /REVOKED/,
    words: { trouble: "has been revoked", hint: "Do not use this server until its operator has a new one." },
  },
];

/** @returns undefined where the fault is none of a certificate */
export function certificateWords(systemCode: string): CertificateWords | undefined {
  const known = TROUBLES.find(({ codes }) => codes.test(systemCode));
  if (known !== undefined) return known.words;
  return systemCode.includes("CERT")
    ? { trouble: `is not accepted (${systemCode})`, hint: NEW_AUTHORITY }
    : undefined;
}

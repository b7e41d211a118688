/** `fxa-pair help security`: what is protected, and what stays open whatever the program does. */

export interface Passage {
  readonly title: string;
  readonly points: readonly string[];
}

export const SECURITY: readonly Passage[] = [
  {
    title: "What is protected",
    points: [
      "The relay and the network can end a pairing. They cannot read it, change it or take part in it: the two devices speak TLS 1.3 with a fresh 256-bit key that is in the QR code alone, or that the words of a code to type have led both to.",
      "The account's keys never cross the relay. They are encrypted to the new device's own key and fetched from the accounts server.",
      "What was shown is what is granted: one device, one request, one code. Silence, a closed terminal and a lost connection mean no.",
      "The new device ends up in the account that was announced, or in none.",
    ],
  },
  {
    title: "What you can do",
    points: [
      "Only scan a code that you asked for yourself, a moment ago, on a device in front of you. Nobody will ever ask you to send one.",
      "Where somebody tried a wrong code, find out who it was before you show another. A code to type cannot be guessed in silence: each gives one try.",
      "Compare the fingerprint on both terminals: it differs when somebody sits in between.",
      "Where nobody watches (--yes), pin the request: join --print-thumbprint, then host --approve-jwk; and name the account with join --expect-email.",
      "Look through your account's devices now and then, and remove what you do not know.",
    ],
  },
  {
    title: "What remains",
    points: [
      "Nothing proves that the devices are near each other. Somebody who sees your QR code while it is good, and gets your approval, has your account.",
      "There is no forward secrecy: Firefox and the phones do not offer it here. A recording of the connection plus the old QR code shows the e-mail address, the names, what was asked for and a code that is spent.",
      "Phones show no fingerprint. With them, place and address are all there is to compare; the relay reports those, and could invent them.",
      "E-mail address and name are sent to whoever holds the key and asks correctly, before you approve: the peers expect it in that order.",
      "A relay can always refuse, delay and count. It learns addresses and times.",
      "A device that was granted the session scope can sign in others. Removing it does not remove those.",
      "Stored keys are as safe as your files. Memory is overwritten as well as the language lets one, which is not certain; and what is typed on a command line can be seen in the list of processes for an instant.",
      "Where the new device is a web page, that page holds the keys: they are as safe as its origin.",
    ],
  },
];

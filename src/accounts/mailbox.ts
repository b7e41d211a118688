/** The mails the server would send: kept here, so that a person or a test can read the codes. */

export interface Mail {
  readonly to: string;
  /** `code`: six digits; `link`: what a link carries, 32 hex digits; `unblock`: eight letters and digits. */
  readonly kind: "code" | "link" | "unblock";
  readonly code: string;
  /** Wall-clock milliseconds. */
  readonly time: number;
}

export type OnMail = (mail: Mail) => void;

const MAX_MAILS = 1000;

export class Mailbox {
  readonly #mails: Mail[] = [];
  readonly #onMail: OnMail;

  constructor(onMail: OnMail) {
    this.#onMail = onMail;
  }

  send(mail: Mail): void {
    this.#mails.push(mail);
    if (this.#mails.length > MAX_MAILS) this.#mails.shift();
    this.#onMail(mail);
  }

  /** All mails, oldest first. */
  all(): readonly Mail[] {
    return this.#mails;
  }

  /** The newest mail to an address, of one kind if named. */
  last(to: string, kind?: Mail["kind"]): Mail | undefined {
    return this.#mails.findLast((mail) => mail.to === to && (kind === undefined || mail.kind === kind));
  }
}

/** What each command does, beyond its one line: for its help and its manual page. */

export const ABOUT: Readonly<Record<string, string>> = {
  host: `Opens a channel on the relay, shows its QR code and address, and waits for the new device. It then says who is asking and for what, and asks whether to approve; the default is no. It needs a device that is signed in with the right to sign in others: by login, or by join --can-host.

Only scan the code yourself. If the new device is a terminal, compare the fingerprint that both show.

With --scan it takes the code that the new device shows (join --show). A code could have been sent to you by somebody else, so it first asks whether you started this yourself, and approval takes the last four characters of the fingerprint, read off the new device. --yes needs --expect-fingerprint or --approve-jwk then.`,
  join: `Reads the pairing URL, a picture of the QR code or a code to type, connects to the device that shows it, says whose account that is, and asks. After the yes on both devices it fetches tokens and the account's keys, and stores them readable by you alone.

With --show it is this device that shows the code, for fxa-pair host --scan on the signed-in one; --qr then says how to draw it: auto, half, full, ascii or none.`,
  relay: `Passes messages between the two devices of a pairing, which it can neither read nor change. Each setting is an option here and a variable in the environment; impossible ones are refused at the start.`,
  login: `Signs in with the account's e-mail address and password, and asks for the mailed code or the authenticator app's code where the account wants one. The password is neither kept nor sent: what is derived from it is.`,
  status: `Says whose account this device is signed in to, and with what; with --check, whether the server still accepts it. Secrets are not shown.`,
  devices: `Lists what is signed in to the account, this device among them, or signs one of it out.`,
  logout: `Has the server end what this device holds, and only then forgets it. If the server cannot be told, it says what still lives, and asks.`,
  token: `Prints a fresh access token for the scopes named, made with the stored refresh token. Whoever has it may do what its scopes say until it expires.`,
  qr: `Finds the QR codes in pictures and prints their text. Nothing that they say is opened.`,
  sandbox: `Starts an accounts server and a relay on this machine with one account in it, and runs a command with the environment set to use them; without a command it stays until Ctrl-C. Nothing of it leaves the machine, and nothing stays.`,
  completion: `Prints a script for a shell. Once the shell has read it, the Tab key completes commands, options, what options may be, and files where a file is wanted.`,
  doctor: `Looks at everything that a pairing needs from this machine: names and certificates of the servers, the proxy, the accounts server, the relay and a connection to it, the clock, the terminal, the stored credentials. Each check says ok, warning or problem, and what to do. It changes nothing.`,
};

/** The environment variables and files that are read besides the options' own variables. */

export interface Named {
  readonly name: string;
  readonly words: string;
}

/** Variables that other programs honour, too. */
export const COMMON_VARIABLES: readonly Named[] = [
  { name: "HTTPS_PROXY", words: "the proxy to servers with TLS, as http://user:password@host:port" },
  { name: "HTTP_PROXY", words: "the proxy to a relay given as ws://" },
  {
    name: "ALL_PROXY",
    words: "the proxy where these are not set; https://, socks5:// and socks5h:// are possible, too",
  },
  {
    name: "NO_PROXY",
    words: "names, addresses and ranges that are reached without one, with commas between them",
  },
  {
    name: "NODE_EXTRA_CA_CERTS",
    words: "a file of certificates, in PEM, of authorities to trust besides the usual ones",
  },
  { name: "NO_COLOR", words: "anything in it: draw without colours; FORCE_COLOR overrules it" },
  { name: "TERM", words: "the terminal's kind; dumb means that nothing is drawn, only told" },
  { name: "XDG_CONFIG_HOME", words: "where configuration directories are, on Linux" },
];

/** What `fxa-pair sandbox -- command` sets for its command, besides options' variables. */
export const SANDBOX_VARIABLES: readonly Named[] = [
  { name: "FXA_PAIR_SANDBOX_PASSWORD", words: "set by sandbox for its command: the account's password" },
];

/** The config directory on each platform. */
export const CONFIG_FOLDERS: readonly Named[] = [
  { name: "Linux", words: "$XDG_CONFIG_HOME/fxa-pair, else ~/.config/fxa-pair" },
  { name: "macOS", words: "~/Library/Preferences/fxa-pair" },
  { name: "Windows", words: "%APPDATA%\\fxa-pair\\Config" },
];

/** Files in the config directory. */
export const FILES: readonly Named[] = [
  {
    name: "config.json",
    words:
      'settings: an object of option names and values, such as { "server": "stage" }; the environment and the command line win over it',
  },
  {
    name: "credentials.json",
    words: "tokens and keys of the account that is signed in here, mode 0600: whoever reads it is you",
  },
];

/**
 * Which tests see to it that a requirement of docs/security.md holds: by file, names of tests or of groups of them, several joined
 * by ` > ` where one is not enough. Tests that have the id in their name need not be listed.
 */
type Tests = Readonly<Record<string, readonly string[]>>;

const TLS = "test/tls/tampering.test.ts";
const CHANNEL = "test/channel/pairing-channel.test.ts";
const THROUGH_RELAY = "test/channel/through-relay.test.ts";
const ENEMY = "test/cli/tampering.test.ts";
const RUN = "test/pairing/run.test.ts";
const AUTHORITY = "test/pairing/authority.test.ts";
const SUPPLICANT = "test/pairing/supplicant.test.ts";
const ANY_PEER = "test/pairing/model/any-peer.test.ts";
const CHECKS = "test/pairing/request-checks.test.ts";
const REFUSALS = "test/cli/refusals.test.ts";
const PROMPTS = "test/cli/prompts.test.ts";
const TERMINAL = "test/cli/terminal.test.ts";
const SCREENS = "test/cli/screens.test.ts";
const PAIRING = "test/cli/pairing.test.ts";
const SECRETS = "test/cli/secrets.test.ts";
const LOGIN = "test/oauth/login.test.ts";
const HTTP = "test/oauth/http.test.ts";
const CALLS = "test/oauth/calls.test.ts";
const STAND_IN = "test/oauth/against-stand-in.test.ts";

export const TESTS_BY_REQUIREMENT: Readonly<Record<string, Tests>> = {
  C1: { [CHANNEL]: ["draws 32 bytes for the key, and them alone before anything arrives"] },
  C2: {
    [CHANNEL]: [
      "sends nothing where the relay puts it into another channel",
      "makes no channel of an id that is not 16 bytes",
    ],
  },
  C3: {
    [TLS]: ["is fatal if any byte differs"],
    [CHANNEL]: ["is noticed by whoever gets a changed byte, whichever it is", "a relay that interferes > %s"],
    [ENEMY]: ["is noticed when one bit of it was changed"],
  },
  C4: { [TLS]: ["reflection fails"], [CHANNEL]: ["cannot reflect: each side refuses its own records"] },
  C5: {
    [TLS]: [
      "is fatal if repeated, at once or later",
      "is fatal if it changes places with the next",
      "$from's record $index ($name) is missed if lost",
    ],
    [ENEMY]: ["is noticed when it comes twice"],
  },
  C6: {
    "test/tls/hello-refusals.test.ts": ["a wrong binder: decrypt_error"],
    "test/tls/refusals.test.ts": [
      "a server waiting for Finished refuses",
      "a client waiting for EncryptedExtensions refuses",
    ],
    [CHANNEL]: ["with another key gets nowhere, and the peer is told by an alert"],
  },
  C7: {
    [RUN]: ["the connection lost for good after any frame"],
    [AUTHORITY]: ["after the code has left"],
    "test/cli/relay.test.ts": ["killed"],
  },
  C8: {
    [THROUGH_RELAY]: ["is burnt by a wrong key: not even the right one opens it afterwards"],
    [REFUSALS]: ["reveals a wrong key to both sides, and the channel is burnt"],
  },
  C9: {
    [CHANNEL]: [
      "a relay that interferes > sends %s",
      "sends more messages than a pairing takes",
      "may send 64 messages, and of the largest four",
      "sends a binary or oversized message",
    ],
    "test/channel/socket.test.ts": ["calls %s a violation", "a relay that pings and does not read"],
  },
  C10: { "test/architecture.test.ts": ["the project > %s"] },
  C11: {
    "test/tls/wiping.test.ts": ["on $name"],
    [CHANNEL]: [
      "close with 1000, hear no ending of their own making, and forget the key",
      "a relay that interferes > %s",
    ],
  },
  C12: {
    [RUN]: [
      "takes four frames for the handshake, four for the messages, and one close_notify a side",
      "waits three seconds for a close_notify that does not come, and succeeds",
    ],
    [THROUGH_RELAY]: ["works where the relay allows no more than the reference does"],
  },
  N1: {
    "test/oauth/discovery.test.ts": ["refuses %j without repeating it", "refuses %s"],
    [REFUSALS]: ["usage: %j"],
    [CHANNEL]: ["refuses the address %j"],
  },
  N2: {
    [HTTP]: ["an unknown certificate is refused, whatever the environment says"],
    "test/channel/socket.test.ts": [
      "has a certificate nobody vouches for, whatever NODE_TLS_REJECT_UNAUTHORIZED says",
    ],
  },
  N3: {
    [STAND_IN]: ["credentials go to their own server only"],
    [HTTP]: ["a redirect (%i) is not followed"],
  },
  N4: {
    [HTTP]: ["limits", "answers that are not the server's"],
    [CALLS]: ["answers of another form"],
    [REFUSALS]: ["the accounts server, while the new device redeems its code"],
  },
  A1: { [REFUSALS]: ["refuses a third device"] },
  A2: {
    [REFUSALS]: [
      "what is given to join",
      "the relay",
      "the accounts server, while the new device redeems its code",
      "the accounts server, while the host asks for the code",
      "this device",
    ],
    [TERMINAL]: ["two users (%s)", "Ctrl-C (%s)"],
  },
  A3: {
    [CALLS]: ["throttling"],
    [LOGIN]: ["%s is sent at most once"],
    [REFUSALS]: ["is obeyed when it throttles for a moment"],
  },
  A4: {
    [LOGIN]: ["that is blocked without an offer is sent once, with a hint to pair instead"],
    [HTTP]: ["an empty %i, as bot rules answer"],
  },
  A5: {
    [LOGIN]: [
      "%s is sent at most once",
      "ends after three wrong codes, and the session with it",
      "ends after three wrong codes; what cannot be one costs no attempt at the server",
      "its derivations are wiped",
    ],
    [PROMPTS]: ["ends after three wrong codes, and keeps nothing"],
  },
  A6: {
    "test/cli/sandbox.test.ts": ["the user's own credentials"],
    "test/accounts/faults.test.ts": [
      "tells of each mail, listens on loopback only, and closes with a request held",
    ],
  },
  H1: {
    [CHECKS]: ["a request that is not"],
    [RUN]: ["when the request is refused ends both sides without metadata"],
    [REFUSALS]: ["what the host is asked for"],
  },
  H2: {
    [CHECKS]: ["is refused for its %s, without quoting it: %j"],
    "test/oauth/scopes.test.ts": ["%j is well-formed: %s"],
  },
  H3: {
    "test/oauth/recipient-key.test.ts": ["keys_jwk"],
    [CHECKS]: [
      "has a coordinate that only modulo p lies on the curve",
      "is refused for its %s, without quoting it: %j",
    ],
  },
  H4: {
    [AUTHORITY]: ["every input in every stage"],
    [ANY_PEER]: ["whatever a peer sends, in whatever order, as often as it likes"],
  },
  H5: {
    [AUTHORITY]: ["grants the very object that was presented, and sends the code with the request's state"],
    [RUN]: ["what was shown"],
  },
  H6: {
    [AUTHORITY]: ["asks for one code however often yes is said"],
    [TERMINAL]: [
      "pressed twenty times asks for one code",
      "part when the host presses %s",
      "is a no at the question",
    ],
    [ANY_PEER]: ["whatever a peer sends, in whatever order, as often as it likes"],
    "test/ui/screen/dialogue.test.ts": ["is answered by no resize"],
  },
  H7: {
    [TERMINAL]: ["typed ahead of the question is no answer to it"],
    [SCREENS]: ["are asked all the same when keys were pressed before"],
    "test/ui/prompt.test.ts": ["hears no key of its first 300 ms"],
    "test/ui/screen/dialogue.test.ts": [
      "a question > takes %j for %s",
      "a question > takes no key for the question before",
      "does what its keys stand for, once they count",
    ],
  },
  H8: {
    [TERMINAL]: [
      "part when the host presses %s",
      "host refuses before it opens a channel, unless it need not ask",
    ],
    "test/ui/prompt.test.ts": ["a question > takes %j for %s"],
    "test/ui/screen/dialogue.test.ts": ["a question > takes %j for %s"],
  },
  H9: {
    [TERMINAL]: ["see the same fingerprint, who is asking, and what is only hearsay"],
    "test/ui/screen/host-screens.test.ts": ["in a window of $columns×$rows"],
  },
  H10: {
    "test/ui/screen/host-screens.test.ts": ["in a window of $columns×$rows"],
    [CHECKS]: ["grants the session scope unasked only if the user named it"],
    [REFUSALS]: ["what the host is asked for"],
  },
  H11: {
    [RUN]: ["when the request is refused ends both sides without metadata"],
    [ANY_PEER]: ["whatever a peer sends, in whatever order, as often as it likes"],
  },
  H12: { [LOGIN]: ["a host's session"], [PROMPTS]: ["a sign-in with two-step authentication"] },
  H13: {
    [RUN]: ["an offer"],
    [SCREENS]: [
      "is replaced by r, and the old one is worth nothing then",
      "is offered afresh when its time is over",
    ],
    [REFUSALS]: ["ends a channel that nobody joins, at its time", "usage: %j"],
  },
  H14: {
    "test/ui/screen/host-screens.test.ts": ["in a window of $columns×$rows"],
    "test/ui/accessible.test.ts": ["an offer > is said in sentences, with nothing drawn"],
    "test/ui/screen/dialogue.test.ts": ["there is no screen > with %j"],
    "test/cli/questions.test.ts": ["to the host's user is explained with %s"],
  },
  H15: { "test/pairing/pairing-url.test.ts": ["comes back as it was written, with exactly two parameters"] },
  H16: {
    "test/cli/undo.test.ts": ["a host that nobody watches", "a host in a terminal (%s)"],
    "test/commands/new-device.test.ts": ["names the device, offers to undo, and removes it"],
  },
  F1: {
    "test/pairing/fingerprint.test.ts": [
      "is the first 65 bits of the hash over label and document",
      "differs if one character does",
      "is read back however people type it",
    ],
    [RUN]: ["shows the same fingerprint on both sides, and says what is relayed hearsay"],
    [PAIRING]: ["ends with tokens, keys and one fingerprint on both sides"],
  },
  F2: { [TERMINAL]: ["see the same fingerprint, who is asking, and what is only hearsay"] },
  F4: { [PAIRING]: ["pins"], [CHECKS]: ["accepts the pinned key or request alone"] },
  J1: { "test/pairing/pairing-url.test.ts": ["a pairing URL"], [REFUSALS]: ["what is given to join > %s"] },
  J2: { [PROMPTS]: ["a URL of another accounts server (%s)"], [REFUSALS]: ["what is given to join > %s"] },
  J3: {
    [SUPPLICANT]: ["every input in every stage"],
    [AUTHORITY]: ["every input in every stage"],
    "test/pairing/messages.test.ts": ["anything else is none of them"],
  },
  J4: {
    [SUPPLICANT]: [
      "asks for no token where the state is another's",
      "redeems the code once, for the announced account",
    ],
    [CALLS]: ["a code is not redeemed again after a server failure"],
    "test/oauth/derivations.test.ts": ["PKCE and state"],
    [ANY_PEER]: ["whatever a peer sends, in whatever order, as often as it likes"],
  },
  J5: {
    "test/oauth/keys-jwe.test.ts": ["refuses %s, always with the same words"],
    "test/oauth/scoped-keys.test.ts": ["keys a new device accepts"],
    [STAND_IN]: ["a redemption that does not hold is undone on the server"],
  },
  J6: {
    [REFUSALS]: [
      "shows the profile of %s: tokens are destroyed, nothing is stored",
      "expects another account than the one announced",
    ],
    [STAND_IN]: ["a redemption that does not hold is undone on the server"],
  },
  J7: {
    [TERMINAL]: ["part when the joiner presses %s"],
    "test/ui/screen/join-screens.test.ts": ["in a window of $columns×$rows"],
    "test/ui/prompt.test.ts": ["a question > takes %j for %s"],
    "test/ui/screen/dialogue.test.ts": ["a question > takes %j for %s"],
  },
  J8: {
    "test/oauth/credential-store.test.ts": [
      "one that is killed while writing leaves the old file or the new one",
    ],
    "test/oauth/storing.test.ts": ["until then it has failed, and leaves nothing behind"],
  },
  J9: {
    [PROMPTS]: ["another account's credentials (%s)"],
    [REFUSALS]: ["is signed in to another account already"],
    [PAIRING]: ["replaces the credentials of the same account and revokes the old ones"],
  },
  S1: {
    [PAIRING]: ["is not in the process list while it is used"],
    [SECRETS]: ["the command line"],
  },
  S2: {
    "test/cli/canary.test.ts": [
      "a pairing keeps its secrets",
      "join keeps the key of a URL",
      "login keeps password, codes and tokens",
      "a signed-in device keeps its tokens and keys",
      "a proxy's name and password are kept",
    ],
    "test/cli/guards.test.ts": ["a mistyped command line"],
    "test/commands/setup.test.ts": ["gives the terminal back and is told, with a stack for who wants it: %s"],
  },
  S3: {
    [SECRETS]: ["the pairing URL in files"],
    [PAIRING]: [
      "is one line on standard output where there is no terminal, and nowhere else",
      "is in the channel event, unless a file holds it",
      "is taken back when the host is interrupted",
    ],
  },
  S4: {
    [SECRETS]: ["files with secrets"],
    "test/oauth/credential-store.test.ts": ["modes", "planted things"],
  },
  S5: {
    "test/ui/screen/dialogue.test.ts": ["is on the alternate screen, with its time, until it is withdrawn"],
    [SCREENS]: ["Ctrl-C, %s", "two users, %s"],
  },
  S6: {
    "test/cli/accessible.test.ts": ["the clipboard (%s)"],
    [SCREENS]: ["is copied when c is pressed, and that is said"],
    [TERMINAL]: ["in %s is the URL above it"],
  },
  S7: { [SECRETS]: ["logout"], [PROMPTS]: ["logout while the server is down (%s)"] },
  S8: { [SECRETS]: ["nobody else is told anything"] },
  D1: {
    "test/cli/injection.test.ts": ["in a terminal (%s)"],
    "test/ui/safe-text.test.ts": ["for every text"],
  },
  D2: {
    "test/cli/injection.test.ts": ["for scripts"],
    "test/ui/json-line.test.ts": ["every object is one printable line that means the same"],
  },
  R8: {
    "test/relay/client-address.test.ts": [
      "behind a trusted proxy",
      "without a trusted proxy",
      "trusted proxies",
    ],
  },
};

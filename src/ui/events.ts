/**
 * What a command tells the world, as values. `--json` prints them as they are, people get them in words. They hold no
 * secret except where the result itself is one (`url` or `code` of a channel, `credentials`, `token`, `ready`).
 */
import type { Sender } from "../channel/wire.ts";
import type { ErrorCode } from "../lib/errors.ts";
import type { MetadataStatus, PairingStatus, RequestStatus } from "../pairing/status.ts";

/** The place of a QR code in its picture: its corners in pixels, clockwise from the code's own top left. */
export type Corners = readonly { readonly x: number; readonly y: number }[];

export type CliEvent =
  | { type: "channel"; url?: string; code?: string; channelId: string; expiresAt: string | null }
  | Exclude<PairingStatus, { type: "complete" | "connected" | "lost" | "resumed" | "redeeming" }>
  | { type: "complete"; clientId: string }
  | {
      type: "complete";
      uid: string;
      email: string;
      scope: readonly string[];
      keys: readonly string[];
      stored: string | null;
      /** Whether that is where this program's own commands look for them. */
      inStore: boolean;
    }
  | AccountEvent
  | { type: "devices"; devices: readonly ListedDevice[] }
  | AddedEvent
  | { type: "removed"; device: ListedDevice }
  | { type: "credentials"; credentials: Readonly<Record<string, unknown>> }
  | { type: "token"; token: string; scope: readonly string[]; expiresAt: string }
  | QrEvent
  | { type: "listening"; url: string; metricsUrl: string | null }
  | SettingsEvent
  | { type: "completion"; shell: string; script: string }
  | CheckEvent
  | { type: "summary"; usable: boolean; ok: number; warnings: number; problems: number }
  | { type: "report"; text: string }
  | {
      type: "ready";
      server: string;
      channelServer: string;
      email: string;
      password: string;
      env: Readonly<Record<string, string>>;
    }
  | {
      type: "error";
      code: ErrorCode;
      message: string;
      hint: string | null;
      details: Readonly<Record<string, unknown>> | null;
    };

/** A QR code in a picture. */
export interface QrEvent {
  type: "qr";
  text: string;
  /** The picture as it was named on the command line. */
  image: string;
  corners: Corners;
  /** The reader that found it, and what was done to the picture before. */
  engine: string;
  rung: string;
  /** Milliseconds since the search began. */
  ms: number;
}

/** What one check of this machine's set-up found. */
export interface CheckEvent {
  type: "check";
  name: string;
  status: "ok" | "warning" | "problem";
  message: string;
  hint: string | null;
  details: Readonly<Record<string, unknown>>;
}

/** The relay's settings by their flags' names, and where each came from: a flag, a variable, or `default`. */
export interface SettingsEvent {
  type: "settings";
  settings: Readonly<Record<string, { readonly value: SettingValue; readonly source: string }>>;
}

export type SettingValue = string | number | readonly string[] | null;

/** What a user is asked about. */
export type Explained = RequestSubject | MetadataSubject | ScannedSubject;

export interface RequestSubject extends RequestStatus {
  /** The fingerprint's last four characters are asked for, and so not shown. */
  readonly endIsTyped?: boolean;
}

export interface MetadataSubject extends MetadataStatus {
  /** The other device asks for the fingerprint's last four characters. */
  readonly endIsTyped?: boolean;
}

/** A code that a new device made, before that device is spoken to. */
export interface ScannedSubject {
  readonly type: "scanned";
  /** Of the account that it would be signed in to. */
  readonly email: string;
}

/** Who is signed in on this device; every member but `signedIn` is null or empty when nobody is. */
export interface AccountEvent {
  type: "account";
  signedIn: boolean;
  server: string | null;
  uid: string | null;
  email: string | null;
  scope: readonly string[];
  keys: readonly string[];
  session: boolean;
  stored: string | null;
  /** By scope: names of keys, which give nothing away of them. */
  keyIds: Readonly<Record<string, string>>;
  deviceId: string | null;
  deviceName: string | null;
  /** RFC 3339: when these credentials were made, and the sign-in behind them. */
  createdAt: string | null;
  authAt: string | null;
  /** Seconds since `createdAt`. */
  age: number | null;
  /** What the accounts server said, where it was asked: what it accepts; null for what there is none of. */
  checked?: { refreshToken: true; session: true | null; twoStep: string | null };
}

/** Something that is signed in to the account. Times are RFC 3339; null where the server does not tell. */
export interface ListedDevice {
  /** Names it to `devices remove`. */
  id: string;
  name: string | null;
  type: string | null;
  clientId: string | null;
  thisDevice: boolean;
  createdAt: string | null;
  lastSeen: string | null;
  /** Seconds since then. */
  idle: number | null;
}

/** The device that a pairing added to the account; null when it cannot be told: then `candidates` has those it could be. */
export interface AddedEvent {
  type: "added";
  device: ListedDevice | null;
  candidates: readonly ListedDevice[];
}

export type { Sender };

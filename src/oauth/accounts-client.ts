/** The accounts server's calls, one method each, named after what they do. Answers are checked; errors are typed. */

import * as v from "valibot";
import { FxaPairError } from "../lib/errors.ts";
import { decodeHex } from "../lib/hex.ts";
import * as answers from "./answers.ts";
import type { Authorization, Call, CallerOptions } from "./calls.ts";
import { Caller, readAnswer, tokenBytes } from "./calls.ts";
import { AccountsError } from "./error-table.ts";
import { wipe } from "./key-material.ts";
import type { AccountKeys } from "./key-bundle.ts";
import { openKeyBundle } from "./key-bundle.ts";
import type {
  AttachedHandle,
  AuthorizationRequest,
  DeviceDescription,
  PasswordProof,
} from "./request-bodies.ts";
import { attachedBody, authorizationBody, passwordBody } from "./request-bodies.ts";
import { formatScope } from "./scopes.ts";
import { deriveTokenCredentials } from "./session-token.ts";

/** An answer that brings tokens: these are known even when the rest of it is not what it should be. */
export interface Issued<Result> {
  /** To be given back when the sign-in fails. */
  readonly tokens: answers.IssuedTokens;
  /** @throws FxaPairError `refused` when the answer has another form. */
  read(): Result;
}

/** Tokens are hex as handed out; every method throws as {@link Caller.call} does. */
export class AccountsClient {
  readonly #caller: Caller;

  constructor(options: CallerOptions | Caller) {
    this.#caller = options instanceof Caller ? options : new Caller(options);
  }

  /** Server time minus local time in milliseconds, as far as known. */
  get clockSkew(): number | null {
    return this.#caller.clockSkew;
  }

  /** The same client for undoing things: an interruption does not stop it. */
  uninterrupted(): AccountsClient {
    return new AccountsClient(this.#caller.uninterrupted());
  }

  /** Which password stretch the account wants; version 1 on servers too old to be asked. */
  async credentialsStatus(email: string): Promise<{ version: 1 } | { version: 2; clientSalt: string }> {
    try {
      return await this.#post("/account/credentials/status", { email }, answers.CredentialsStatus);
    } catch (error) {
      if (error instanceof AccountsError && (error.errno === 116 || error.status === 404))
        return { version: 1 };
      throw error;
    }
  }

  /** Signs in, asking for a key-fetch token and for confirmation by a mailed code. Sent once. */
  signIn(proof: PasswordProof): Promise<Issued<answers.LoginResult>> {
    const body = passwordBody(proof);
    return this.#issue("/account/login?keys=true", body, answers.LoginAnswer, { once: true });
  }

  async sendUnblockCode(email: string): Promise<void> {
    await this.#post("/account/login/send_unblock_code", { email }, answers.Empty, { once: true });
  }

  /** Confirms a session, and if need be the email, with the mailed digits. */
  async verifyCode(sessionToken: string, code: string): Promise<void> {
    await this.#post("/session/verify_code", { code }, answers.Empty, {
      authorization: { sessionToken },
      once: true,
    });
  }

  async resendCode(sessionToken: string): Promise<void> {
    const authorization = { sessionToken };
    await this.#post("/session/resend_code", {}, answers.Empty, { authorization, once: true });
  }

  /** Whether the authenticator app's code was right: a wrong one is no error to the server. */
  async verifyTotp(sessionToken: string, code: string): Promise<boolean> {
    const { success } = await this.#post("/session/verify/totp", { code }, answers.TotpAnswer, {
      authorization: { sessionToken },
      once: true,
    });
    return success;
  }

  /** Uses up a backup authentication code; returns how many are left. */
  async verifyBackupCode(sessionToken: string, code: string): Promise<number> {
    const path = "/session/verify/recoveryCode";
    const authorization = { sessionToken };
    return (await this.#post(path, { code }, answers.BackupCodeAnswer, { authorization, once: true }))
      .remaining;
  }

  sessionStatus(sessionToken: string): Promise<answers.SessionState> {
    return this.#get("/session/status", answers.SessionStatus, { sessionToken });
  }

  emailStatus(sessionToken: string) {
    return this.#get("/recovery_email/status", answers.EmailStatus, { sessionToken });
  }

  /** Spends a key-fetch token; the bundle's MAC is checked. */
  async accountKeys(keyFetchToken: string): Promise<AccountKeys> {
    const { bundle } = await this.#get("/account/keys", answers.KeysAnswer, { keyFetchToken });
    const { bundleKey } = deriveTokenCredentials(tokenBytes(keyFetchToken), "keyFetchToken");
    try {
      return openKeyBundle(bundleKey, decodeHex(bundle) ?? new Uint8Array());
    } finally {
      wipe(bundleKey);
    }
  }

  /** Rotation data of the key-bearing ones among the scopes; the others are absent from the answer. */
  scopedKeyData(sessionToken: string, clientId: string, scope: readonly string[]) {
    const body = { client_id: clientId, scope: formatScope(scope) };
    return this.#post("/account/scoped-key-data", body, answers.ScopedKeyData, {
      authorization: { sessionToken },
    });
  }

  /** An authorization code for another device. */
  authorize(sessionToken: string, request: AuthorizationRequest) {
    const body = authorizationBody(request);
    return this.#post("/oauth/authorization", body, answers.AuthorizationAnswer, {
      authorization: { sessionToken },
    });
  }

  /** Exchanges an authorization code. */
  redeem(clientId: string, code: string, codeVerifier: string): Promise<Issued<answers.TokenResult>> {
    const body = { grant_type: "authorization_code", client_id: clientId, code, code_verifier: codeVerifier };
    return this.#issue("/oauth/token", body, answers.TokenAnswer);
  }

  /** A fresh access token for some of a refresh token's scopes, or for all of them. */
  refresh(
    { clientId, refreshToken }: { readonly clientId: string; readonly refreshToken: string },
    scope?: readonly string[],
  ): Promise<answers.TokenResult> {
    const narrowed = scope === undefined ? {} : { scope: formatScope(scope) };
    const body = {
      grant_type: "refresh_token",
      client_id: clientId,
      refresh_token: refreshToken,
      ...narrowed,
    };
    return this.#post("/oauth/token", body, answers.TokenAnswer);
  }

  /** Tokens for this device itself on the strength of its session. Never brings keys. */
  credentialsGrant(
    sessionToken: string,
    clientId: string,
    scope: readonly string[],
  ): Promise<Issued<answers.TokenResult>> {
    const body = {
      grant_type: "fxa-credentials",
      client_id: clientId,
      scope: formatScope(scope),
      access_type: "offline",
    };
    return this.#issue("/oauth/token", body, answers.TokenAnswer, { authorization: { sessionToken } });
  }

  /** Revokes a token (RFC 7009): an unknown one is no error. A refresh token takes its device record with it. */
  async destroyToken(clientId: string, token: string, kind: "refresh_token" | "access_token"): Promise<void> {
    await this.#post("/oauth/destroy", { client_id: clientId, token, token_type_hint: kind }, answers.Empty);
  }

  /** Ends a session; throws an AccountsError with errno 110 when it was gone. */
  async destroySession(sessionToken: string): Promise<void> {
    await this.#post("/session/destroy", {}, answers.Empty, { authorization: { sessionToken } });
  }

  introspect(token: string) {
    const body = { token };
    return this.#caller.call({
      server: "oauth",
      method: "POST",
      path: "/introspect",
      body,
      answer: answers.Introspection,
    });
  }

  profile(accessToken: string): Promise<answers.ProfileResult> {
    const answer = answers.Profile;
    return this.#caller.call({
      server: "profile",
      method: "GET",
      path: "/profile",
      authorization: { accessToken },
      answer,
    });
  }

  /** A client's registered name; null when it has none, is unknown, or the server does not say: it is for display only. */
  async clientName(clientId: string): Promise<string | null> {
    try {
      return (await this.#get(`/oauth/client/${encodeURIComponent(clientId)}`, answers.ClientAnswer)).name;
    } catch (error) {
      if (error instanceof FxaPairError && error.code !== "interrupted") return null;
      throw error;
    }
  }

  /** Names this device in the account's list. Follows the server when it knows the session under another id, or not at all. */
  async registerDevice(
    authorization: Authorization,
    device: DeviceDescription,
  ): Promise<answers.DeviceRecord> {
    try {
      return await this.#post("/account/device", { ...device }, answers.Device, { authorization });
    } catch (error) {
      const { errno, extras } = error instanceof AccountsError ? error : {};
      const known = errno === 124 ? extras?.deviceId : undefined;
      if (errno !== 123 && known === undefined) throw error;
      const { name, type } = device;
      const body = known === undefined ? { name, type } : { id: known, name, type };
      return await this.#post("/account/device", body, answers.Device, { authorization });
    }
  }

  devices(authorization: Authorization): Promise<answers.DeviceRecord[]> {
    return this.#get("/account/devices", answers.Devices, authorization);
  }

  /** Removes a device, its session and its refresh token. */
  async destroyDevice(authorization: Authorization, id: string): Promise<void> {
    await this.#post("/account/device/destroy", { id }, answers.Empty, { authorization });
  }

  /** Everything signed in to the account: devices, sessions and applications. */
  attachedClients(sessionToken: string): Promise<answers.AttachedClient[]> {
    return this.#get("/account/attached_clients", answers.AttachedClients, { sessionToken });
  }

  /** Ends one of them. A device takes its session and its refresh token with it. */
  async destroyAttachedClient(sessionToken: string, handle: AttachedHandle): Promise<void> {
    const authorization = { sessionToken };
    const body = attachedBody(handle);
    await this.#post("/account/attached_client/destroy", body, answers.Empty, { authorization });
  }

  #get<Answer extends v.GenericSchema>(
    path: string,
    answer: Answer,
    authorization?: Authorization,
  ): Promise<v.InferOutput<Answer>> {
    return this.#caller.call({
      server: "auth",
      method: "GET",
      path,
      answer,
      ...(authorization && { authorization }),
    });
  }

  async #issue<Answer extends v.GenericSchema>(
    path: string,
    body: Readonly<Record<string, unknown>>,
    answer: Answer,
    options: Pick<Call<Answer>, "authorization" | "once"> = {},
  ): Promise<Issued<v.InferOutput<Answer>>> {
    const document = await this.#post(path, body, v.unknown(), { ...options, heardOut: true });
    return {
      tokens: v.parse(answers.IssuedTokens, document),
      read: () => readAnswer(path, answer, document),
    };
  }

  #post<Answer extends v.GenericSchema>(
    path: string,
    body: Readonly<Record<string, unknown>>,
    answer: Answer,
    options: Pick<Call<Answer>, "authorization" | "once" | "heardOut"> = {},
  ): Promise<v.InferOutput<Answer>> {
    return this.#caller.call({ server: "auth", method: "POST", path, body, answer, ...options });
  }
}

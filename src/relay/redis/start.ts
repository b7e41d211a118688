/** From the setting's text to a backplane, with errors in the words of whoever set it. */
import { FxaPairError } from "../../lib/errors.ts";
import { parseRedisAddress } from "./address.ts";
import type { RedisBackplaneOptions } from "./backplane.ts";
import { RedisBackplane } from "./backplane.ts";
import { StoreError } from "./store-error.ts";

/** @throws FxaPairError `usage` if the address is malformed, or the store refuses what is needed */
export async function startRedisBackplane(
  setting: string,
  options: Omit<RedisBackplaneOptions, "address">,
): Promise<RedisBackplane> {
  const address = parseRedisAddress(setting);
  try {
    return await RedisBackplane.start({ ...options, address });
  } catch (error) {
    const { message, server } = StoreError.of(error, "");
    throw new FxaPairError("usage", `The Redis server ${server} cannot be used: ${message}`, {
      hint: ADVICE.find(([problem]) => problem.test(message))?.[1] ?? "Check the address.",
      cause: error,
    });
  }
}

const ADVICE: readonly (readonly [RegExp, string])[] = [
  [/FUNCTION/, "It must be Redis 7 or Valkey, and its user be allowed function|load and fcall."],
  [/WRONGPASS|NOAUTH|AUTH/, "Check the user and password in the address."],
  [
    /NOPERM|The user executing/,
    "Allow the user every command that the documentation lists, on the keys and channels fxa-pair:*.",
  ],
  [/is part of a cluster/, "Give redis+cluster:// in place of redis://."],
  [/is a sentinel/, "Give redis+sentinel:// in place of redis://, and behind it the name of the master."],
  [/cluster support disabled/, "Give redis:// in place of redis+cluster://."],
  [/SENTINEL|no such master/, "Give the addresses of sentinels, and the name that they know the master by."],
  [/CERT|SIGNATURE|SIGNED|TLS|SSL/, "Put the certificate of its authority into NODE_EXTRA_CA_CERTS."],
];

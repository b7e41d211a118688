/**
 * Exit status 0 if the relay of this container answers, 1 if not; the container's runtime sets the time limit. It asks
 * for liveness alone: a relay that waits for its Redis recovers by itself, and must not be restarted for it.
 */
import { request as plainRequest } from "node:http";
import { request as tlsRequest } from "node:https";

const { FXA_PAIR_RELAY_PORT, PAIR_PORT, FXA_PAIR_RELAY_TLS_CERT } = process.env;
const target = {
  host: "127.0.0.1",
  port: FXA_PAIR_RELAY_PORT || PAIR_PORT || "8000",
  path: "/__lbheartbeat__",
  agent: false,
};
// The certificate is for the name that devices use, which 127.0.0.1 is not.
const asked = FXA_PAIR_RELAY_TLS_CERT
  ? tlsRequest({ ...target, rejectUnauthorized: false })
  : plainRequest(target);
asked.on("response", ({ statusCode }) => process.exit(statusCode === 200 ? 0 : 1));
asked.on("error", () => process.exit(1));
asked.end();

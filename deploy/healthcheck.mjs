/**
 * Exit status 0 if the relay of this container answers, 1 if not; the container's runtime sets the time limit. It asks
 * for liveness alone: a relay that waits for its Redis recovers by itself, and must not be restarted for it.
 */
import { request } from "node:http";

const port = process.env.FXA_PAIR_RELAY_PORT || "8000";
const asked = request({ host: "127.0.0.1", port, path: "/__lbheartbeat__", agent: false });
asked.on("response", ({ statusCode }) => process.exit(statusCode === 200 ? 0 : 1));
asked.on("error", () => process.exit(1));
asked.end();

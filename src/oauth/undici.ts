/**
 * The parts of undici in use. A module of its own, because a bundled CommonJS package has its named exports only when it
 * is imported statically; this file is what gets imported late.
 */
export { Agent, buildConnector, request } from "undici";

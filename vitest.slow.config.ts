/** What takes minutes and is no part of `npm test`: `npm run test:slow`. */
import config from "./vitest.config.ts";

export default { ...config, test: { ...config.test, include: ["test/**/*.slow.ts"] } };

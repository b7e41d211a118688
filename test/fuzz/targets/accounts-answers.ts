/**
 * What an accounts server answers: any status, any headers that are looked at, any body. The program goes on or fails with
 * an error of its own, whose words are not the server's.
 */
import { parseJsonBytes } from "../../../src/lib/json.ts";
import type { Http, HttpAnswer } from "../../../src/oauth/http.ts";
import { InputReader } from "../engine/input.ts";
import type { Target } from "../engine/target.ts";
import { check } from "../engine/target.ts";
import { CALLS, PROBLEMS } from "./accounts/calls.ts";
import { checkWords, expectOwnError } from "./words.ts";

const STATUSES = [200, 201, 204, 302, 400, 401, 403, 404, 406, 429, 500, 502, 503];
const RETRY_AFTER = [undefined, "0", "3", "999999", "-1", "Fri, 01 Jan 2100 00:00:00 GMT", "", "1e9"];
const RECOGNIZABLE = 16;
/** Names of fields and scopes may be repeated: people have to know which. */
const NAMES = /^[\x20-\x7e]*$/;
/** A call that is tried again and again would never end. */
const MOST_REQUESTS = 6;

export const target: Target = {
  subjects: [
    "accounts-client",
    "answers",
    "calls",
    "discovery",
    "errno-meanings",
    "error-table",
    "key-bundle",
    "keys-jwe",
  ].map((name) => `src/oauth/${name}.`),
  maxLength: 3_000,
  seeds: [
    ...CALLS.map(([, answer], index) =>
      Buffer.concat([Buffer.from([index, 0, 0]), Buffer.from(JSON.stringify(answer))]),
    ),
    ...PROBLEMS.map((problem, index) =>
      Buffer.concat([Buffer.from([index * 3, 4 + index, index]), Buffer.from(JSON.stringify(problem))]),
    ),
    Buffer.from([0, 0, 0, 0xff, 0xfe]),
    Buffer.from([10, 3, 2]),
  ],
  isJson: true,
  async run(input) {
    const reader = new InputReader(input);
    const [call] = CALLS[reader.below(CALLS.length)] ?? [];
    const answer: HttpAnswer = {
      status: STATUSES[reader.below(STATUSES.length)] ?? 200,
      retryAfter: RETRY_AFTER[reader.below(RETRY_AFTER.length)],
      serverTime: undefined,
      document: undefined,
    };
    const body = reader.rest();
    const document = parseJsonBytes(body);
    let requests = 0;
    const http: Http = {
      request: () => {
        check(++requests <= MOST_REQUESTS, "it asks for ever");
        return Promise.resolve({ ...answer, document });
      },
    };
    try {
      await call?.(http, document);
    } catch (error) {
      checkWords(expectOwnError(error), Buffer.from(body).toString("utf8"), RECOGNIZABLE, NAMES);
    }
  },
};

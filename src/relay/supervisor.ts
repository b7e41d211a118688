/**
 * Keeps the worker processes of one relay running: starts them, starts another in place of one that ends, passes on what
 * concerns all of them. Knows processes only by what it is handed, so that nothing here touches the system.
 */
import type { CancelTimer, Clock } from "../lib/clock.ts";
import { FxaPairError } from "../lib/errors.ts";
import { Settled } from "../lib/settled.ts";
import type { RelayLog } from "./log.ts";
import { Questions } from "./questions.ts";
import type { FigureValues, FromWorker, ToWorker } from "./worker-messages.ts";
import { parseFromWorker } from "./worker-messages.ts";

/** A process as the supervisor sees it. */
export interface WorkerProcess {
  /** Never used twice. */
  readonly id: number;
  /** Does nothing once the process has ended. */
  send(message: ToWorker): void;
  /** Ends it at once. */
  kill(): void;
}

export interface SupervisorOptions {
  readonly workers: number;
  readonly clock: Clock;
  readonly log: RelayLog;
  /** Starts a process; {@link Supervisor.hear} and {@link Supervisor.ended} tell what becomes of it. */
  fork(): WorkerProcess;
  /** The figures of all, for whoever asks a worker. */
  text(): Promise<string>;
  /** A process has ended that had counted this when it was last asked. */
  departed(values: FigureValues): void;
}

export interface Address {
  readonly url: string;
  readonly metricsUrl: string | null;
}

/** Milliseconds before a process takes the place of one that ended, doubled each time up to the longest. */
const FIRST_DELAY = 100;
const LONGEST_DELAY = 10_000;

/** Milliseconds after which a process counts as started well: the next one need not wait longer. */
const SETTLED_AFTER = 10_000;

/** Milliseconds that a process gets to tell its figures. */
const PATIENCE = 2_000;

/** Milliseconds that a process gets to end in when it has let its channels finish. */
const TIME_TO_END = 15_000;

interface Worker {
  readonly child: WorkerProcess;
  readonly startedAt: number;
  listening: boolean;
  /** Whether it is to read its files again as soon as it can. */
  isStale: boolean;
  values: FigureValues | undefined;
}

export class Supervisor {
  readonly #options: SupervisorOptions;
  readonly #workers = new Map<number, Worker>();
  readonly #questions: Questions<FigureValues>;
  readonly #started = new Settled<Address | FxaPairError>();
  readonly #allGone = new Settled<undefined>();
  readonly #restarts = new Set<CancelTimer>();
  #failures = 0;
  #restarted = 0;
  #hasStarted = false;
  #stopping = false;

  constructor(options: SupervisorOptions) {
    this.#options = options;
    this.#questions = new Questions(options.clock, PATIENCE);
  }

  /** Processes that listen. */
  get listening(): number {
    return [...this.#workers.values()].filter(({ listening }) => listening).length;
  }

  /** Processes started in place of others. */
  get restarted(): number {
    return this.#restarted;
  }

  /**
   * Starts all processes; resolves when all listen, to where.
   *
   * @throws FxaPairError when one says that it cannot; all have ended then.
   */
  async start(): Promise<Address> {
    for (let count = 0; count < this.#options.workers; count++) this.#fork();
    const started = await this.#started.promise;
    if (!(started instanceof FxaPairError)) return started;
    await this.stop(0);
    throw started;
  }

  /** A process says something. */
  hear(id: number, message: unknown): void {
    const worker = this.#workers.get(id);
    const parsed = parseFromWorker(message);
    if (worker !== undefined && parsed !== undefined) this.#obey(worker, parsed);
  }

  /** A process has ended, with that exit status or by that signal. */
  ended(id: number, code: number | null, signal: string | null): void {
    const worker = this.#workers.get(id);
    if (worker === undefined) return;
    this.#workers.delete(id);
    if (worker.values !== undefined) this.#options.departed(worker.values);
    if (!this.#stopping) this.#replace(worker, code, signal);
    else if (this.#workers.size === 0) this.#allGone.settle(undefined);
  }

  /** Every process reads its files again: one that is starting, when it has, as it may just have read them. */
  reload(): void {
    for (const worker of this.#workers.values()) {
      if (worker.listening) worker.child.send({ type: "reload" });
      else worker.isStale = true;
    }
  }

  /** What each process has counted; of one that does not answer in time, what it last told. */
  async values(): Promise<FigureValues[]> {
    const asked = [...this.#workers.values()].map(async (worker) => {
      const answer = await this.#questions.ask((question) => {
        worker.child.send({ type: "ask_values", question });
      });
      worker.values = answer ?? worker.values;
      return worker;
    });
    // Those that have ended meanwhile, even while others were waited for, are counted among the departed.
    return (await Promise.all(asked)).flatMap(({ child, values }) =>
      this.#workers.has(child.id) && values !== undefined ? [values] : [],
    );
  }

  /**
   * Lets every process finish what it has begun and end; those that have not after that many seconds and some are ended.
   * Resolves when all are gone.
   */
  async stop(seconds: number): Promise<void> {
    this.#stopping = true;
    for (const cancel of this.#restarts) cancel();
    if (this.#workers.size === 0) return;
    this.#tellAll({ type: "drain" });
    const cancel = this.#options.clock.after(seconds * 1000 + TIME_TO_END, () => {
      for (const { child } of this.#workers.values()) child.kill();
    });
    await this.#allGone.promise;
    cancel();
  }

  #fork(): void {
    const child = this.#options.fork();
    const startedAt = this.#options.clock.now();
    this.#workers.set(child.id, { child, startedAt, listening: false, isStale: false, values: undefined });
  }

  #obey(worker: Worker, message: FromWorker): void {
    switch (message.type) {
      case "listening":
        worker.listening = true;
        if (worker.isStale) worker.child.send({ type: "reload" });
        // It may not have heard while it was starting.
        if (this.#stopping) worker.child.send({ type: "drain" });
        if (this.listening < this.#options.workers) return;
        this.#hasStarted = true;
        this.#started.settle(message);
        return;
      case "failed":
        this.#options.log.write("error", "worker_failed", {
          worker: worker.child.id,
          error: message.message,
        });
        // Later it is a matter of time: a file, or a server, may come back.
        if (!this.#hasStarted) this.#stopping = true;
        this.#started.settle(failure(message));
        return;
      case "values":
        this.#questions.answer(message.question, message.values);
        return;
      case "ask_text":
        void this.#answerWithText(worker, message.question);
    }
  }

  async #answerWithText({ child }: Worker, question: number): Promise<void> {
    const text = await this.#options.text().catch(() => undefined);
    // Without an answer, the one who asks gives up by itself.
    if (text !== undefined) child.send({ type: "text", question, text });
  }

  #replace(worker: Worker, code: number | null, signal: string | null): void {
    const { clock, log } = this.#options;
    if (clock.now() - worker.startedAt >= SETTLED_AFTER) this.#failures = 0;
    const delay = Math.min(LONGEST_DELAY, FIRST_DELAY * 2 ** this.#failures);
    this.#failures++;
    log.write("error", "worker_ended", { worker: worker.child.id, code, signal, restart: delay });
    const cancel = clock.after(delay, () => {
      this.#restarts.delete(cancel);
      this.#restarted++;
      this.#fork();
    });
    this.#restarts.add(cancel);
  }

  #tellAll(message: ToWorker): void {
    for (const { child } of this.#workers.values()) child.send(message);
  }
}

function failure({
  message,
  hint,
}: {
  readonly message: string;
  readonly hint?: string | undefined;
}): FxaPairError {
  return new FxaPairError("usage", message, hint === undefined ? {} : { hint });
}

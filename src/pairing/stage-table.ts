/** The stages of one side and what leads from each to the next, as one table. What it does not name has no place. */
import type { FlowEffect, Step } from "./flow-types.ts";

type Rows<Stage extends string, Event extends string> = Readonly<
  Record<Stage, Readonly<Partial<Record<Event, Stage>>>>
>;

export class StageTable<
  Stage extends string,
  Event extends string,
  State extends { readonly at: Stage },
  Effect,
> {
  readonly #rows: Rows<Stage, Event>;
  readonly #entering: (state: State) => readonly Effect[];

  /** @param entering what happens on entering a stage, whichever way */
  constructor(rows: Rows<Stage, Event>, entering: (state: State) => readonly Effect[]) {
    this.#rows = rows;
    this.#entering = entering;
  }

  /** Whether no event leads on from here. */
  isLast({ at }: State): boolean {
    return Object.keys(this.#rows[at]).length === 0;
  }

  /** Whether an event has a place here. */
  expects({ at }: State, event: Event): boolean {
    return this.#rows[at][event] !== undefined;
  }

  /** The step to the event's next stage, with these effects and those of entering it; none where it has no place. */
  advance(state: State, event: Event, effects: readonly Effect[]): Step<State, Effect> {
    const at = this.#rows[state.at][event];
    if (at === undefined) return stay(state);
    const entered = { ...state, at };
    return { state: entered, effects: [...effects, ...this.#entering(entered)] };
  }
}

/** No step at all. */
export function stay<State>(state: State): Step<State, never> {
  return { state, effects: [] };
}

/** The last step of a flow that fails. */
export function fail<State, Effect>(
  state: State,
  error: Error,
  effects: readonly Effect[],
): Step<State & { readonly at: "ended" }, Effect | FlowEffect> {
  return { state: { ...state, at: "ended" }, effects: [...effects, { type: "fail", error }] };
}

export function declined(by: "local" | "remote"): FlowEffect {
  return { type: "report", status: { type: "declined", by } };
}

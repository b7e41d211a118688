/**
 * Goes through every state that a model can reach, each once, breadth first: a violation is told with the shortest way
 * to it. Nothing is sampled, and nothing depends on time.
 */

export interface Action<State> {
  readonly name: string;
  readonly to: State;
  /** It will happen if nothing else does. The others (an answer, a fault) may never come. */
  readonly certain: boolean;
}

export interface Model<State> {
  readonly initial: State;
  /** The same for two states exactly if they cannot be told apart from here on. */
  key(state: State): string;
  actions(state: State): readonly Action<State>[];
  /** What must not be, if it is so. */
  violation(state: State): string | undefined;
  /** Nothing more need happen. */
  isOver(state: State): boolean;
}

export interface Exploration<State> {
  readonly states: readonly State[];
  readonly transitions: number;
  /** The names of the actions on a shortest way to a state. */
  trace(index: number): readonly string[];
}

interface Graph<State> {
  readonly states: State[];
  /** Where each state was first reached from, and how. */
  readonly origins: { readonly from: number; readonly name: string }[];
  /** For each state those that it leads to. */
  readonly successors: number[][];
}

/** @throws Error with the way to the first state that breaks a rule, is stuck, or goes round in circles */
export function explore<State>(model: Model<State>): Exploration<State> {
  const graph: Graph<State> = {
    states: [model.initial],
    origins: [{ from: -1, name: "" }],
    successors: [],
  };
  const indices = new Map([[model.key(model.initial), 0]]);
  let transitions = 0;
  for (let index = 0; index < graph.states.length; index++) {
    const state = graph.states[index]!;
    const problem = model.violation(state);
    if (problem !== undefined) throw found(problem, graph, index);
    const actions = model.actions(state);
    if (!model.isOver(state) && !actions.some(({ certain }) => certain)) throw found("stuck", graph, index);
    const next = new Set<number>();
    for (const { name, to } of actions) {
      const key = model.key(to);
      let successor = indices.get(key);
      if (successor === undefined) {
        successor = graph.states.push(to) - 1;
        indices.set(key, successor);
        graph.origins.push({ from: index, name });
      }
      next.add(successor);
      transitions += 1;
    }
    graph.successors.push([...next]);
  }
  const circle = findCircle(graph.successors);
  if (circle !== undefined) throw found("it can go round in circles", graph, circle);
  return { states: graph.states, transitions, trace: (index) => traceOf(graph, index) };
}

/** A state on a circle or behind one; none if each way through the graph has an end (Kahn's algorithm). */
function findCircle(successors: readonly (readonly number[])[]): number | undefined {
  const incoming = new Uint32Array(successors.length);
  for (const targets of successors) for (const target of targets) incoming[target]! += 1;
  if (incoming[0] !== 0) return 0;
  const free = [0];
  let seen = 0;
  for (let index = free.pop(); index !== undefined; index = free.pop()) {
    seen += 1;
    for (const target of successors[index]!) {
      incoming[target]! -= 1;
      if (incoming[target] === 0) free.push(target);
    }
  }
  return seen === successors.length ? undefined : incoming.findIndex((count) => count > 0);
}

function traceOf({ origins }: Graph<unknown>, index: number): string[] {
  const names: string[] = [];
  for (let at = index; at > 0; at = origins[at]!.from) names.unshift(origins[at]!.name);
  return names;
}

function found(problem: string, graph: Graph<unknown>, index: number): Error {
  return new Error(`${problem}, after: ${traceOf(graph, index).join("; ") || "nothing"}`);
}

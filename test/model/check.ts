import { hash } from 'node:crypto';

/** One possible next step from a state. */
export interface Step<State> {
  /** Says who does what, for a reader of the trace. */
  readonly label: string;
  readonly state: State;
}

/** The system that is checked: how it begins, what may happen next, and which states are faults. */
export interface Model<State> {
  readonly initial: State;
  /** Returns all possible next steps. A state without any is an end. */
  next(state: State): Iterable<Step<State>>;
  /** Says what is wrong with a state, or returns `undefined` if nothing is wrong. */
  fault(state: State): string | undefined;
  /** Returns a text that is the same for two states if, and only if, the states are the same. */
  key(state: State): string;
}

/** The result of a check. */
export interface Verdict {
  /** The number of different states that were seen. */
  readonly states: number;
  /** The number of steps on the longest path that was followed. */
  readonly depth: number;
  readonly fault: string | null;
  /** The steps on the shortest path to the fault. */
  readonly trace: readonly string[];
}

/** The path to a state. It does not hold the earlier states, so that millions of paths fit into memory. */
interface Way {
  readonly label: string;
  readonly before: Way | null;
}

/**
 * Visits every reachable state, the nearest first, so that the first fault has the shortest trace. States are
 * told apart by 128 bits of their keys.
 *
 * @throws Error if there are more states than `most`, because a check that has not seen all states proves
 * nothing
 */
export function check<State>(model: Model<State>, most: number): Verdict {
  const digest = (state: State) => hash('md5', model.key(state), 'base64url');
  const seen = new Set([digest(model.initial)]);
  const labels = new Map<string, string>();
  let layer: { readonly state: State; readonly way: Way | null }[] = [{ state: model.initial, way: null }];
  for (let depth = 0; ; depth += 1) {
    const following: typeof layer = [];
    for (const { state, way } of layer) {
      const fault = model.fault(state);
      if (fault !== undefined) return { states: seen.size, depth, fault, trace: traceOf(way) };
      for (const step of model.next(state)) {
        const key = digest(step.state);
        if (seen.has(key)) continue;
        seen.add(key);
        if (seen.size > most) throw new Error(`more than ${most} states`);
        following.push({ state: step.state, way: { label: interned(labels, step.label), before: way } });
      }
    }
    if (following.length === 0) return { states: seen.size, depth, fault: null, trace: [] };
    layer = following;
  }
}

/** Returns the first copy of a label, so that equal labels take up memory only once. */
function interned(labels: Map<string, string>, label: string): string {
  const known = labels.get(label);
  if (known !== undefined) return known;
  labels.set(label, label);
  return label;
}

function traceOf(end: Way | null): string[] {
  const trace: string[] = [];
  for (let at = end; at !== null; at = at.before) trace.push(at.label);
  return trace.reverse();
}

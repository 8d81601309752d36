/** One way in which a state may go on. */
export interface Step<State> {
  /** Who does what, for a person who reads the trace. */
  readonly label: string;
  readonly state: State;
}

/** What is checked: where it begins, how it goes on, and what must never be. */
export interface Model<State> {
  readonly initial: State;
  /** All that may happen next. A state without successors is an end. */
  next(state: State): Iterable<Step<State>>;
  /** What is wrong with a state, in words; `undefined` where nothing is. */
  fault(state: State): string | undefined;
  /** Two states with the same key are one and the same. */
  key(state: State): string;
}

/** What has come of a check. */
export interface Verdict<State> {
  /** Different states that were seen. */
  readonly states: number;
  /** Steps of the longest way that was followed. */
  readonly depth: number;
  readonly fault: string | null;
  /** The shortest way to the fault. */
  readonly trace: readonly Step<State>[];
}

interface Seen<State> {
  readonly label: string;
  readonly state: State;
  readonly before: Seen<State> | null;
  readonly depth: number;
}

/**
 * Visits every state that can be reached, those that are fewer steps away first, so that the first fault has
 * the shortest trace. Throws where there are more states than `most`: a check that has not seen all proves
 * nothing.
 */
export function check<State>(model: Model<State>, most: number): Verdict<State> {
  const seen = new Set([model.key(model.initial)]);
  let layer: Seen<State>[] = [{ label: 'start', state: model.initial, before: null, depth: 0 }];
  let depth = 0;
  while (layer.length > 0) {
    const following: Seen<State>[] = [];
    for (const at of layer) {
      depth = at.depth;
      const fault = model.fault(at.state);
      if (fault !== undefined) return { states: seen.size, depth, fault, trace: traceOf(at) };
      for (const { label, state } of model.next(at.state)) {
        const key = model.key(state);
        if (seen.has(key)) continue;
        seen.add(key);
        if (seen.size > most) throw new Error(`more than ${most} states`);
        following.push({ label, state, before: at, depth: depth + 1 });
      }
    }
    layer = following;
  }
  return { states: seen.size, depth, fault: null, trace: [] };
}

function traceOf<State>(end: Seen<State>): Step<State>[] {
  const trace: Step<State>[] = [];
  for (let at = end; at.before !== null; at = at.before) trace.push({ label: at.label, state: at.state });
  return trace.reverse();
}

/** Random numbers that are the same again for the same seed. */
export interface Random {
  /** Returns a whole number from `low` to `high` - 1. */
  between(low: number, high: number): number;
  pick<T>(of: readonly T[]): T;
  /** Returns the elements in another order. */
  shuffled<T>(of: readonly T[]): T[];
}

/**
 * Returns the generator Mulberry32 (Tommy Ettinger, public domain), which is small and good enough for
 * choices.
 */
export function randomOf(seed: number): Random {
  let state = seed >>> 0;
  const next = () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
  const between = (low: number, high: number) => low + Math.floor(next() * (high - low));
  return {
    between,
    pick(of) {
      const picked = of[between(0, of.length)];
      if (picked === undefined) throw new Error('there is nothing to pick from');
      return picked;
    },
    shuffled(of) {
      const rest = [...of];
      return Array.from({ length: rest.length }, () => rest.splice(between(0, rest.length), 1)).flat();
    },
  };
}

/** Returns the seed of a trial, which follows from the seed of the run. */
export function seedOf(run: number, name: string): number {
  let hash = run >>> 0;
  for (const byte of Buffer.from(name)) hash = Math.imul(hash ^ byte, 0x01000193) >>> 0;
  return hash;
}

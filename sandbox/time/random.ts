/** Seeded randomness: the same seed tells the same story. One stream a purpose, so that one more draw here moves nothing there. */
export type Random = {
  /** In [0, 1). */
  next(stream: string): number;
  /** Whole number in [from, to]. */
  int(stream: string, from: number, to: number): number;
  /** Hex digits. */
  hex(stream: string, digits: number): string;
  guid(stream: string): string;
};

function hash(text: string): number {
  let h = 2166136261;
  for (const c of text) h = Math.imul(h ^ c.codePointAt(0)!, 16777619);
  return h >>> 0;
}

export function createRandom(seed: number): Random {
  const states = new Map<string, number>();
  // mulberry32: small, public domain, good enough for phases and ids.
  const next = (stream: string): number => {
    const state = ((states.get(stream) ?? hash(`${seed}/${stream}`)) + 0x6d2b79f5) >>> 0;
    states.set(stream, state);
    let t = Math.imul(state ^ (state >>> 15), state | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
  };
  const hex = (stream: string, digits: number): string =>
    Array.from({ length: digits }, () => Math.floor(next(stream) * 16).toString(16)).join("");
  return {
    next,
    int: (stream, from, to) => from + Math.floor(next(stream) * (to - from + 1)),
    hex,
    guid: (stream) => {
      const h = hex(stream, 32);
      return `${h.slice(0, 8)}-${h.slice(8, 12)}-4${h.slice(13, 16)}-8${h.slice(17, 20)}-${h.slice(20)}`;
    },
  };
}

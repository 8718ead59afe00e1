/**
 * Runs the synchronous part of a call in a world that no other episode has seen: other randomness, another time of day. What an
 * orchestrator takes from there differs between replays, so the replay check catches it.
 */
export function inAnotherWorld<T>(episode: number, run: () => T): T {
  const { Date: realDate } = globalThis;
  const random = Math.random;
  let draws = 0;
  // Evenly spread, so that a comparison with any threshold flips between episodes.
  Math.random = () => (episode * 0.618_033_988 + draws++ * 0.414_213_562) % 1;
  const skewed = (): number => realDate.now() + episode * 1_000_003;
  globalThis.Date = new Proxy(realDate, {
    apply: () => new realDate(skewed()).toString(),
    construct: (target, args, newTarget) => Reflect.construct(target, args.length === 0 ? [skewed()] : args, newTarget),
    get: (target, property, receiver) => (property === "now" ? skewed : Reflect.get(target, property, receiver)),
  });
  try {
    return run();
  } finally {
    Math.random = random;
    globalThis.Date = realDate;
  }
}

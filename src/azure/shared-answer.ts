/** Lists that many looks need within seconds: asked for once, and shared. Nothing that is acted on comes from here. */

/**
 * How long an answer serves everyone. Resource Graph's quota is 15 queries in 5 s: a sweep over 1,000 vaults must not ask for each.
 * learn.microsoft.com/azure/governance/resource-graph/concepts/guidance-for-throttled-requests
 */
const SHARED_MS = 20_000;

/** Shares one answer between all who ask within SHARED_MS, and one question between all who ask at once. A failure is not shared. */
export function shareAnswer<T>(now: () => Date, load: () => Promise<T>): () => Promise<T> {
  let shared: { until: number; value: Promise<T> } | undefined;
  return () => {
    const at = now().getTime();
    if (shared !== undefined && at < shared.until) return shared.value;
    const fresh = { until: at + SHARED_MS, value: load() };
    shared = fresh;
    fresh.value.catch(() => {
      if (shared === fresh) shared = undefined;
    });
    return fresh.value;
  };
}

/**
 * For who has just heard that something has changed: an answer that was asked for before may not show it. Of one thing one question is under
 * way at a time, and all who come meanwhile share the one that is asked after it: however many come at once, two are asked.
 */
export function shareNext<T>(load: (of: string) => Promise<T>): (of: string) => Promise<T> {
  type Line = { underWay: Promise<unknown>; next?: Promise<T> };
  const lines = new Map<string, Line>();

  function begin(of: string): Promise<T> {
    const answer = load(of);
    const leave = (): void => {
      if (!line.next) lines.delete(of);
    };
    const line: Line = { underWay: answer.then(leave, leave) };
    lines.set(of, line);
    return answer;
  }

  return (of) => {
    const line = lines.get(of);
    return line ? (line.next ??= line.underWay.then(() => begin(of))) : begin(of);
  };
}

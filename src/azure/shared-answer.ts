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

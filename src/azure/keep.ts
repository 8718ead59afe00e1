/** Lists that many looks need within seconds: asked for once, and shared. Nothing that is acted on comes from here. */

/**
 * How long an answer serves everyone. Resource Graph's quota is 15 queries in 5 s: a sweep over 1,000 vaults must not ask for each.
 * learn.microsoft.com/azure/governance/resource-graph/concepts/guidance-for-throttled-requests
 */
const KEEP_MS = 20_000;

/** Shares one answer between all who ask within KEEP_MS, and one question between all who ask at once. A failure is not kept. */
export function keep<T>(now: () => Date, load: () => Promise<T>): () => Promise<T> {
  let kept: { until: number; value: Promise<T> } | undefined;
  return () => {
    const at = now().getTime();
    if (kept !== undefined && at < kept.until) return kept.value;
    const fresh = { until: at + KEEP_MS, value: load() };
    kept = fresh;
    fresh.value.catch(() => {
      if (kept === fresh) kept = undefined;
    });
    return fresh.value;
  };
}

/** Finds the route of a request by its path: static parts in any casing, {params} one segment each, a leading {scope} any number. */

export type Patterned = { method: string; pattern: string };

export type Match<R> = { route: R; params: Record<string, string> };

type Compiled<R> = { route: R; segments: string[]; scoped: boolean };

/** `methods` of the routes whose pattern fits, when none of them has the method asked for. */
export type Matcher<R> = (method: string, segments: string[]) => Match<R> | { methods: string[] };

/** Empty segments don't count: SDKs send `//subscriptions/..` where a scope goes in with its own slash. */
export function segmentsOf(path: string): string[] {
  return path
    .split("/")
    .filter((segment) => segment !== "")
    .map((segment) => decode(segment));
}

/** Empty ones at either end don't count; one inside is a version left empty (`/keys/k1//wrapkey`). */
export function vaultSegmentsOf(path: string): string[] {
  return path
    .replace(/^\/+|\/+$/g, "")
    .split("/")
    .map((segment) => decode(segment));
}

function decode(segment: string): string {
  try {
    return decodeURIComponent(segment);
  } catch {
    // Not percent-encoding at all: take it as it stands.
    return segment;
  }
}

export function createMatcher<R extends Patterned>(routes: readonly R[]): Matcher<R> {
  const compiled = routes.map((route): Compiled<R> => {
    const segments = segmentsOf(route.pattern);
    const scoped = segments[0] === "{scope}";
    return { route, segments: scoped ? segments.slice(1) : segments, scoped };
  });
  // The most particular first: fixed beats scoped, static parts beat {params}.
  compiled.sort((a, b) => Number(a.scoped) - Number(b.scoped) || statics(b.segments) - statics(a.segments));
  return (method, asked) => {
    const methods: string[] = [];
    for (const candidate of compiled) {
      const params = fit(candidate, asked);
      if (!params) continue;
      if (candidate.route.method === method) return { route: candidate.route, params };
      methods.push(candidate.route.method);
    }
    return { methods };
  };
}

function statics(segments: string[]): number {
  return segments.filter((s) => !s.startsWith("{")).length;
}

function fit<R>({ segments, scoped }: Compiled<R>, asked: string[]): Record<string, string> | undefined {
  const extra = asked.length - segments.length;
  if (scoped ? extra < 0 : extra !== 0) return undefined;
  const params: Record<string, string> = scoped
    ? {
        scope: asked
          .slice(0, extra)
          .map((s) => `/${s}`)
          .join(""),
      }
    : {};
  for (const [index, expected] of segments.entries()) {
    const actual = asked[extra + index] ?? "";
    if (expected.startsWith("{")) params[expected.slice(1, -1)] = actual;
    else if (expected.toLowerCase() !== actual.toLowerCase()) return undefined;
  }
  return params;
}

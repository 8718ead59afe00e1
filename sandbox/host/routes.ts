/**
 * Which function answers a path: the routes of HTTP triggers, as ASP.NET Core's route templates mean them. An unknown path and
 * a known one with the wrong method are both 404. Source: learn.microsoft.com azure-functions/functions-bindings-http-webhook-trigger
 * (customize the HTTP endpoint); Azure/azure-functions-host issue 10098 (404, not 405).
 */
export type Route<T> = { methods: readonly string[]; template: string; target: T };

type Segment =
  | { kind: "literal"; text: string }
  | { kind: "parameter"; name: string; optional: boolean; constraint: RegExp | undefined }
  | { kind: "rest"; name: string };

type Compiled<T> = Route<T> & { segments: Segment[]; rank: string };

export type Match<T> = { target: T; params: Record<string, string> };

const constraints: Record<string, RegExp> = {
  int: /^-?\d+$/,
  long: /^-?\d+$/,
  alpha: /^[a-z]+$/i,
  bool: /^(true|false)$/i,
  guid: /^[0-9a-f]{8}-?([0-9a-f]{4}-?){3}[0-9a-f]{12}$/i,
};

/** The first segment of a template may not be the host's own. */
const builtIn = ["admin", "runtime"];

export class Routes<T> {
  readonly #routes: Compiled<T>[] = [];

  constructor(routes: readonly Route<T>[]) {
    for (const route of routes) this.#add(route);
    // The more literal wins: api/targets/new before api/targets/{id} before api/{*path}; and of two that begin alike the shorter, so that a
    // rest that may be empty takes nothing away (dotnet/aspnetcore, RoutePrecedence.ComputeInbound).
    this.#routes.sort((a, b) => (a.rank < b.rank ? -1 : 1));
  }

  match(method: string, path: string): Match<T> | undefined {
    const parts = path.split("/").filter((part) => part !== "");
    for (const { methods, segments, target } of this.#routes) {
      const params = methods.includes(method) ? matchSegments(segments, parts) : undefined;
      if (params) return { target, params };
    }
    return undefined;
  }

  #add(route: Route<T>): void {
    const segments = route.template
      .split("/")
      .filter((part) => part !== "")
      .map(parse);
    const [first] = segments;
    if (first?.kind === "literal" && builtIn.includes(first.text.toLowerCase())) {
      throw new Error("The specified route conflicts with one or more built in routes.");
    }
    const rank = segments.map(rankOf).join("");
    const same = this.#routes.find(
      (other) =>
        other.template.toLowerCase() === route.template.toLowerCase() && other.methods.some((method) => route.methods.includes(method)),
    );
    if (same) throw new Error(`The route '${route.template}' is taken twice.`);
    this.#routes.push({ ...route, segments, rank });
  }
}

function parse(part: string): Segment {
  const inner = /^\{(\*{0,2})([a-z_]\w*)(?::(\w+))?(\?)?\}$/i.exec(part);
  if (!inner) {
    if (part.includes("{")) throw new Error(`The local host does not read the route segment '${part}'.`);
    return { kind: "literal", text: part };
  }
  const [, star, name = "", constraint, optional] = inner;
  if (star) return { kind: "rest", name };
  const check = constraint === undefined ? undefined : constraints[constraint];
  if (constraint !== undefined && !check) throw new Error(`The local host does not know the route constraint '${constraint}'.`);
  return { kind: "parameter", name, optional: optional === "?", constraint: check };
}

function rankOf(segment: Segment): string {
  if (segment.kind === "literal") return "0";
  if (segment.kind === "rest") return "3";
  return segment.constraint ? "1" : "2";
}

function matchSegments(segments: readonly Segment[], parts: readonly string[]): Record<string, string> | undefined {
  const params: Record<string, string> = {};
  let index = 0;
  for (const segment of segments) {
    if (segment.kind === "rest") {
      const rest = parts.slice(index).map(decode).join("/");
      return rest === "" ? params : { ...params, [segment.name]: rest };
    }
    const part = parts[index++];
    if (part === undefined) {
      if (segment.kind === "parameter" && segment.optional) continue;
      return undefined;
    }
    const text = decode(part);
    if (segment.kind === "literal") {
      if (text.toLowerCase() !== segment.text.toLowerCase()) return undefined;
    } else if (segment.constraint && !segment.constraint.test(text)) return undefined;
    else params[segment.name] = text;
  }
  return index >= parts.length ? params : undefined;
}

/** An escaped slash stays escaped: the server decodes a path before routing, but not %2F. Source: dotnet/aspnetcore issue 11544. */
function decode(part: string): string {
  try {
    return part
      .split(/(%2f)/i)
      .map((piece) => (/^%2f$/i.test(piece) ? piece : decodeURIComponent(piece)))
      .join("");
  } catch {
    // Not percent-encoding at all: it is what it says.
    return part;
  }
}

/** Calls the operations API of a deployment, typed by the routes. For programs and pages alike: what fetches is given. */
import * as v from "valibot";
import { PROBLEM } from "../api/answers.ts";
import { type Route, type RouteName, ROUTES } from "../api/routes.ts";

type Routes = typeof ROUTES;
type Schemas<T> = Extract<T[keyof T], v.GenericSchema>;

export type AnswerOf<N extends RouteName> = v.InferOutput<Schemas<Routes[N]["answers"]>>;
type SentQuery<N extends RouteName> = v.InferInput<Routes[N]["query"]>;
type SentBody<N extends RouteName> = Routes[N]["body"] extends v.GenericSchema ? v.InferInput<Routes[N]["body"]> : never;

/** id: where the path has one. */
export type Sent<N extends RouteName> = { id?: string; query?: SentQuery<N>; body?: SentBody<N> };

/** Names of routes that answer page by page. */
export type ListName = { [N in RouteName]: AnswerOf<N> extends { value: unknown[] } ? N : never }[RouteName];
type ItemOf<N extends ListName> = AnswerOf<N> extends { value: (infer Item)[] } ? Item : never;

export type Fetch = (
  url: string,
  init: { method: string; headers: Record<string, string>; body?: string },
) => Promise<{ status: number; headers: { get: (name: string) => string | null }; text: () => Promise<string> }>;

export type ClientDeps = {
  /** Of the app, as `https://keymend.azurewebsites.net`. */
  url: string;
  /** An access token for the app's audience. */
  token: () => Promise<string>;
  fetch: Fetch;
};

/** What the deployment refuses, or could not answer. status: null where nothing came back. */
export class ApiError extends Error {
  override readonly name = "ApiError";
  readonly status: number | null;
  readonly fields: readonly { field: string; problem: string }[];
  constructor(status: number | null, message: string, fields: readonly { field: string; problem: string }[] = [], cause?: unknown) {
    super(message, { cause });
    this.status = status;
    this.fields = fields;
  }
  /** It may be otherwise in a moment. */
  get passes(): boolean {
    return this.status === null || this.status === 429 || this.status >= 500;
  }
}

/** What stands before the app answers so: a gateway, the platform while it starts, or somebody else's app. */
function whyStrange(status: number): string {
  if (status === 401 || status === 403) return "the token or this network is refused before Keymend is asked: is the audience its own?";
  if (status === 429 || status >= 500) return "it may be starting, or too much is asked of it: try again in a while";
  return "is this the address of a Keymend?";
}

const strange = (what: string, status: number, how: string, cause?: unknown): ApiError =>
  new ApiError(status, `${what} is answered ${status} ${how}: ${whyStrange(status)}`, [], cause);

function parsed(what: string, status: number, text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (cause) {
    throw strange(what, status, "with no JSON", cause);
  }
}

function refusal(what: string, status: number, body: unknown): ApiError {
  const problem = v.safeParse(PROBLEM, body);
  return problem.success
    ? new ApiError(status, problem.output.detail, problem.output.errors)
    : strange(what, status, "otherwise than by a Keymend");
}

function pathOf({ path }: Route, id: string | undefined): string {
  if (path.includes("{") && id === undefined) throw new TypeError(`${path} takes an id`);
  // A resource id is the rest of the path: not every gateway lets an escaped slash through.
  const parts = path.includes("{*") ? (id ?? "").split("/").filter((part) => part !== "") : [id ?? ""];
  // Without one it would be the path of a list, or of another call.
  if (path.includes("{") && parts.every((part) => part.trim() === "")) throw new TypeError("an id is not empty");
  // Of a path such a part is taken out on the way, escaped or not.
  if (parts.some((part) => part === "." || part === "..")) throw new TypeError(`${id} is no id`);
  return path.replace(/\{\*?id\}/, parts.map((part) => encodeURIComponent(part)).join("/"));
}

export function createClient({ url, token, fetch }: ClientDeps) {
  const root = url.replace(/\/+$/, "").replace(/\/api$/, "");

  async function call<N extends RouteName>(name: N, { id, query = {}, body }: Sent<N> = {}): Promise<AnswerOf<N>> {
    const route: Route = ROUTES[name];
    const given = Object.entries(query).flatMap(([key, value]): [string, string][] => (typeof value === "string" ? [[key, value]] : []));
    const search = given.length === 0 ? "" : `?${new URLSearchParams(given).toString()}`;
    const address = `${root}/api/${pathOf(route, id)}${search}`;
    const what = `${route.method} ${address}`;
    const headers = { authorization: `Bearer ${await token()}`, accept: "application/json" };
    const init =
      body === undefined
        ? { method: route.method, headers }
        : { method: route.method, headers: { ...headers, "content-type": "application/json" }, body: JSON.stringify(body) };
    const response = await fetch(address, init).catch((cause: unknown) => {
      throw new ApiError(null, `${what} is not answered: ${cause instanceof Error ? cause.message : String(cause)}`, [], cause);
    });
    const { status } = response;
    const answer = parsed(what, status, await response.text());
    const schema = status === 200 || status === 202 ? route.answers[status] : undefined;
    if (!schema) throw refusal(what, status, answer);
    const read = v.safeParse(schema, answer);
    if (!read.success) throw new ApiError(status, `${what} is answered otherwise than this version expects: ${v.summarize(read.issues)}`);
    // As it came: members that are new are passed on.
    // oxlint-disable-next-line typescript/no-unnecessary-type-assertion, typescript/no-unsafe-type-assertion -- held against the schema that the type is inferred from
    return answer as AnswerOf<N>;
  }

  /** Every item, page by page. Only the token of a nextLink is followed: who is told where to go on is told nothing else. */
  async function* all<N extends ListName>(name: N, query: SentQuery<N>): AsyncGenerator<ItemOf<N>> {
    for (let more: { $skipToken?: string } | undefined = {}; more !== undefined;) {
      // oxlint-disable-next-line typescript/no-unnecessary-type-assertion, typescript/no-unsafe-type-assertion -- every list takes a $skipToken
      const page = (await call(name, { query: { ...query, ...more } } as Sent<N>)) as { value: ItemOf<N>[]; nextLink?: string };
      yield* page.value;
      const $skipToken = page.nextLink === undefined ? null : new URL(page.nextLink, root).searchParams.get("$skipToken");
      more = $skipToken === null ? undefined : { $skipToken };
    }
  }

  return { call, all };
}

export type Client = ReturnType<typeof createClient>;

/** Asks the API as whoever is signed in. An answer that is still the same costs nothing but the question. */
import { ApiError, createClient, type Fetch } from "../client/client.ts";
import type { Session } from "./model/session.ts";

export type Api = ReturnType<typeof createClient> & {
  /** How often anything else than before was answered: what has not changed since needs no new look. */
  changes: () => number;
  /** By Keymend's clock, ms: as it last said, and as long ago as that was. */
  now: () => number;
};

type Deps = {
  session: Pick<Session, "token">;
  /** https://host */
  origin: string;
  fetch: Fetch;
  /** The clock of this machine, ms. */
  wall: () => number;
};

type Kept = { etag: string; text: string };
/** Of answers that are asked for again and again. */
const MOST_KEPT = 200;

export function createApi({ session, origin, fetch, wall }: Deps): Api {
  const kept = new Map<string, Kept>();
  let aheadMs = 0;
  let changes = 0;

  type Asked = Parameters<Fetch>[1];
  type Answer = Awaited<ReturnType<Fetch>>;

  function hear({ headers }: Answer): void {
    const said = Date.parse(headers.get("x-keymend-time") ?? "");
    if (!Number.isNaN(said)) aheadMs = said - wall();
  }

  /** A token that is refused was good for too short a time, or is of somebody whose roles have changed: once more with a new one. */
  async function send(url: string, asked: Asked): Promise<Answer> {
    const first = await fetch(url, asked);
    hear(first);
    if (first.status !== 401) return first;
    const authorization = `Bearer ${await session.token(true)}`;
    const second = await fetch(url, { ...asked, headers: { ...asked.headers, authorization } });
    hear(second);
    return second;
  }

  function keep(url: string, entry: Kept): void {
    kept.delete(url);
    kept.set(url, entry);
    const [oldest] = kept.keys();
    if (kept.size > MOST_KEPT && oldest !== undefined) kept.delete(oldest);
  }

  async function ask(url: string, asked: Asked): Promise<Answer> {
    const before = asked.method === "GET" ? kept.get(url) : undefined;
    const answer = await send(url, before ? { ...asked, headers: { ...asked.headers, "if-none-match": before.etag } } : asked);
    if (answer.status === 304 && before) return { status: 200, headers: answer.headers, text: async () => before.text };
    changes += 1;
    const etag = answer.headers.get("etag");
    if (answer.status !== 200 || asked.method !== "GET" || etag === null) return answer;
    const text = await answer.text();
    keep(url, { etag, text });
    return { status: 200, headers: answer.headers, text: async () => text };
  }

  const client = createClient({ url: origin, token: () => session.token(false), fetch: ask });
  return { ...client, changes: () => changes, now: () => wall() + aheadMs };
}

/** What is wrong, in words, each wrong field among them. */
export function wordsOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const fields = error instanceof ApiError ? error.fields.map(({ field, problem }) => `${field} ${problem}`) : [];
  return [error.message, ...fields].join("; ");
}

/** The first so many of a list, and whether there are more. */
export async function takeFrom<T>(list: AsyncIterable<T>, most: number): Promise<{ value: T[]; more: boolean }> {
  const value: T[] = [];
  for await (const one of list) {
    if (value.length === most) return { value, more: true };
    value.push(one);
  }
  return { value, more: false };
}

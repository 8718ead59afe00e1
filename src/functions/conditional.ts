/**
 * For whoever asks again and again: an answer that is still the same is not sent once more (RFC 9110, sections 8.8.3 and 13.1.2), and each
 * says what time it is for Keymend, by which all times in it are reckoned.
 */
import type { HttpRequest, HttpResponseInit } from "@azure/functions";

type Deps = { hash: (text: string) => string; now: () => Date };

export const createConditional =
  ({ hash, now }: Deps) =>
  (request: HttpRequest, response: HttpResponseInit): HttpResponseInit => {
    const headers = { ...Object.fromEntries(new Headers(response.headers)), "x-keymend-time": now().toISOString() };
    if (request.method !== "GET" || (response.status ?? 200) !== 200) return { ...response, headers };
    const etag = `"${hash(JSON.stringify(response.jsonBody ?? null)).slice(0, 32)}"`;
    if (request.headers.get("if-none-match") === etag) return { status: 304, headers: { ...headers, etag } };
    return { ...response, headers: { ...headers, etag } };
  };

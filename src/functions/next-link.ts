/** Where a list goes on: the same question with what its last page ended at. */
import type { HttpRequest } from "@azure/functions";

export function nextLink(request: HttpRequest, continuation: string | undefined): string | undefined {
  if (continuation === undefined) return undefined;
  const url = new URL(request.url);
  url.searchParams.set("$skipToken", continuation);
  return url.href;
}

/** Lists of the data plane: at most 25 a page, nextLink is null at the end and names the port before. Recorded: Azure/azure-cli test_keyvault_key.yaml, 2022-04. */
import type { Reply } from "../routes.ts";
import type { JsonObject } from "../world.ts";
import type { VaultCall } from "./data-route.ts";
import { badParameter } from "./read-body.ts";

const MAX = 25;

/** `items` by the id that orders them: a page goes on at the id that its token names. */
export function listReply(call: VaultCall, items: { id: string; body: JsonObject }[]): Reply {
  const asked = call.url.searchParams.get("maxresults");
  const size = asked === null ? MAX : Number(asked);
  if (!Number.isInteger(size) || size < 1 || size > MAX) throw badParameter("maxresults");
  const token = call.url.searchParams.get("$skiptoken");
  const from = token === null ? "" : Buffer.from(token, "base64url").toString();
  const rest = items.filter((i) => i.id.toUpperCase() >= from);
  const next = rest[size];
  return { status: 200, body: { value: rest.slice(0, size).map((i) => i.body), nextLink: next ? nextLink(call, next.id, asked) : null } };
}

function nextLink(call: VaultCall, id: string, maxresults: string | null): string {
  const token = Buffer.from(id.toUpperCase()).toString("base64url");
  const path = `https://${call.url.hostname}:443${call.url.pathname}?api-version=${call.apiVersion}&$skiptoken=${token}`;
  return maxresults === null ? path : `${path}&maxresults=${maxresults}`;
}

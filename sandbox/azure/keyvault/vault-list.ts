/**
 * Lists of vaults. A subscription's list comes in pages, and a page may be empty though more follow: the first, one in the
 * middle, the last. Recorded: cloud-custodian KeyVaultKeyTest.test_key_vault_keys_rotation.json #0 and #2.
 */
import { type Call, type Reply, isHere } from "../routes.ts";
import type { Vault } from "../world.ts";
import { badRequest } from "./read-body.ts";
import { setting } from "./switches.ts";
import { vaultBody } from "./vault-body.ts";
import { groupIdOf, liveVaults } from "./vault-state.ts";

const PAGE = 100;

/** Where a list goes on: after which vault, and whether an empty page comes first. */
type Place = { after: string; empty: boolean };

export function listVaultsByGroup(call: Call): Reply {
  const prefix = `${groupIdOf(call).toLowerCase()}/providers/`;
  const vaults = liveVaults(call.world).filter((v) => v.id.toLowerCase().startsWith(prefix));
  return { status: 200, body: { value: vaults.map((v) => vaultBody(call.world, v)) } };
}

export function listVaultsBySubscription(call: Call): Reply {
  const quirk = setting(call.world, "keyvault.emptyListPages");
  const token = call.url.searchParams.get("$skiptoken") ?? call.url.searchParams.get("$skipToken");
  const place: Place = token === null ? { after: "", empty: quirk } : readToken(token);
  const rest = liveVaults(call.world).filter((v) => isHere(call, v.id) && v.id.toLowerCase() > place.after);
  if (place.empty) return page(call, [], rest.length > 0 ? { after: place.after, empty: false } : undefined);
  const vaults = rest.slice(0, pageSize(call));
  const last = vaults.at(-1)?.id.toLowerCase() ?? place.after;
  const more = quirk || rest.length > vaults.length;
  return page(call, vaults, more ? { after: last, empty: quirk } : undefined);
}

function pageSize(call: Call): number {
  const top = call.url.searchParams.get("$top");
  if (top === null) return PAGE;
  if (!/^[1-9]\d*$/.test(top)) throw badRequest("$top");
  return Number(top);
}

function page(call: Call, vaults: Vault[], next: Place | undefined): Reply {
  const value = vaults.map((v) => vaultBody(call.world, v));
  if (!next) return { status: 200, body: { value } };
  const top = call.url.searchParams.get("$top");
  const path = `${call.url.origin}${call.url.pathname}?api-version=${call.apiVersion}${top === null ? "" : `&$top=${top}`}`;
  const token = Buffer.from(`${next.empty ? "-" : "+"}${next.after}`).toString("base64");
  return { status: 200, body: { value, nextLink: `${path}&%24skiptoken=${encodeURIComponent(token)}` } };
}

function readToken(token: string): Place {
  const text = Buffer.from(token, "base64").toString();
  if (!/^[+-]/.test(text)) throw badRequest("$skiptoken");
  return { after: text.slice(1), empty: text.startsWith("-") };
}

/**
 * Addresses of operations are signed: `&t` ticks, `&c` a certificate, `&s` and `&h` signatures, about 3.2 KB each. A client must
 * call them unchanged. Recorded: azure-cli-extensions test_cosmosdb_system_identity_restore.yaml and test_cosmosdb_mongocluster_crud.yaml, 2024.
 */
import { createHash } from "node:crypto";
import { AzureError } from "../routes.ts";
import type { World } from "../world.ts";

const TICKS_AT_EPOCH = 621_355_968_000_000_000n;

/** Nobody checks these against a real certificate; they only have to be as long, and to tell a changed address from an issued one. */
function digits(text: string, length: number): string {
  let out = "";
  for (let block = 0; out.length < length; block++) out += createHash("sha256").update(`${text}/${block}`).digest("base64url");
  return out.slice(0, length);
}

const certificate = (world: World): string => digits(`certificate/${world.tenantId}`, 2_512);

function signatures(world: World, path: string, version: string, ticks: string): { s: string; h: string } {
  const signed = `${world.tenantId}/${path.toLowerCase()}/${version}/${ticks}`;
  return { s: digits(`s/${signed}`, 342), h: digits(`h/${signed}`, 43) };
}

export function signedUrl(world: World, path: string, version: string): string {
  const ticks = String(TICKS_AT_EPOCH + BigInt(world.clock.now()) * 10_000n);
  // As it will come back: percent-encoded where a name has letters beyond ASCII.
  const { s, h } = signatures(world, new URL(path, "https://management.azure.com").pathname, version, ticks);
  return `https://management.azure.com${path}?api-version=${version}&t=${ticks}&c=${certificate(world)}&s=${s}&h=${h}`;
}

/** What Azure says to a changed address was not recorded; that it refuses is the point of signing. */
export function requireSignature(world: World, url: URL): void {
  const query = (name: string): string => url.searchParams.get(name) ?? "";
  const { s, h } = signatures(world, url.pathname, query("api-version"), query("t"));
  if (query("c") === certificate(world) && query("s") === s && query("h") === h) return;
  throw new AzureError(403, "InvalidOperationUrl", "The address of the operation is not the one that was issued.");
}

/**
 * `*.blob.core.windows.net`: Put Blob, Delete Blob and List Blobs of containers that keep versions.
 * Source: Microsoft Learn, REST, "Put Blob", "Delete Blob", "List Blobs", "Status and error codes", "Authorize with Microsoft Entra ID"; and
 * "Version-level WORM policies for immutable blob data": what a policy forbids, and what becomes of a blob that is written over or deleted.
 */
import { evaluateDataAction } from "../authorization/evaluate.ts";
import type { Tokens } from "../entra/tokens.ts";
import type { Faults } from "../faults.ts";
import { countRead } from "../reads.ts";
import { bearerOf, type AzureFault, type AzureReply, type AzureRequest } from "../wire.ts";
import type { BlobVersion, Caller, Container, ImmutabilityPolicy, World } from "../world.ts";

const AUDIENCES = ["https://storage.azure.com", "https://storage.azure.com/"];
/** The first that knows policies of single versions. */
const KNOWS_POLICIES = "2020-06-12";
const MOST = 5000;
const ACTION = "Microsoft.Storage/storageAccounts/blobServices/containers/blobs";

class Refusal extends Error {
  readonly status: number;
  readonly code: string;
  constructor(status: number, code: string, message: string) {
    super(message);
    this.status = status;
    this.code = code;
  }
}

const escaped = (text: string): string =>
  text.replace(/[<>&"']/g, (char) => ({ "<": "&lt;", ">": "&gt;", "&": "&amp;", '"': "&quot;", "'": "&apos;" })[char]!);

const xml = (status: number, inside: string, headers: Record<string, string> = {}): AzureReply => ({
  status,
  headers: { "content-type": "application/xml", ...headers },
  body: `<?xml version="1.0" encoding="utf-8"?>${inside}`,
});

const refused = ({ status, code, message }: Refusal): AzureReply =>
  xml(status, `<Error><Code>${code}</Code><Message>${escaped(message)}</Message></Error>`, { "x-ms-error-code": code });

export function createBlobHost(
  world: World,
  tokens: Tokens,
  faults: Faults,
): { handle(request: AzureRequest): Promise<AzureReply | AzureFault> } {
  return {
    async handle(request) {
      const bearer = bearerOf(request);
      if (bearer === undefined)
        return refused(new Refusal(401, "NoAuthenticationInformation", "Server failed to authenticate the request."));
      const verified = await tokens.verify(bearer, AUDIENCES);
      if ("problem" in verified)
        return refused(new Refusal(401, "InvalidAuthenticationInfo", "Server failed to authenticate the request."));
      return faults.around(request, verified.caller, async (fault) =>
        fault ? refused(new Refusal(fault.status, fault.code, fault.message)) : answer(world, request, verified.caller),
      );
    },
  };
}

function answer(world: World, request: AzureRequest, caller: Caller): AzureReply {
  try {
    const [, name = "", ...blob] = decodeURIComponent(request.url.pathname).split("/");
    const container = world.containers.get(`${request.url.hostname.split(".")[0]!}/${name}`);
    if (!container) throw new Refusal(404, "ContainerNotFound", "The specified container does not exist.");
    const may = (verb: string): boolean => evaluateDataAction(world, caller.oid, `${ACTION}/${verb}`, container.id).allowed;
    if (blob.length === 0) return list(world, request, caller, container, may);
    if (request.method === "PUT") return put(world, request, container, blob.join("/"), may);
    if (request.method === "DELETE") return remove(world, request, container, blob.join("/"), may);
    throw new Refusal(405, "UnsupportedHttpVerb", "The resource doesn't support the specified HTTP verb.");
  } catch (error) {
    if (error instanceof Refusal) return refused(error);
    throw error;
  }
}

type May = (verb: string) => boolean;

function require(isAllowed: boolean): void {
  if (isAllowed) return;
  throw new Refusal(
    403,
    "AuthorizationPermissionMismatch",
    "This request is not authorized to perform this operation using this permission.",
  );
}

/** undefined: none asked for. */
function policyOf({ headers }: AzureRequest, { takesPolicies }: Container, now: number): ImmutabilityPolicy | undefined {
  const until = headers["x-ms-immutability-policy-until-date"];
  if (until === undefined) return undefined;
  if ((headers["x-ms-version"] ?? "") < KNOWS_POLICIES) throw new Refusal(400, "UnsupportedHeader", "A header is not supported.");
  const mode = headers["x-ms-immutability-policy-mode"]?.toLowerCase() ?? "unlocked";
  const at = Date.parse(until);
  // RFC 1123; "Past times are not valid" ("Set Blob Immutability Policy"). Which code refuses a container without such policies no page says.
  if (!takesPolicies || new Date(at).toUTCString() !== until || at <= now || (mode !== "locked" && mode !== "unlocked"))
    throw new Refusal(400, "InvalidHeaderValue", "The value for one of the HTTP headers is not in the correct format.");
  return { until: at, mode };
}

function put(world: World, request: AzureRequest, container: Container, name: string, may: May): AzureReply {
  const { headers } = request;
  const now = world.clock.now();
  const versions = container.blobs.get(name) ?? [];
  const current = versions.find(({ isCurrent }) => isCurrent);
  require(may("write") || (current === undefined && may("add/action")));
  const policy = policyOf(request, container, now);
  if (policy) require(may("immutableStorage/runAsSuperUser/action"));
  if (headers["x-ms-blob-type"] !== "BlockBlob") throw new Refusal(400, "InvalidHeaderValue", "x-ms-blob-type is not BlockBlob.");
  if (headers["if-none-match"] === "*" && current) throw new Refusal(409, "BlobAlreadyExists", "The specified blob already exists.");
  if (current) current.isCurrent = false;
  const versionId = `${new Date(now).toISOString().slice(0, -1)}${String(versions.length).padStart(4, "0")}Z`;
  const version: BlobVersion = { versionId, content: request.body, lastModified: now, isCurrent: true, ...(policy ? { policy } : {}) };
  container.blobs.set(name, [...versions, version]);
  return { status: 201, headers: { "x-ms-version-id": versionId, "last-modified": new Date(now).toUTCString() }, body: "" };
}

/** Of the current version, without its id, it makes an older one; of a version, by its id, it leaves nothing, where no policy forbids. */
function remove(world: World, { url }: AzureRequest, container: Container, name: string, may: May): AzureReply {
  require(may("delete"));
  const versions = container.blobs.get(name) ?? [];
  const versionId = url.searchParams.get("versionid");
  const version = versions.find((one) => (versionId === null ? one.isCurrent : one.versionId === versionId));
  if (!version) throw new Refusal(404, "BlobNotFound", "The specified blob does not exist.");
  if (versionId === null) version.isCurrent = false;
  else if (version.policy && version.policy.until > world.clock.now())
    throw new Refusal(409, "BlobImmutableDueToPolicy", "This operation is not permitted as the blob is immutable due to a policy.");
  else
    container.blobs.set(
      name,
      versions.filter((one) => one !== version),
    );
  return { status: 202, headers: {}, body: "" };
}

function list(world: World, { method, url }: AzureRequest, caller: Caller, container: Container, may: May): AzureReply {
  const { searchParams: asked } = url;
  if (method !== "GET" || asked.get("restype") !== "container" || asked.get("comp") !== "list")
    throw new Refusal(400, "InvalidQueryParameterValue", "Value for one of the query parameters specified in the request URI is invalid.");
  countRead(world, caller, { method, pattern: "/{container}?comp=list" }, "blob");
  require(may("read"));
  const include = new Set((asked.get("include") ?? "").split(","));
  const all = [...container.blobs]
    .filter(([name]) => name.startsWith(asked.get("prefix") ?? ""))
    .toSorted(([a], [b]) => (a < b ? -1 : 1))
    .flatMap(([name, versions]) =>
      versions.filter(({ isCurrent }) => isCurrent || include.has("versions")).map((one) => ({ name, ...one })),
    );
  const from = Number(asked.get("marker") ?? 0);
  const to = from + Math.min(Number(asked.get("maxresults") ?? MOST), MOST);
  const blobs = all.slice(from, to).map(({ name, versionId, isCurrent, lastModified, policy }) => {
    const version = include.has("versions") ? `<VersionId>${versionId}</VersionId>` : "";
    const current = include.has("versions") && isCurrent ? "<IsCurrentVersion>true</IsCurrentVersion>" : "";
    const locked =
      policy && include.has("immutabilitypolicy")
        ? `<ImmutabilityPolicyUntilDate>${new Date(policy.until).toUTCString()}</ImmutabilityPolicyUntilDate><ImmutabilityPolicyMode>${policy.mode}</ImmutabilityPolicyMode>`
        : "";
    const properties = `<Last-Modified>${new Date(lastModified).toUTCString()}</Last-Modified><BlobType>BlockBlob</BlobType>${locked}`;
    return `<Blob><Name>${escaped(name)}</Name>${version}${current}<Properties>${properties}</Properties></Blob>`;
  });
  const next = to < all.length ? `<NextMarker>${to}</NextMarker>` : "<NextMarker />";
  const inside = blobs.length === 0 ? "<Blobs />" : `<Blobs>${blobs.join("")}</Blobs>`;
  return xml(200, `<EnumerationResults ContainerName="${escaped(container.name)}">${inside}${next}</EnumerationResults>`);
}

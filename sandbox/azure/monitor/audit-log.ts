/**
 * Key Vault's AuditEvent log in a Log Analytics workspace, of vaults with a diagnostic setting: one row an operation of the data plane, in the
 * resource-specific table AZKVAuditLogs or in AzureDiagnostics. Sources: Key Vault, logging.md (names of operations, identity, "10 minutes (at
 * most) after the key vault operation"); Azure Monitor Logs reference, AZKVAuditLogs; what the settings are, Azure Monitor, diagnostic-settings.md.
 */
import type { JWTPayload } from "jose";
import { switchOf } from "../switches.ts";
import type { AuditTable, Json, Vault, Workspace, World } from "../world.ts";

export type Audited = {
  vault: Vault;
  claims: JWTPayload;
  /** Method and pattern of the route. */
  route: { method: string; pattern: string };
  url: URL;
  userAgent: string;
  correlationId: string;
  status: number;
  /** Id of the key that was answered, if any. */
  id: string;
  assignmentId: string | null;
};

const OPERATIONS: Record<string, string> = {
  "GET /keys": "KeyList",
  "GET /keys/{name}/versions": "KeyListVersions",
  "POST /keys/{name}/create": "KeyCreate",
  "POST /keys/{name}/rotate": "KeyRotate",
  "DELETE /keys/{name}": "KeyDelete",
  "GET /keys/{name}": "KeyGet",
  "GET /keys/{name}/{version}": "KeyGet",
  "PATCH /keys/{name}": "KeyUpdate",
  "PATCH /keys/{name}/{version}": "KeyUpdate",
  "POST /keys/{name}/{version}/wrapkey": "KeyWrap",
  "POST /keys/{name}/{version}/unwrapkey": "KeyUnwrap",
  "GET /keys/{name}/rotationpolicy": "KeyRotationPolicyGet",
  "PUT /keys/{name}/rotationpolicy": "KeyRotationPolicySet",
  "GET /deletedkeys": "KeyListDeleted",
  "GET /deletedkeys/{name}": "KeyGetDeleted",
  "POST /deletedkeys/{name}/recover": "KeyRecover",
  "DELETE /deletedkeys/{name}": "KeyPurge",
};

export function operationNameOf({ method, pattern }: Audited["route"]): string {
  const name = OPERATIONS[`${method} ${pattern}`];
  if (name === undefined) throw new Error(`the audit log has no name for ${method} ${pattern}`);
  return name;
}

const LONG: Record<string, string> = {
  oid: "http://schemas.microsoft.com/identity/claims/objectidentifier",
  upn: "http://schemas.xmlsoap.org/ws/2005/05/identity/claims/upn",
};

/** Who called, by the names that the log has for it. */
function claimsOf(world: World, claims: JWTPayload): [name: string, value: string][] {
  const isLong = switchOf(world, "auditLogClaims") === "long";
  return ["oid", "appid", "upn"].flatMap((name): [string, string][] => {
    const value = claims[name];
    return typeof value === "string" ? [[isLong ? (LONG[name] ?? name) : name, value]] : [];
  });
}

export function logVaultOperation(world: World, audited: Audited): void {
  const setting = world.auditSettings.get(audited.vault.id.toLowerCase());
  if (!setting) return;
  const at = world.clock.now();
  const visibleAt = at + world.random.int("audit-log.lag", 0, switchOf(world, "auditLogLagMaxMinutes") * 60) * 1000;
  const row = setting.table === "AZKVAuditLogs" ? ownRow(world, audited, setting.workspace) : sharedRow(world, audited, setting.workspace);
  world.auditLog.push({ at, visibleAt, workspaceId: setting.workspace.id, table: setting.table, row });
}

const REASONS: Record<number, string> = {
  200: "OK",
  400: "Bad Request",
  401: "Unauthorized",
  403: "Forbidden",
  404: "Not Found",
  409: "Conflict",
};

/** As the query language writes a datetime: seven fraction digits. */
export const kustoTime = (ms: number): string => new Date(ms).toISOString().replace("Z", "0000Z");

function common(world: World, { route, url, status, correlationId }: Audited, workspace: Workspace): Record<string, Json> {
  return {
    TenantId: workspace.customerId,
    TimeGenerated: kustoTime(world.clock.now()),
    OperationName: operationNameOf(route),
    OperationVersion: url.searchParams.get("api-version") ?? "",
    // Of a refusal too. Recorded: SEKOIA-IO/intake-formats Azure/azure-key-vault/tests/test_event_key_purge.json (403).
    ResultType: "Success",
    ResultSignature: REASONS[status] ?? String(status),
    ResultDescription: "",
    DurationMs: 20,
    CorrelationId: correlationId,
    SourceSystem: "Azure",
  };
}

function ownRow(world: World, audited: Audited, workspace: Workspace): Record<string, Json> {
  const { vault, claims, url, status, id, assignmentId, userAgent } = audited;
  return {
    ...common(world, audited, workspace),
    Type: "AZKVAuditLogs",
    _ResourceId: vault.id.toLowerCase(),
    _SubscriptionId: world.subscriptionId,
    CallerIpAddress: "203.0.113.5",
    ClientInfo: userAgent,
    HttpStatusCode: status,
    RequestUri: url.href,
    Id: id,
    Identity: { claim: Object.fromEntries(claimsOf(world, claims)) },
    AppliedAssignmentId: assignmentId,
    IsRbacAuthorized: assignmentId !== null,
    Properties: { httpStatusCode: status, requestUri: url.href, id },
  };
}

/** Every resource's rows together: ids in capitals, members of `properties` and `identity` flattened into names with the type's letter behind. */
function sharedRow(world: World, audited: Audited, workspace: Workspace): Record<string, Json> {
  const { vault, claims, url, status, id, userAgent } = audited;
  return {
    ...common(world, audited, workspace),
    Type: "AzureDiagnostics",
    _ResourceId: vault.id.toLowerCase(),
    ResourceId: vault.id.toUpperCase(),
    Category: "AuditEvent",
    ResourceGroup: (vault.id.split("/")[4] ?? "").toUpperCase(),
    SubscriptionId: world.subscriptionId,
    ResourceProvider: "MICROSOFT.KEYVAULT",
    ResourceType: "VAULTS",
    Resource: vault.name.toUpperCase(),
    CallerIPAddress: "203.0.113.5",
    clientInfo_s: userAgent,
    requestUri_s: url.href,
    id_s: id,
    httpStatusCode_d: status,
    ...Object.fromEntries(claimsOf(world, claims).map(([name, value]) => [columnOf(name), value])),
  };
}

/** `identity_claim_oid_g`: recorded, docs.cloud.google.com chronicle default-parsers/azure-keyvault-audit. Of a GUID the letter is g, of a text s. */
const columnOf = (claim: string): string => `identity_claim_${claim.replace(/\W+/g, "_")}_${claim.endsWith("upn") ? "s" : "g"}`;

const types = (text: string): Record<string, string> =>
  Object.fromEntries(
    text
      .trim()
      .split(/\s+/)
      .map((word): [string, string] => [word.split(":")[0]!, word.split(":")[1] ?? "string"]),
  );

const COMMON =
  "TenantId TimeGenerated:datetime OperationName OperationVersion ResultType ResultSignature ResultDescription CorrelationId SourceSystem Type _ResourceId";

/** Columns with their types. Of AzureDiagnostics those that Key Vault fills: it has a column once some resource has sent it. */
export const AUDIT_COLUMNS: Record<AuditTable, Record<string, string>> = {
  AZKVAuditLogs:
    types(`${COMMON} DurationMs:int _SubscriptionId CallerIpAddress ClientInfo HttpStatusCode:int RequestUri Id Identity:dynamic
    AppliedAssignmentId IsRbacAuthorized:bool Properties:dynamic AddressAuthorizationType Algorithm _BilledSize:real _IsBillable
    CertificateIssuerProperties:dynamic CertificatePolicyProperties:dynamic CertificateProperties:dynamic CertificateRequestProperties:dynamic
    EnabledForDeployment:bool EnabledForDiskEncryption:bool EnabledForTemplateDeployment:bool EnablePurgeProtection:bool
    EnableRbacAuthorization:bool EnableSoftDelete:bool HsmPoolResourceId IsAccessPolicyMatch:bool IsAddressAuthorized:bool
    KeyProperties:dynamic NetworkAcls:dynamic Nsp:dynamic SecretProperties:dynamic Sku:dynamic SoftDeleteRetentionInDays:int
    StorageAccountProperties:dynamic StorageSasDefinitionProperties:dynamic SubnetId Tlsversion TrustedService VaultProperties:dynamic`),
  AzureDiagnostics: types(`${COMMON} DurationMs:long ResourceId Category ResourceGroup SubscriptionId ResourceProvider ResourceType Resource
    CallerIPAddress clientInfo_s requestUri_s id_s httpStatusCode_d:real identity_claim_appid_g identity_claim_oid_g
    identity_claim_upn_s identity_claim_http_schemas_microsoft_com_identity_claims_objectidentifier_g
    identity_claim_http_schemas_xmlsoap_org_ws_2005_05_identity_claims_upn_s`),
};

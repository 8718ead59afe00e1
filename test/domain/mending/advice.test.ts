import { describe, expect, test } from "vitest";
import type { CauseCode } from "../../../src/domain/cause-code.ts";
import { diagnose } from "../../../src/domain/plan/diagnose.ts";
import type { DenyAssignment, Facts } from "../../../src/domain/facts.ts";
import { plan } from "../../../src/domain/plan/plan.ts";
import {
  ACCOUNT_ID,
  aCluster,
  aKey,
  aStatus,
  anAccess,
  anAccount,
  aVault,
  aVersion,
  clusterSays,
  IDENTITY_ID,
  KEY_SCOPE,
  KEY_URI,
  PRINCIPAL,
  revoked,
  someFacts,
  someSettings,
  SUBSCRIPTION_ID,
  V1,
  VAULT_ID,
} from "../../support/builders.ts";

const ARM = "https://management.azure.com";
const named = (name: string): string => `--name ${name} --resource-group rg-orders --subscription ${SUBSCRIPTION_ID}`;
const account = (over: Parameters<typeof anAccount>[0]): Partial<Facts> => ({ targets: [anAccount(over)] });
const cluster = (over: Parameters<typeof aCluster>[0]): Partial<Facts> => ({ targets: [aCluster(over)] });
const perimeter = { ...aVault().network, publicNetworkAccess: "SecuredByPerimeter" };
const elsewhere = { vault: aVault({ location: "northeurope" }) };
const hsm = "https://hsm.managedhsm.azure.net/keys/cmk";
const versions = `az keyvault key list-versions --id ${KEY_URI} --query '[].{kid:kid,enabled:attributes.enabled,notBefore:attributes.notBefore,expires:attributes.expires}'`;
const roles = `az role assignment list --assignee-object-id ${PRINCIPAL} --fill-principal-name false --scope ${KEY_SCOPE} --include-inherited --include-groups`;
const denials = `az rest --method get --url '${ARM}${KEY_SCOPE}/providers/Microsoft.Authorization/denyAssignments?api-version=2022-04-01&$filter=atScope()' --query 'value[].properties'`;
const vaultShow = (query: string): string => `az keyvault show ${named("kv-orders")} --query '{location:location,${query}}'`;
const reachable = vaultShow("uri:properties.vaultUri,state:properties.provisioningState");
const deletedVaults = `az keyvault list-deleted --subscription ${SUBSCRIPTION_ID} --resource-type vault --query '[].{name:name,id:properties.vaultId,location:properties.location,purged:properties.scheduledPurgeDate}'`;
const database: unknown = expect.stringMatching(
  /^az rest --method get --url '\S+\/Microsoft\.DocumentDB\/\S+' --query 'properties\.\{\S+\}'$/,
);
const words = (text: string): unknown => expect.stringMatching(new RegExp(`^# .*${text}`));
const unfit = aKey([aVersion(V1, { type: "EC", size: null })]);
const policiesAndNetwork = vaultShow(
  "rbac:properties.enableRbacAuthorization,policies:properties.accessPolicies,network:properties.networkAcls",
);
const unclear = aStatus({ healthy: null, text: "Something new." });
const everything = { actions: [], notActions: [], dataActions: ["*"], notDataActions: [] };
const denial: DenyAssignment = {
  id: "d",
  name: "d",
  scope: VAULT_ID,
  permissions: [everything],
  principals: [{ id: PRINCIPAL, type: "ServicePrincipal" }],
  excludePrincipals: [],
  doesNotApplyToChildScopes: false,
  condition: null,
  changedOn: null,
};

/** While the service confirms access these are readiness, and nothing is to be done. */
const lost = revoked(4002);

const ADVICE: [CauseCode, Partial<Facts>, unknown[]][] = [
  ["AccessDenied", { access: [anAccess({ denies: [denial] })] }, [roles, denials, words("deployment stack")]],
  [
    "ManagedHsm",
    account({ service: lost, keyUri: hsm }),
    [
      `az keyvault role assignment list --hsm-name hsm --scope /keys/cmk --assignee-object-id ${PRINCIPAL}`,
      words(`az keyvault role assignment create --hsm-name hsm --scope /keys/cmk --assignee-object-id ${PRINCIPAL}`),
    ],
  ],
  [
    "ManagedHsm",
    account({ service: lost, keyUri: hsm, defaultIdentity: { form: "undefined" } }),
    ["az keyvault role assignment list --hsm-name hsm --scope /keys/cmk", words("an administrator of the HSM")],
  ],
  ["ManagedHsm", account({ service: lost, keyUri: "https://hsm.managedhsm.azure.net/" }), []],
  [
    "OtherTenant",
    { vault: aVault({ tenantId: "other" }), ...account({ service: lost }) },
    [words(`${KEY_URI}, and at what the database's application`)],
  ],
  [
    "OtherTenant",
    account({ service: lost, defaultIdentity: { form: "user", id: IDENTITY_ID, federatedClientId: "app-1" } }),
    [words("application app-1 may do")],
  ],
  [
    "OtherTenant",
    { vault: aVault({ tenantId: "other" }), ...account({ service: lost, defaultIdentity: { form: "system" } }) },
    [words("only in the vault's own tenant")],
  ],
  [
    "OtherRegion",
    { ...elsewhere, ...cluster({}) },
    [vaultShow("id:id"), `az identity show --ids ${IDENTITY_ID} --query location`, words("in the cluster's region")],
  ],
  [
    "OtherRegion",
    { ...elsewhere, ...cluster({ defaultIdentity: { form: "undefined" } }) },
    [vaultShow("id:id"), words("in the cluster's region")],
  ],
  [
    "KeyGone",
    { keys: [{ state: "gone", name: "cmk" }] },
    [
      versions,
      "az keyvault key list-deleted --vault-name kv-orders --query '[].kid'",
      words("az keyvault key restore --vault-name kv-orders --file FILE"),
    ],
  ],
  ["KeyGone", { keys: [{ state: "gone", name: "cmk" }], ...account({ keyUri: "https://elsewhere.example/keys/cmk" }) }, []],
  ["KeyUnfit", { keys: [unfit], ...account({ keyUri: "https://elsewhere.example/keys/cmk" }) }, []],
  [
    "KeyUnfit",
    { keys: [unfit] },
    [
      `az keyvault key show --id ${KEY_URI}/${V1} --query 'key.{type:kty,operations:keyOps}'`,
      words("az keyvault key create --vault-name kv-orders --name cmk --kty RSA --size 3072"),
    ],
  ],
  [
    "VaultGone",
    { vault: { state: "gone", id: VAULT_ID, name: "kv-orders" } },
    [words("kv-orders among the deleted vaults"), deletedVaults],
  ],
  ["VaultGone", { vault: { state: "gone", id: null, name: "kv-orders" } }, [words("kv-orders among the deleted vaults"), deletedVaults]],
  ["VaultUnreachable", account({ service: revoked(4009) }), [reachable, "nslookup kv-orders.vault.azure.net", words("4009")]],
  [
    "VaultUnreachable",
    account({ service: { ...revoked(4009), text: null } }),
    [reachable, "nslookup kv-orders.vault.azure.net", words("no status")],
  ],
  [
    "PerimeterBlocked",
    { vault: aVault({ network: perimeter }) },
    [vaultShow("publicNetworkAccess:properties.publicNetworkAccess,network:properties.networkAcls"), words("one perimeter")],
  ],
  ["PerimeterBlocked", { vault: null, ...account({ service: revoked(4016) }) }, [words("one perimeter")]],
  [
    "Unreadable",
    { keys: [{ state: "unreadable", why: "denied", detail: "403", name: "cmk" }] },
    [policiesAndNetwork, versions, roles, denials, words("docs/deploy.md")],
  ],
  [
    "Unreadable",
    { vault: { state: "unreadable", why: "denied", detail: "403", id: null, name: "kv-orders" }, keys: [], access: [] },
    [versions, words("docs/deploy.md")],
  ],
  [
    "Unreadable",
    account({ keyUri: "https://kv-orders.vault.azure.net/", service: unclear }),
    [policiesAndNetwork, words("docs/deploy.md")],
  ],
  ["Unreadable", { identities: [] }, [policiesAndNetwork, versions, words("docs/deploy.md")]],
  ["Unreadable", { identities: [], ...account({ keyUri: "nonsense" }) }, [policiesAndNetwork, words("docs/deploy.md")]],
  [
    "ProvisioningFailed",
    cluster({ service: { ...clusterSays("Failed", false), provisioningState: "Failed" } }),
    [
      vaultShow("purgeProtection:properties.enablePurgeProtection,network:properties.networkAcls"),
      versions,
      roles,
      denials,
      words("provisions it again"),
    ],
  ],
  ["Revalidating", account({ service: revoked(4002) }), [words("ask Microsoft support")]],
  [
    "Revalidating",
    account({ service: revoked(4000) }),
    [
      words("the service gets no token for identity"),
      words("az rest --method patch"),
      words("az resource wait"),
      words("az cosmosdb update"),
      words("ask Microsoft support"),
    ],
  ],
  [
    "Revalidating",
    { ...account({ service: revoked(4000), defaultIdentity: { form: "system" }, systemPrincipalId: PRINCIPAL }) },
    [words("ask Microsoft support")],
  ],
  ["Unreadable", account({ keyUri: null, service: revoked(4006) }), [policiesAndNetwork, words("docs/deploy.md")]],
  ["KeyUriMalformed", cluster({ keyUri: `${KEY_URI}/` }), []],
];

const blocksOf = (facts: Facts) => plan(facts, diagnose(facts, someSettings()), someSettings()).blocks;

describe("advice where no step mends it", () => {
  test.each(ADVICE)("%s: %j", (cause, over, lines) => {
    const block = blocksOf(someFacts(over)).find((one) => one.cause === cause);
    expect(block?.advice).toEqual([`# ${cause}: ${block?.reason}`, ...lines, database]);
    for (const line of block!.advice) expect(line).not.toMatch(/^(?!# ).*\b(create|update|delete|put|patch|restore)\b/);
  });

  test("about a database that could not be read shows the database", () => {
    const missing = [{ kind: "account" as const, id: ACCOUNT_ID, state: "unreadable" as const, why: "denied" as const, detail: "403" }];
    const [block] = blocksOf(someFacts({ targets: [], missing }));
    expect(block?.advice).toEqual([`# Unreadable: ${ACCOUNT_ID} could not be read: 403`, database]);
  });
});

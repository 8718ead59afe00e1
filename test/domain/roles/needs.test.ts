import { describe, expect, test } from "vitest";
import { declaredReads, READS } from "../../../src/azure/declared-reads.ts";
import { OPEN_TICKETS } from "../../../src/azure/support-desk.ts";
import { IDENTITIES } from "../../../src/domain/capability.ts";
import { guarded, inPolicies, needsOf, type Others, PLACES, takenBy } from "../../../src/domain/roles/needs.ts";
import { HAND_ON } from "../../../src/domain/steps/restore-event-subscription.ts";
import {
  ACCOUNT_ID,
  aCluster,
  anAccount,
  APP_ID,
  aVault,
  CLUSTER_ID,
  IDENTITY_ID,
  PRINCIPAL,
  someSettings,
  SUBSCRIPTION,
  VAULT_ID,
} from "../../support/builders.ts";

const OTHERS: Others = { observe: READS, support: OPEN_TICKETS };
const TAKEN = IDENTITIES.map((name) => takenBy(name, OTHERS));

test("every action that a step, a read or the handing on of an identity takes has its place", () => {
  const all = [...Object.values(declaredReads), ...TAKEN, HAND_ON].flatMap(({ actions }) => actions);
  const { READ_KEY_LOG } = declaredReads;
  const lost = all.filter(
    (action) => !READ_KEY_LOG.actions.includes(action) && !PLACES.some(([beginning]) => action.startsWith(beginning)),
  );
  expect(lost).toEqual([]);
});

test("every data action has its permissions in access policies", () => {
  const all = TAKEN.flatMap(({ dataActions }) => dataActions);
  expect(all.filter((action) => !inPolicies(action)?.length)).toEqual([]);
});

describe("of what lies far apart each is asked for in its own place", () => {
  const GROUP = VAULT_ID.split("/providers")[0]!;
  const away = (id: string, name: string): string => id.replace(GROUP, `/subscriptions/s-${name}/resourceGroups/rg-${name}`);
  const IDENTITY = away(IDENTITY_ID, "identity");
  const CLUSTER = away(CLUSTER_ID, "cluster");
  const BOTH = [SUBSCRIPTION, "/subscriptions/s-cluster"];

  const attached = [{ id: IDENTITY, principalId: PRINCIPAL, clientId: null }];
  const deployed = { ...someSettings({ functionAppId: APP_ID }), firstPartyPrincipalId: null };
  const of = guarded(aVault(), [anAccount({ attached }), aCluster({ id: CLUSTER, attached })], deployed);
  const needs = IDENTITIES.flatMap((name) => needsOf(name, of, OTHERS, deployed));

  const ROWS: [action: string, at: string[]][] = [
    ["Microsoft.DocumentDB/databaseAccounts/write", [ACCOUNT_ID]],
    ["Microsoft.DocumentDB/mongoClusters/write", [CLUSTER]],
    ["Microsoft.DocumentDB/locations/*/read", BOTH],
    ["Microsoft.KeyVault/vaults/write", [VAULT_ID]],
    ["Microsoft.KeyVault/deletedVaults/read", BOTH],
    ["Microsoft.KeyVault/locations/deletedVaults/read", BOTH],
    ["Microsoft.Authorization/roleAssignments/write", [VAULT_ID]],
    ["Microsoft.ManagedIdentity/userAssignedIdentities/write", ["/subscriptions/s-identity/resourceGroups/rg-identity"]],
    ["Microsoft.ManagedIdentity/userAssignedIdentities/assign/action", [IDENTITY]],
    ["Microsoft.EventGrid/eventSubscriptions/write", [VAULT_ID]],
    ["Microsoft.EventGrid/systemTopics/write", [GROUP]],
    ["Microsoft.EventGrid/systemTopics/eventSubscriptions/write", [GROUP]],
    ["Microsoft.EventGrid/systemTopics/read", BOTH],
    ["Microsoft.Insights/eventtypes/values/read", BOTH],
    ["Microsoft.Support/supportTickets/write", BOTH],
    ["Microsoft.Web/sites/functions/read", [APP_ID]],
  ];

  test.each(ROWS)("%s at %j", (action, at) => {
    expect(needs.filter(({ name }) => name === action).map((need) => need.at)).toEqual(at);
  });

  test("and no place is without a row here", () => {
    const placeOf = (action: string) => PLACES.find(([beginning]) => action.startsWith(beginning));
    expect(new Set(ROWS.map(([action]) => placeOf(action)))).toEqual(new Set(PLACES));
  });

  test("each right on keys at the vault", () => {
    const rights = needs.filter(({ kind }) => kind === "dataAction");
    expect(rights.map(({ name }) => name).toSorted()).toEqual(TAKEN.flatMap(({ dataActions }) => dataActions).toSorted());
    expect(new Set(rights.map(({ at }) => at))).toEqual(new Set([VAULT_ID]));
  });
});

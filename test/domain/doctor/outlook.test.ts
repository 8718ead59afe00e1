import { describe, expect, test } from "vitest";
import { outlookOf } from "../../../src/domain/doctor/outlook.ts";
import type { Facts } from "../../../src/domain/facts.ts";
import { diagnose } from "../../../src/domain/plan/diagnose.ts";
import {
  aCluster,
  aKey,
  anAccount,
  anAccess,
  aVault,
  aVersion,
  revoked,
  someFacts,
  someSettings,
  V1,
  V2,
  VAULT_ID,
} from "../../support/builders.ts";

const deletedVault = (scheduledPurgeOn: string | null): Facts["vault"] => ({
  state: "deleted",
  id: VAULT_ID,
  name: "kv-orders",
  resourceGroup: "rg-orders",
  location: "westeurope",
  tags: {},
  deletedOn: "2026-11-01T00:00:00.000Z",
  scheduledPurgeOn,
});
const deletedKey: Facts["keys"][number] = {
  state: "deleted",
  name: "CMK",
  tags: {},
  deletedOn: "2026-11-01T00:00:00.000Z",
  scheduledPurgeOn: "2027-01-30T00:00:00.000Z",
  versions: [],
};
const noAccess = { access: [anAccess({ assignments: [], definitions: [] })] };

function outlook(over: Partial<Facts>) {
  const facts = someFacts(over);
  const [diagnosis] = diagnose(facts, someSettings()).targets;
  return outlookOf(facts, diagnosis!, facts.targets[0]);
}

describe("what would happen, and when", () => {
  test.each<[string, Partial<Facts>, number | null, string]>([
    ["lost already", { ...noAccess, targets: [anAccount({ service: revoked() })] }, 0, "it is out of reach now"],
    [
      "with a deleted vault, until it is purged",
      { vault: deletedVault("2027-01-30T00:00:00.000Z"), keys: [], targets: [anAccount({ service: revoked(4017) })] },
      0,
      "it is out of reach now; on 2027-01-30 the vault is purged, and the data is lost for good",
    ],
    [
      "which may not tell when",
      { vault: deletedVault(null), keys: [] },
      0,
      "it is out of reach within the hour, at the service's next check; once it is purged the vault is purged, and the data is lost for good",
    ],
    [
      "with a deleted key",
      { keys: [deletedKey] },
      0,
      "it is out of reach within the hour, at the service's next check; on 2027-01-30 the key is purged, and the data is lost for good",
    ],
    ["about to be", noAccess, 0, "it is out of reach within the hour, at the service's next check"],
    [
      "not known",
      { vault: { state: "unreadable", why: "denied", detail: "no", id: VAULT_ID, name: "kv-orders" }, keys: [], access: [] },
      null,
      "nobody can tell: what its key path rests on could not be read",
    ],
    [
      "coming back",
      { targets: [anAccount({ service: revoked() })] },
      0,
      "its key path works again: it is back within the hour, at the service's next check",
    ],
    [
      "a key that expires soon",
      { keys: [aKey([aVersion(V1, { expiresOn: "2026-11-12T09:00:00.000Z" })])] },
      9,
      "it is out of reach within the hour after 2026-11-12",
    ],
    [
      "a version that it is pinned to",
      {
        keys: [aKey([aVersion(V2, { createdOn: "2026-06-01T00:00:00.000Z" }), aVersion(V1)])],
        targets: [aCluster({ keyUri: `https://kv-orders.vault.azure.net/keys/cmk/${V1}`, versionInUse: V1 })],
      },
      null,
      "it works, and is lost at the next change of its key that it does not follow",
    ],
    [
      "a key that expires some day, the earliest of its versions",
      {
        keys: [
          aKey([
            aVersion(V2, { createdOn: "2026-11-02T09:00:00.000Z", expiresOn: "2027-06-30T10:00:00.000Z" }),
            aVersion(V1, { expiresOn: "2027-03-02T10:00:00.000Z" }),
          ]),
        ],
        targets: [anAccount({ versionInUse: V1 })],
      },
      120,
      "its key expires on 2027-03-02",
    ],
    ["nothing", {}, null, "nothing is known that ends it"],
  ])("%s", (_, over, days, words) => {
    const { runway, outlook: told } = outlook(over);
    expect({ days: runway.days, told }).toEqual({ days, told: words });
  });

  test("of a database that could not be read nobody can tell", () => {
    const facts = someFacts({ targets: [], missing: [{ kind: "account", id: "a", state: "unreadable", why: "denied", detail: "no" }] });
    const [diagnosis] = diagnose(facts, someSettings()).targets;
    expect(outlookOf(facts, diagnosis!, undefined)).toMatchObject({
      runway: { days: null },
      outlook: expect.stringContaining("nobody can tell"),
    });
    expect(outlookOf(facts, { ...diagnosis!, phase: "healthy" }, undefined).outlook).toBe("nothing is known that ends it");
  });

  test("a vault that lives purges nothing", () => {
    const facts = someFacts({ ...noAccess, vault: aVault(), targets: [anAccount({ keyUri: null, service: revoked() })] });
    const [diagnosis] = diagnose(facts, someSettings()).targets;
    expect(outlookOf(facts, { ...diagnosis!, phase: "revoked" }, facts.targets[0]).outlook).toBe("it is out of reach now");
  });
});

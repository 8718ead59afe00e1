import { describe, expect, test } from "vitest";
import { identitiesToRead, principalsToRead, standInsToRead } from "../../src/domain/what-to-read.ts";
import {
  ACCOUNT_ID,
  aBaseline,
  aCluster,
  anAccount,
  anIdentity,
  CLUSTER_ID,
  IDENTITY_ID,
  identityIdOf,
  PRINCIPAL,
} from "../support/builders.ts";

describe("what must be read", () => {
  test("is every identity that is attached, default, or was the default", () => {
    const old = identityIdOf("id-old");
    const baseline = aBaseline({ defaultIdentities: { [ACCOUNT_ID.toLowerCase()]: `UserAssignedIdentity=${old}` } });
    expect(identitiesToRead(anAccount(), baseline)).toEqual([IDENTITY_ID, IDENTITY_ID, old]);
    expect(identitiesToRead(anAccount({ attached: [], defaultIdentity: { form: "undefined" } }), null)).toEqual([]);
  });

  test("is what may stand in for an identity that is gone, or that is borrowed", () => {
    expect(standInsToRead(anAccount(), [{ state: "gone", id: IDENTITY_ID }])).toEqual(
      ["id-orders-2", "id-orders-3", "id-orders-4"].map(identityIdOf),
    );
    expect(standInsToRead(anAccount({ restoredFrom: "src" }), [anIdentity()])).toHaveLength(3);
    expect(standInsToRead(anAccount({ restoredFrom: "src", defaultIdentity: { form: "system" } }), [])).toEqual([]);
    expect(standInsToRead(anAccount(), [anIdentity()])).toEqual([]);
  });

  test("is the access of every principal it uses, might use again, or could be given", () => {
    const read = [anIdentity(), { state: "gone", id: "x" } as const];
    expect(principalsToRead(anAccount(), read, null, "fp")).toEqual([PRINCIPAL]);
    expect(principalsToRead(anAccount({ systemPrincipalId: "sys" }), read, null, null)).toEqual([PRINCIPAL, "sys"]);
    expect(principalsToRead(anAccount({ defaultIdentity: { form: "firstParty" } }), [], null, "fp")).toEqual(["fp"]);
    const baseline = aBaseline({ defaultIdentities: { [CLUSTER_ID]: "FirstPartyIdentity" } });
    expect(principalsToRead(aCluster({ defaultIdentity: { form: "undefined" } }), [], baseline, "fp")).toEqual(["fp"]);
  });
});

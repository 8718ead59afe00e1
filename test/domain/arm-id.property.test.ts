/** Every name that Azure allows reads, compares and writes alike, in every way that an id is written. */
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import {
  databaseIn,
  foldCase,
  formatArmId,
  identityIn,
  isDatabaseId,
  isGroupId,
  isKeyId,
  isUnder,
  isVaultId,
  keyScopeOf,
  nameOf,
  normalId,
  parseArmId,
  sameId,
  scopeOfAssignment,
  vaultIn,
} from "../../src/domain/arm-id.ts";
import { readEvent } from "../../src/domain/signal.ts";
import {
  accountId,
  assignmentOf,
  clusterId,
  groupName,
  guid,
  identityId,
  keyId,
  keyName,
  resourceId,
  spellings,
  vaultId,
} from "../support/legal-names.ts";

function check<T>(values: fc.Arbitrary<T>, holds: (value: T) => void): void {
  const property = fc.property(values, (value) => {
    holds(value);
  });
  fc.assert(property, { numRuns: 200 });
}
const spelled = (ids: fc.Arbitrary<string>) => ids.chain((id) => fc.tuple(fc.constant(id), spellings(id)));
const operation = (operationName: string, resourceUri: string) =>
  readEvent(
    { id: "1", eventType: "Microsoft.Resources.ResourceDeleteSuccess", data: { operationName, resourceUri } },
    { principals: { observe: "own" }, subscriptionIds: [] },
    "2026-07-26T00:00:00.000Z",
  );

describe("every legal id", () => {
  test("is read into the parts that it was made of, and written as it was", () => {
    check(fc.tuple(guid, groupName, keyName), ([sub, group, key]) => {
      const id = `/subscriptions/${sub}/resourceGroups/${group}/providers/Microsoft.KeyVault/vaults/kv-orders/keys/${key}`;
      const parsed = parseArmId(id);
      expect(parsed).toEqual({
        subscriptionId: sub,
        resourceGroup: group,
        parent: null,
        type: "Microsoft.KeyVault/vaults/keys",
        names: ["kv-orders", key],
      });
      expect(formatArmId(parsed!)).toBe(id);
      expect(keyScopeOf(vaultIn(id)!, key)).toBe(id);
    });
  });

  test("is the same in every way of writing it, and is one key for a map", () => {
    check(spelled(resourceId), ([id, other]) => {
      expect(sameId(id, other)).toBe(true);
      expect(normalId(other)).toBe(normalId(id));
      expect(normalId(normalId(id))).toBe(normalId(id));
      expect(nameOf(other).toLowerCase()).toBe(nameOf(id).toLowerCase());
      expect(isUnder(id, other) && isUnder(other, id)).toBe(true);
    });
  });

  test("in two groups is two resources, unless the groups' names differ in casing alone", () => {
    const inGroup = (group: string): string => `/subscriptions/s/resourceGroups/${group}/providers/Microsoft.KeyVault/vaults/kv`;
    const alike = groupName.chain((name) =>
      fc.tuple(fc.constant(name), fc.constantFrom(name.toUpperCase(), name.toLowerCase(), `${name}_`)),
    );
    check(fc.oneof(fc.tuple(groupName, groupName), alike), ([one, other]) => {
      // ECMA-262's own comparison without case.
      const isOne = new RegExp(`^${one.replace(/[.()-]/g, String.raw`\$&`)}$`, "i").test(other);
      expect(sameId(inGroup(one), inGroup(other))).toBe(isOne);
    });
  });

  test("lies under its group, its subscription, the root and itself, and under no group whose name only begins alike", () => {
    check(resourceId, (id) => {
      const { subscriptionId, resourceGroup } = parseArmId(id)!;
      const group = `/subscriptions/${subscriptionId}/resourceGroups/${resourceGroup}`;
      for (const scope of ["/", `/subscriptions/${subscriptionId}`, group, id]) expect(isUnder(scope, id)).toBe(true);
      expect(isUnder(`${group}x`, id)).toBe(false);
      expect(isGroupId(group)).toBe(true);
      expect(isGroupId(id)).toBe(false);
    });
  });

  test("says what it is an id of, and nothing else", () => {
    check(spelled(vaultId), ([id, other]) => {
      expect([isVaultId(other), isKeyId(other), isDatabaseId(other)]).toEqual([true, false, false]);
      expect(sameId(vaultIn(other)!, id)).toBe(true);
      expect(databaseIn(other)).toBeUndefined();
      expect(identityIn(other)).toBeUndefined();
    });
    check(spelled(keyId), ([, other]) => {
      expect([isVaultId(other), isKeyId(other), isDatabaseId(other)]).toEqual([false, true, false]);
    });
    check(spelled(fc.oneof(accountId, clusterId)), ([id, other]) => {
      expect([isVaultId(other), isKeyId(other), isDatabaseId(other)]).toEqual([false, false, true]);
      expect(sameId(databaseIn(other)!, id)).toBe(true);
      expect(vaultIn(other)).toBeUndefined();
    });
    check(spelled(identityId), ([id, other]) => expect(sameId(identityIn(other)!, id)).toBe(true));
  });
});

describe("an event's scope", () => {
  test("is the vault that a role assignment at it, or at a key of it, was taken from", () => {
    check(fc.tuple(spelled(fc.oneof(vaultId, keyId)), guid), ([[id, other], name]) => {
      const read = operation("Microsoft.Authorization/roleAssignments/delete", assignmentOf(other.replace(/\/$/, ""), name));
      expect(read).toMatchObject({ kind: "signal", signal: { scope: { kind: "vault" } } });
      if (read.kind === "signal" && read.signal.scope.kind === "vault") expect(sameId(read.signal.scope.id, vaultIn(id)!)).toBe(true);
    });
  });

  test("is everything under a group of any name", () => {
    check(fc.tuple(guid, groupName), ([sub, group]) => {
      const scope = `/subscriptions/${sub}/resourceGroups/${group}`;
      const at = (signalScope: object) => ({ signal: { scope: signalScope } });
      const assignment = operation("Microsoft.Authorization/roleAssignments/delete", assignmentOf(scope, sub));
      expect(assignment).toMatchObject(at({ kind: "under", scope }));
      const deleted = operation("Microsoft.Resources/subscriptions/resourcegroups/delete", scope);
      expect(deleted).toMatchObject(at({ kind: "group", id: scope }));
      expect(scopeOfAssignment(assignmentOf(scope, sub))).toBe(scope);
    });
  });

  test("is the database or identity that was changed", () => {
    check(spelled(accountId), ([, other]) =>
      expect(operation("Microsoft.DocumentDB/databaseAccounts/write", other)).toMatchObject({ signal: { scope: { kind: "database" } } }),
    );
    check(spelled(identityId), ([, other]) =>
      expect(operation("Microsoft.ManagedIdentity/userAssignedIdentities/delete", other)).toMatchObject({
        signal: { scope: { kind: "identity" } },
      }),
    );
  });
});

describe("casing", () => {
  test.each([
    ["GRÜN", "grün", true],
    ["ΑΣ", "ας", true],
    ["ΑΣ.Β", "ασ.β", true],
    ["ДАННЫЕ", "данные", true],
    ["rg-ı", "rg-i", false],
    ["rg-İ", "rg-i", false],
    ["rg-\u212A", "rg-k", false],
    ["rg-ſ", "rg-s", false],
    ["straße", "strasse", false],
    ["STRAẞE", "straße", false],
  ])("%s and %s: one name is %s", (one, other, isOne) => {
    expect(foldCase(one) === foldCase(other)).toBe(isOne);
  });

  test("of a part is that of the whole: a scope is found at the start of what lies under it", () => {
    check(fc.tuple(groupName, groupName), ([a, b]) => expect(foldCase(`${a}/${b}`)).toBe(`${foldCase(a)}/${foldCase(b)}`));
    check(groupName, (name) => expect(foldCase(foldCase(name))).toBe(foldCase(name)));
  });
});

test.each(["rg%2f..%2fother", "50%", "..", ".", "%2e%2e", "a?b", "a%3fb", "a#b", "a\\b", "a%00b", "a\nb"])(
  "no id has '%s' in it: in a URL it would end the path or lead to another one",
  (name) => {
    expect(parseArmId(`/subscriptions/s/resourceGroups/${name}/providers/Microsoft.KeyVault/vaults/kv`)).toBeUndefined();
    expect(parseArmId(`/subscriptions/s/resourceGroups/rg/providers/Microsoft.KeyVault/vaults/${name}`)).toBeUndefined();
  },
);

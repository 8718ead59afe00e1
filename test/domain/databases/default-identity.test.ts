import { expect, test } from "vitest";
import {
  isSameDefault,
  parseDefaultIdentity,
  readDefaultIdentity,
  shareIdentity,
  writeDefault,
} from "../../../src/domain/databases/default-identity.ts";
import { aCluster, anAccount, IDENTITY_ID, identityIdOf } from "../../support/builders.ts";

const user = (id: string) => `UserAssignedIdentity=${id}`;

test.each([
  ["as it is", IDENTITY_ID],
  ["without its first slash", IDENTITY_ID.slice(1)],
  ["in capitals", IDENTITY_ID.toUpperCase()],
  ["as the identity provider writes it", IDENTITY_ID.replace("resourceGroups", "resourcegroups")],
])("the identity of an account or a cluster is the same: %s", (_what, id) => {
  const same = parseDefaultIdentity(user(IDENTITY_ID));
  expect(isSameDefault(parseDefaultIdentity(user(id)), same)).toBe(true);
  expect(isSameDefault(readDefaultIdentity(id)!, same)).toBe(true);
  expect(isSameDefault(parseDefaultIdentity(`useridentity=${id}`), same)).toBe(false);
  expect(isSameDefault(parseDefaultIdentity(user(identityIdOf("other"))), same)).toBe(false);
  expect(isSameDefault(parseDefaultIdentity("FirstPartyIdentity"), same)).toBe(false);
});

test.each(["FirstPartyIdentity", "SystemAssignedIdentity", user(IDENTITY_ID), `${user(IDENTITY_ID)}&FederatedClientId=app-1`])(
  "%s is written as it was read",
  (raw) => {
    expect(writeDefault(readDefaultIdentity(raw)!)).toBe(raw);
  },
);

test.each<[string, string, boolean]>([
  [user(IDENTITY_ID), user(IDENTITY_ID.toUpperCase()), true],
  [user(IDENTITY_ID), user(identityIdOf("other")), false],
  [user(IDENTITY_ID), "FirstPartyIdentity", false],
  ["FirstPartyIdentity", "FirstPartyIdentity", true],
  // Each has one of its own.
  ["SystemAssignedIdentity", "SystemAssignedIdentity", false],
])("what a database with %s is granted, another with %s has too: %s", (one, other, shared) => {
  const first = anAccount({ defaultIdentity: readDefaultIdentity(one)! });
  expect(shareIdentity(first, aCluster({ defaultIdentity: readDefaultIdentity(other)! }))).toBe(shared);
  expect(shareIdentity(first, first)).toBe(true);
});

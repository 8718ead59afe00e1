import { expect, test } from "vitest";
import { isSameDefault, parseDefaultIdentity, readDefaultIdentity, writeDefault } from "../../../src/domain/databases/default-identity.ts";
import { IDENTITY_ID, identityIdOf } from "../../support/builders.ts";

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

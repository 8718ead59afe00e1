import { describe, expect, test } from "vitest";
import type { IdentityFacts } from "../../../src/domain/facts.ts";
import { isRecreated } from "../../../src/domain/databases/index.ts";

const id = "/subscriptions/1/resourceGroups/rg/providers/Microsoft.ManagedIdentity/userAssignedIdentities/id-a";
const live = (principalId: string): IdentityFacts => ({
  id,
  state: "live",
  name: "id-a",
  location: "westeurope",
  tenantId: "t",
  principalId,
  clientId: "c",
  tags: {},
});

// Microsoft Learn, vCore troubleshooting guide: an identity made again under its old name has a new principal.
describe("an identity is made again", () => {
  const target = { attached: [{ id: id.toUpperCase(), principalId: "AAAA", clientId: null }] };

  test.each<[string, IdentityFacts, boolean]>([
    ["whose principal is another than the one the database holds", live("bbbb"), true],
    ["not one whose principal is the one the database holds, however it is written", live("aaaa"), false],
    ["not one that is gone", { id, state: "gone" }, false],
    ["not one that could not be read", { id, state: "unreadable", why: "denied", detail: "403" }, false],
  ])("%s", (_, identity, expected) => expect(isRecreated(target, identity)).toBe(expected));

  test("not one whose principal the database does not say", () => {
    expect(isRecreated({ attached: [{ id, principalId: null, clientId: null }] }, live("bbbb"))).toBe(false);
  });

  test("not one that the database does not hold", () => {
    expect(isRecreated({ attached: [] }, live("bbbb"))).toBe(false);
  });
});

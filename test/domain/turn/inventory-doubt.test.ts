import { expect, test } from "vitest";
import { doubtAbout, DOUBT_HOLDS_MS, followInventory, type InventoryView } from "../../../src/domain/turn/inventory-doubt.ts";
import { MINUTE } from "../../../src/domain/time.ts";
import { ACCOUNT_ID, NOW, SUBSCRIPTION } from "../../support/builders.ts";
import { after } from "../../support/turns.ts";

const ID = SUBSCRIPTION.split("/").at(-1)!;
const estate = { subscriptionIds: [ID.toUpperCase(), "s2"], principalId: "p1" };
const known = (n: number, id = ACCOUNT_ID) =>
  Array.from({ length: n }, (_, i) => ({ kind: "account" as const, id: `${id}-${i}`, keyUri: null, identityIds: [] }));
const view = (over: Partial<InventoryView> = {}): InventoryView => ({ patients: 2, unlisted: [], unread: null, ...over });
const elsewhere = known(1, ACCOUNT_ID.replace(ID, "11111111-0000-4000-8000-000000000000"));

test.each<[string, InventoryView, string | undefined, string[]]>([
  ["lists all that is known", view(), undefined, []],
  ["can't be read", view({ unread: "503: busy" }), "InventoryUnread", ["503: busy"]],
  ["can't be read, and nothing is known", view({ patients: 0, unread: "403: no" }), "InventoryUnread", ["403: no"]],
  ["can't be read, and what is known is unlisted for that", view({ unread: "no", unlisted: known(3) }), "InventoryUnread", ["no"]],
  ["lists less than is known", view({ unlisted: known(1) }), "InventoryShrank", ["1 databases", "looked at by their id"]],
  ["lists much less", view({ unlisted: known(12) }), "InventoryShrank", ["12 databases", "-9, ..."]],
  ["lacks only what lies where nobody watches any more", view({ unlisted: elsewhere }), undefined, []],
  ["lists nothing, and nothing is known", view({ patients: 0 }), "InventoryEmpty", ["nothing to look after"]],
])("an inventory that %s", (_, seen, reason, words) => {
  const doubt = doubtAbout(seen, estate);
  expect(doubt?.reason).toBe(reason);
  for (const word of words) expect(doubt?.detail).toContain(word);
});

test("its runbook asks for Keymend's roles at every subscription, and shows what is not listed", () => {
  const { runbook } = doubtAbout(view({ unlisted: known(2) }), estate)!;
  expect(runbook.filter((line) => line.startsWith("az role assignment list --assignee-object-id p1"))).toHaveLength(2);
  expect(runbook.filter((line) => line.startsWith(`az resource show --ids ${ACCOUNT_ID}-`))).toHaveLength(2);
});

const doubt = doubtAbout(view({ unlisted: known(1) }), estate)!;
const other = doubtAbout(view({ unread: "no" }), estate)!;
const at = (minutes: number) => ({ at: after(minutes), newId: "n1", since: NOW, estate });
const held = DOUBT_HOLDS_MS / MINUTE;
const open = followInventory(null, doubt, at(held))!.incident;

test("an inventory that is in doubt for a while is an incident, told once", () => {
  expect(followInventory(null, doubt, at(0))).toBeUndefined();
  expect(followInventory(null, doubt, at(held - 1))).toBeUndefined();
  expect(open).toMatchObject({
    id: "n1",
    vaultId: `/subscriptions/${ID.toUpperCase()}`,
    state: "waiting",
    outcome: "Escalated",
    reason: "InventoryShrank",
    detail: doubt.detail,
    runbook: doubt.runbook,
    closedAt: null,
    timeline: [{ at: after(held), what: `Escalated (InventoryShrank): ${doubt.detail}` }],
  });
  expect(followInventory(open, doubt, at(held + 5))).toBeUndefined();
});

test("it is told again where it becomes another", () => {
  const turn = followInventory(open, other, at(held + 5))!;
  expect(turn.incident).toMatchObject({ id: "n1", state: "waiting", reason: "InventoryUnread", runbook: other.runbook });
  expect(turn.incident.timeline).toHaveLength(2);
});

test("it closes by itself once the inventory is whole, and is none where it never was in doubt", () => {
  expect(followInventory(open, undefined, at(60))?.incident).toMatchObject({
    id: "n1",
    state: "closed",
    closedAt: after(60),
    outcome: "Superseded",
    reason: null,
    runbook: [],
  });
  expect(followInventory(null, undefined, at(60))).toBeUndefined();
});

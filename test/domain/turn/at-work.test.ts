import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { toIso, toMs } from "../../../src/domain/time.ts";
import { type AtWork, crowdOf, placeFor } from "../../../src/domain/turn/at-work.ts";
import { NOW, VAULT_ID } from "../../support/builders.ts";
import { aDecision, after, aStep, planOf, turnInput, turns } from "../../support/turns.ts";

const vault = (name: string): string => VAULT_ID.replace("kv-orders", name);
const LIMIT = { maxVaultsAtOnce: 2 };

describe("a place among the vaults that are written to at once", () => {
  const held = (place: number, name: string, minutes = 0): AtWork => ({ place, vaultId: vault(name), at: after(minutes) });

  test.each<[string, AtWork[], number | undefined]>([
    ["the first, where nobody is at work", [], 0],
    ["the next that is free", [held(0, "b")], 1],
    ["one that was given back", [held(1, "b")], 0],
    ["none, where each is taken", [held(0, "b"), held(1, "c")], undefined],
    ["its own, however long it has it", [held(1, "KV-Orders", -60), held(0, "b")], 1],
    ["its own, by whatever it is named", [{ ...held(0, "b"), vaultId: "https://kv-orders.vault.azure.net" }, held(1, "c")], 0],
    ["one whose repair has not shown in 15 minutes", [held(0, "b", -15), held(1, "c")], 0],
    ["none a moment before", [held(0, "b", -14.99), held(1, "c")], undefined],
    ["none, where more were at once before the limit was lowered", [held(4, "b"), held(5, "c")], undefined],
    ["no place beyond a limit that was lowered", [held(5, "kv-orders"), held(0, "b")], 1],
  ])("is %s", (_, all, place) => {
    expect(placeFor(all, VAULT_ID, LIMIT, NOW)).toBe(place);
    expect("crowd" in crowdOf(all, VAULT_ID, LIMIT, NOW)).toBe(place === undefined);
  });

  test("is never had by more vaults than are allowed, however they come and go", () => {
    const moves = fc.array(
      fc.record({ name: fc.constantFrom("a", "b", "c", "d", "e"), does: fc.constantFrom("takes", "takes", "leaves"), minutes: fc.nat(6) }),
      { minLength: 5, maxLength: 60 },
    );
    fc.assert(
      fc.property(moves, fc.integer({ min: 1, max: 3 }), (all, maxVaultsAtOnce) => {
        let rows: AtWork[] = [];
        let now = NOW;
        for (const { name, does, minutes } of all) {
          now = toIso(toMs(now) + minutes * 60_000);
          const vaultId = vault(name);
          if (does === "leaves") rows = rows.filter((row) => row.vaultId !== vaultId);
          else {
            const place = placeFor(rows, vaultId, { maxVaultsAtOnce }, now);
            // As the table keeps it: one row a place.
            if (place !== undefined) rows = [...rows.filter((row) => row.place !== place), { place, vaultId, at: now }];
          }
          const live = new Set(rows.filter(({ at }) => toMs(now) - toMs(at) < 15 * 60_000).map((row) => row.vaultId));
          expect(live.size).toBeLessThanOrEqual(maxVaultsAtOnce);
        }
      }),
    );
  });
});

describe("a vault that waits for a place", () => {
  const crowd = "2 vaults at once are mended";

  test("takes no step, says so, and is looked at again soon", () => {
    const turn = turns({ crowd });
    expect(turn.next).toMatchObject({
      do: "wait",
      until: after(0.5),
      why: `EnableKeyVersion on kv-orders/cmk waits for a place: ${crowd}`,
    });
    expect(turn.incident).toMatchObject({ state: "working", plan: { steps: [{ state: "waitsForPlace", why: crowd }] } });
    expect(turns({ crowd }, { now: after(1) }).next).toMatchObject({ do: "step" });
  });

  test("is asked what a person decides all the same, and keeps the answer", () => {
    const plan = planOf(aStep({ needs: "approval" }));
    expect(turns({ crowd, plan }).incident).toMatchObject({ state: "waiting", plan: { steps: [{ state: "waitsForApproval" }] } });
    const answered = turns({ crowd, plan }, { crowd, plan, now: after(1), decisions: [aDecision()] });
    expect(answered.incident).toMatchObject({
      state: "working",
      decision: { steps: ["step-1"] },
      plan: { steps: [{ state: "waitsForPlace" }] },
    });
  });

  test("has a step that comes after another wait for that", () => {
    const plan = planOf(aStep(), aStep({ id: "step-2", ready: false }));
    expect(turns({ crowd, plan }).incident?.plan?.steps).toMatchObject([{ state: "waitsForPlace" }, { state: "waitsForEarlierStep" }]);
  });

  test("is refused for what stands against any writing first", () => {
    expect(turns(turnInput({ crowd, held: { reason: "Paused", since: NOW, why: "paused" } })).next).toMatchObject({
      outcome: { code: "Refused", reason: "Paused" },
    });
  });
});

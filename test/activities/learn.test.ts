import { describe, expect, test } from "vitest";
import { forecastsFor, keepSeen } from "../../src/activities/learn.ts";
import type { Incident, IncidentTarget } from "../../src/domain/incident.ts";
import { MINUTE } from "../../src/domain/time.ts";
import { type Sample, withSample } from "../../src/domain/turn/revalidation.ts";
import { ACCOUNT_ID, aCluster, anAccount, CLUSTER_ID, NOW, someFacts } from "../support/builders.ts";
import { after } from "../support/turns.ts";

const facts = someFacts({ targets: [anAccount({ location: "West Europe" }), aCluster({ location: "westus" })] });
const incident = (over: Partial<IncidentTarget>): Incident =>
  ({
    id: "i1",
    targets: [{ id: ACCOUNT_ID, phase: "recovering", worst: "revoked", pathOkSince: after(-22), outcome: null, ...over }],
  }) as Incident;

function setUp(known: Record<string, readonly Sample[]> = {}) {
  const asked: string[] = [];
  const kept = new Map(Object.entries(known));
  return {
    asked,
    kept,
    revalidations: {
      load: async (place: string) => {
        asked.push(place);
        return kept.get(place) ?? [];
      },
      add: async (place: string, sample: Sample) => void kept.set(place, withSample(kept.get(place) ?? [], sample)),
    },
  };
}

describe("what is known", () => {
  const samples = Array.from({ length: 6 }, (_, i) => ({ id: String(i), at: NOW, ms: i * MINUTE }));

  test("is told of each database by its region and kind, as far as enough was seen", async () => {
    const { revalidations, asked } = setUp({ "account in west europe": samples, "cluster in westus": samples.slice(0, 2) });
    const forecasts = await forecastsFor(revalidations, incident({}), facts);
    expect(forecasts).toEqual({ [ACCOUNT_ID.toLowerCase()]: { usualMs: 2 * MINUTE, mostMs: 5 * MINUTE, seen: 6 } });
    expect(Object.keys(forecasts)).not.toContain(CLUSTER_ID.toLowerCase());
    expect(asked.toSorted()).toEqual(["account in west europe", "cluster in westus"]);
  });

  test("is not asked for where nobody waits", async () => {
    const { revalidations, asked } = setUp();
    expect(await forecastsFor(revalidations, incident({ phase: "inGrace" }), facts)).toEqual({});
    expect(asked).toEqual([]);
  });
});

test("what a look has seen is kept once, however often it is repeated", async () => {
  const { revalidations, kept } = setUp();
  const over = incident({ phase: "healthy", outcome: "Healed" });
  for (let i = 0; i < 2; i++) await keepSeen(revalidations, { incident: incident({}) }, over, facts);
  await keepSeen(revalidations, undefined, over, facts);
  expect([...kept].map(([place, all]) => [place, all.map(({ ms }) => ms / MINUTE)])).toEqual([["account in west europe", [22]]]);
});

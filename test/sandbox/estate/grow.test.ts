import { expect, test } from "vitest";
import { evaluateAction } from "../../../sandbox/azure/authorization/evaluate.ts";
import { buildEstate, growEstate } from "../../../sandbox/estate/estate.ts";
import { truePhase } from "../../../sandbox/play/watch.ts";
import { aWorld } from "../azure/pipeline.ts";

test("an estate grows to as many vaults as wanted, all healthy, with databases of both kinds and vaults of both models, open to Keymend", () => {
  const world = aWorld();
  const estate = buildEstate(world);
  growEstate(world, estate, { vaults: 12, databases: 3 });
  const grown = estate.patients.slice(4);
  expect(estate.patients).toHaveLength(12);
  expect(grown.map(({ databases }) => databases.length)).toEqual(Array(8).fill(3));
  expect(new Set(grown.map(({ kind, access }) => `${kind} ${access}`)).size).toBe(4);
  expect(world.vaults.size).toBe(12);
  for (const { databases, vault } of grown) {
    expect(databases.map((database) => truePhase(world, database))).toEqual(["healthy", "healthy", "healthy"]);
    expect(evaluateAction(world, estate.keymend.observe.principalId, "Microsoft.KeyVault/vaults/keys/read", vault.id, {}).allowed).toBe(
      true,
    );
  }
});

import { readFile } from "node:fs/promises";
import { describe, expect, test } from "vitest";
import { awaitsOf, type Kill, killsAt, pageOf, type Results, shapeOf } from "../../scripts/kills/page.ts";

describe("the page of the kills", () => {
  test("is what `npm run kills -- --page-from-results` writes, and what was played holds", async () => {
    const results: Results = JSON.parse(await readFile("docs/kills-results.json", "utf8"));
    const isSame = (await readFile("docs/kills.md", "utf8")) === pageOf(results);
    expect(isSame, "docs/kills.md is out of date: npm run kills -- --page-from-results").toBe(true);
    expect(results.repairs.flatMap(({ kills }) => kills.flatMap(({ problems }) => problems))).toEqual([]);
    const kills = results.repairs.flatMap((repair) => repair.kills);
    expect(kills).not.toEqual([]);
    for (const { problems: _, ...kill } of kills) expect(killsAt(kill)).toContainEqual(kill);
  });

  test("tells how far it was played, and what came to something else", () => {
    const kill = (at: number, problems: string[] = []): Kill => ({ at, nth: at + 1, what: "PUT azure/x|y", dies: "before", problems });
    const page = pageOf({ seed: 7, repairs: [{ name: "a grant", awaits: 4, kills: [kill(0), kill(1, ["2 incidents", "writes"])] }] });
    expect(page).toContain("| a grant | 4 | 2 | 50 % | 1 |");
    expect(page).toContain("- a grant, before message 1 (`PUT azure/x\\|y`): 2 incidents; writes");
  });
});

describe("the awaits of a repair", () => {
  const messages = [
    "GET azure/a",
    "PUT tables/t",
    "GET azure/a",
    "PUT azure/w",
    "GET azure/a",
    "PUT tables/t",
    "GET azure/a",
    "PUT tables/t",
  ];
  const all = messages.map((what, at) => ({ at, what, nth: messages.slice(0, at + 1).filter((one) => one === what).length }));

  test("are all up to the write, and after it each read once and all that is written", () => {
    expect(awaitsOf(all).map(({ at }) => at)).toEqual([0, 1, 2, 3, 4, 5, 7]);
  });

  test("are met before they are sent, and, where something is written, before they are answered", () => {
    expect(
      all
        .slice(0, 2)
        .flatMap(killsAt)
        .map(({ at, dies }) => [at, dies]),
    ).toEqual([
      [0, "before"],
      [1, "before"],
      [1, "after"],
    ]);
    const query = {
      at: 0,
      nth: 1,
      what: shapeOf({ to: "azure", method: "POST", url: "https://management.azure.com/providers/Microsoft.ResourceGraph/resources?x" }),
    };
    expect(killsAt(query)).toHaveLength(1);
  });

  test("have no ids, versions and keys in their names", () => {
    const guid = "0b1f6471-1bf0-4dda-aec3-cb9272f09590";
    const url = `https://management.azure.com/subscriptions/${guid}/resourceGroups/rg/providers/Microsoft.X/y/${guid}?api-version=1`;
    expect(shapeOf({ to: "azure", method: "PUT", url })).toBe("PUT azure/subscriptions/{id}/.../providers/Microsoft.X/y/{id}");
    expect(shapeOf({ to: "tables", method: "PUT", url: "/t(PartitionKey='a',RowKey='b')" })).toBe(
      "PUT tables/t(PartitionKey={key},RowKey={key})",
    );
  });
});

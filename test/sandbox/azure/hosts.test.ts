import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { hostKind } from "../../../sandbox/azure/hosts.ts";

const table = readFileSync("docs/sandbox.md", "utf8").split("## What answers")[1]!.split("\n## ")[0]!;
const documented = [...table.matchAll(/^\| (`[^|]+)\|/gm)].flatMap(([, cell]) =>
  [...cell!.matchAll(/`([^`]+)`/g)].map(([, host]) => host!),
);

/** As they stand in the source: whole, or what others end with. Of Resource Manager's the page says "its regional names". */
const known = [...readFileSync("sandbox/azure/hosts.ts", "utf8").matchAll(/^ {2}\[?"([\w.]+)"[,:] "\w+"/gm)]
  .map(([, host]) => (host!.startsWith(".") ? `*${host}` : host!))
  .filter((host) => host !== "*.management.azure.com");

test("the page on the sandbox has every host that answers, and no other", () => {
  expect(documented.toSorted()).toEqual(known.toSorted());
  expect(documented.filter((host) => hostKind(host.replace("*", "name")) === undefined)).toEqual([]);
});

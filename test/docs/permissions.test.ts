import { readFile } from "node:fs/promises";
import { expect, test } from "vitest";
import { permissionsPage } from "../../scripts/permissions/page.ts";
import { worst } from "../../scripts/permissions/worst.ts";

/** A formatter aligns the columns. */
const plain = (text: string): string => text.replaceAll(/ +/g, " ").replaceAll(/-{3,}/g, "---");

test("the page of the permissions is what `npm run permissions` writes", async () => {
  expect(plain(await readFile("docs/permissions.md", "utf8"))).toBe(plain(permissionsPage()));
});

test("says of no action what it could do that nobody is given", () => {
  const page = permissionsPage();
  expect(Object.keys(worst).filter((action) => !page.includes(`\`${action}\``))).toEqual([]);
});

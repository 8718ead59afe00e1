import { readFile } from "node:fs/promises";
import { expect, test } from "vitest";
import { type Action, deployedActions, nameOf, readMissed, UNSHOWN } from "../../scripts/permissions/actions.ts";
import { stories } from "../../sandbox/stories/index.ts";
import { permissionsPage } from "../../scripts/permissions/page.ts";
import { worst } from "../../scripts/permissions/worst.ts";

/** A formatter aligns the columns. */
const plain = (text: string): string => text.replaceAll(/ +/g, " ").replaceAll(/-{3,}/g, "---");

test("the page of the permissions is what `npm run permissions` writes", async () => {
  expect(plain(await readFile("docs/permissions.md", "utf8"))).toBe(plain(permissionsPage(readMissed())));
});

test("says of no action what it could do that nobody is given", () => {
  const page = permissionsPage(readMissed());
  expect(Object.keys(worst).filter((action) => !page.includes(`\`${action}\``))).toEqual([]);
});

const missedOf = (one: Action) => readMissed().find((other) => other.capability === one.capability && nameOf(other) === nameOf(one));
const named = deployedActions().map((one) => ({ ...one, name: nameOf(one) }));

test.each(named.filter(({ action }) => !(action in UNSHOWN)))(
  "without $name of $capability a story does not end as it must (npm run permissions -- --missing)",
  (one) => {
    expect(missedOf(one)?.faults.length).toBeGreaterThan(0);
    expect(stories.map(({ name }) => name)).toContain(missedOf(one)?.story);
  },
);

test("what no story shows is given for a reason that is written down, and is still given", () => {
  expect(Object.keys(UNSHOWN).filter((name) => !named.some(({ action }) => action === name))).toEqual([]);
  expect(named.filter((one) => one.action in UNSHOWN && missedOf(one) !== undefined)).toEqual([]);
});

import { readdirSync } from "node:fs";
import { basename } from "node:path";
import { expect, test } from "vitest";
import { stories } from "../../../sandbox/stories/index.ts";

/** What stories share. */
const SHARED = ["acts", "enabling", "index", "listing", "revoking", "story", "wanting"];
const files = readdirSync("sandbox/stories")
  .map((file) => basename(file, ".ts"))
  .filter((name) => !SHARED.includes(name));

test.each(files)("%s.ts exports the story of that name, and no other", (name) => {
  expect(stories.map((story) => story.name)).toContain(name);
});

test("a story is a file, and none is there twice", () => {
  expect(stories.map(({ name }) => name)).toEqual(files.toSorted());
});

test.each(stories.map((story) => ({ ...story })))("$name says how each of its phases ends, and for which kinds of database", (story) => {
  const { phases, outcome, kinds, title } = story;
  expect(Object.keys(outcome).toSorted()).toEqual(phases.toSorted());
  expect([kinds.length, phases.length, title.length].every((length) => length > 0)).toBe(true);
});

const calling = stories.filter(({ outcome }) => Object.values(outcome).some((end) => end === "Escalated" || end === "Unrecoverable"));

test.each(calling)("$name calls a person and says why: by its reason, or by its one cause", ({ reason, causes }) => {
  expect(reason !== undefined || causes.length === 1).toBe(true);
});

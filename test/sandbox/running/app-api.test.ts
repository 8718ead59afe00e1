import { expect, test } from "vitest";
import { asks, type AuditRow } from "../../../sandbox/running/app-api.ts";

const row = (kind: string, ...states: string[]): AuditRow => ({
  schema: 2,
  entryId: "e",
  kind,
  what: "",
  data: { hash: "h", steps: states.map((state) => ({ name: "EnableKeyVersion", state })) },
  at: "2026-11-02T09:00:00Z",
  actor: "keymend",
  seq: 1,
  prev: "",
  hash: "",
});

test.each([
  [row("plan", "next"), false],
  [row("plan", "next", "waitsForApproval"), true],
  [row("step", "waitsForApproval"), false],
])("a person is asked where a plan on record has a step wait for one: %#", (audit, expected) => {
  expect(asks(audit)).toBe(expected);
});

import { expect, test } from "vitest";
import { firstExpiry } from "../../../src/domain/databases/key-path.ts";
import { aKey, anAccount, aVersion, someFacts, V1, V2, V3 } from "../../support/builders.ts";

const SOON = "2026-11-20T00:00:00.000Z";
const LATE = "2027-11-20T00:00:00.000Z";
const newestFirst = [
  aVersion(V3, { createdOn: "2026-03-01T00:00:00Z", expiresOn: LATE }),
  aVersion(V2, { createdOn: "2026-02-01T00:00:00Z", expiresOn: SOON }),
  aVersion(V1, { createdOn: "2026-01-01T00:00:00Z", expiresOn: "2026-11-03T00:00:00.000Z" }),
];

test.each([
  ["the version in use runs out", [anAccount({ versionInUse: V2 })], SOON],
  ["it is the newest, and older ones run out before it", [anAccount({ versionInUse: V3 })], LATE],
  [
    "one of several databases is on a version that runs out before",
    [anAccount({ versionInUse: V3 }), anAccount({ versionInUse: V2 })],
    SOON,
  ],
  ["there is no database", [], null],
])("the first expiry where %s", (_, targets, expected) => {
  expect(firstExpiry(someFacts({ targets, keys: [aKey(newestFirst)] }))).toBe(expected);
});

test("there is none where no version has one", () => {
  expect(firstExpiry(someFacts({ keys: [aKey([aVersion(V1, { expiresOn: null })])] }))).toBeNull();
});

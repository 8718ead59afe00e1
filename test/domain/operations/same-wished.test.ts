import { expect, test } from "vitest";
import { isSameWished } from "../../../src/domain/operations/same-wished.ts";
import type { Wished } from "../../../src/domain/wish.ts";
import { ACCOUNT_ID, KEY_URI } from "../../support/builders.ts";
import { CHECK, ENABLE, RESTORE, REVOKE, ROTATE, SWITCH_KEY } from "../../support/wishes.ts";

const enable = (over: Partial<typeof ENABLE.params>): Wished => ({ ...ENABLE, params: { ...ENABLE.params, ...over } });

test.each<[what: string, one: Wished, other: Wished, isSame: boolean]>([
  ["the same", CHECK, CHECK, true],
  ["another operation on it", REVOKE, RESTORE, false],
  ["another key", ROTATE, { operation: "rotate-key", params: { keyUri: `${KEY_URI}-2` } }, false],
  ["the same key in another casing", ROTATE, { operation: "rotate-key", params: { keyUri: KEY_URI.toUpperCase() } }, true],
  ["the same database in another casing", ENABLE, enable({ databaseId: ACCOUNT_ID.toUpperCase() }), true],
  ["the same at another speed", ENABLE, enable({ requestUnits: 7 }), true],
  ["by another identity", ENABLE, enable({ identityId: "/other" }), false],
  [
    "the same in another order",
    SWITCH_KEY,
    { operation: "switch-key", params: { keyUri: SWITCH_KEY.params.keyUri, databaseId: ACCOUNT_ID } },
    true,
  ],
])("%s is what is wanted already, or not", (_, one, other, isSame) => {
  expect([isSameWished(one, other), isSameWished(other, one)]).toEqual([isSame, isSame]);
});

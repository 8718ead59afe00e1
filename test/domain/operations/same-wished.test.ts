import { expect, test } from "vitest";
import { isRival, isSameWished } from "../../../src/domain/operations/same-wished.ts";
import type { Wished } from "../../../src/domain/wish.ts";
import { ACCOUNT_ID, KEY_URI } from "../../support/builders.ts";
import {
  CHECK,
  ENABLE,
  PREPARE,
  RESTORE,
  RESTORE_GRANT,
  REVOKE,
  REVOKE_GRANT,
  ROTATE,
  SWITCH_IDENTITY,
  SWITCH_KEY,
} from "../../support/wishes.ts";

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

test.each<[what: string, one: Wished, other: Wished, isRivalTo: boolean]>([
  [
    "another key for the same database",
    SWITCH_KEY,
    { operation: "switch-key", params: { databaseId: ACCOUNT_ID.toUpperCase(), keyUri: KEY_URI } },
    true,
  ],
  ["another identity for a database that is moved to a key", SWITCH_KEY, SWITCH_IDENTITY, true],
  ["a first key for a database that is moved", ENABLE, SWITCH_IDENTITY, true],
  [
    "a move of another database",
    SWITCH_KEY,
    { operation: "switch-key", params: { databaseId: `${ACCOUNT_ID}-2`, keyUri: KEY_URI } },
    false,
  ],
  ["a look at the requirements of a database that is moved", SWITCH_KEY, CHECK, false],
  ["what a database that is moved still lacks", SWITCH_KEY, PREPARE, false],
  ["the loss of its grant, which ends the move", SWITCH_KEY, REVOKE_GRANT, false],
  ["that back", REVOKE_GRANT, RESTORE_GRANT, false],
  ["a new version of the key", SWITCH_KEY, ROTATE, false],
  ["two keys", REVOKE, ROTATE, false],
])("%s is what can't be had at the same time, or not", (_, one, other, isRivalTo) => {
  expect([isRival(one, other), isRival(other, one)]).toEqual([isRivalTo, isRivalTo]);
});

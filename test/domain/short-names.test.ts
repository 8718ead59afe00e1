import { expect, test } from "vitest";
import { namesOf, placeOf, stepInShort } from "../../src/domain/short-names.ts";
import { ACCOUNT_ID, CLUSTER_ID, KEY_SCOPE, KEY_URI, V1 } from "../support/builders.ts";

test.each([
  [KEY_SCOPE, "kv-orders/cmk"],
  [`${KEY_URI}/${V1}`, "kv-orders/cmk/11111111"],
  [KEY_URI, "kv-orders/cmk"],
  ["https://kv-orders.vault.azure.net", "kv-orders"],
  [ACCOUNT_ID, "orders"],
  ["whatever", "whatever"],
  ["/subscriptions/s", "/subscriptions/s"],
])("%s is %s for a person", (id, words) => {
  expect(placeOf(id)).toBe(words);
});

test.each([
  [{ about: null }, "RecoverKey on kv-orders/cmk"],
  [{}, "RecoverKey on kv-orders/cmk"],
  [{ about: "the sake of it" }, "RecoverKey on kv-orders/cmk, for the sake of it"],
])("a step with %j is %s in a sentence", (more, words) => {
  expect(stepInShort({ name: "RecoverKey", on: KEY_URI, ...more })).toBe(words);
});

test("several databases are told by their names", () => {
  expect(namesOf([ACCOUNT_ID, CLUSTER_ID, "x"])).toBe("orders, carts, x");
});

import { expect, test } from "vitest";
import { standsInFor } from "../../src/domain/steps/create-identity.ts";
import { INSTEAD_OF_TAG, OWN_TAGS, tagIn, withoutTag } from "../../src/domain/tags.ts";

test.each([...OWN_TAGS, INSTEAD_OF_TAG])("%s is found however it is written", (tag) => {
  for (const name of [tag, tag.toUpperCase(), ` ${tag.toLowerCase()} `]) {
    const tags = { owner: "shop", [name]: "drill" };
    expect(tagIn(tags, tag)).toBe("drill");
    expect(withoutTag(tags, tag)).toEqual({ owner: "shop" });
  }
});

test.each(OWN_TAGS)("what only begins like %s is another tag", (tag) => {
  expect(tagIn({ [`${tag}2`]: "drill" }, tag)).toBeUndefined();
  expect(withoutTag({ [`${tag}2`]: "drill" }, tag)).toEqual({ [`${tag}2`]: "drill" });
});

test("an identity that Keymend made is known by its tag, whoever wrote that anew", () => {
  expect(standsInFor({ tags: { "Keymend:InsteadOf": "ID-orders" } }, "id-orders")).toBe(true);
  expect(standsInFor({ tags: { "keymend:insteadOf": "id-carts" } }, "id-orders")).toBe(false);
});

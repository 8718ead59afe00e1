import { describe, expect, test } from "vitest";
import { parseBicep, type Value } from "../../../sandbox/estate/bicep.ts";

const read = (expression: string, parameters: Record<string, Value> = {}): Value =>
  parseBicep(
    `param yes bool\nparam no bool\nparam who string\nvar list = ['a']\nresource other 'A/b@1' existing = {\n  name: 'o'\n}\nresource r 'A/b@2' = {\n  v: ${expression}\n}\n`,
    { yes: true, no: false, who: "me", ...parameters },
    { subscriptionId: "here" },
  ).resources[0]!.at("v");

test.each<[string, Value]>([
  ["'plain'", "plain"],
  [String.raw`'it\'s \\ of ${"${who}"}'`, "it's \\ of me"],
  ["12", 12],
  ["-1", -1],
  ["true", true],
  ["null", null],
  ["[\n'a' // why\n'b'\n]", ["a", "b"]],
  ["{\n  a: 'x'\n  'b c': ['y']\n}", { a: "x", "b c": ["y"] }],
  ["concat(['a'], yes ? ['b'] : [], no ? ['c'] : [], list)", ["a", "b", "a"]],
  ["(yes && !no) ? 'both' : 'not'", "both"],
  ["join(list, ', ')", "a"],
  ["contains({ a: 1 }, 'A')", true],
  ["contains({ a: 1 }, who)", false],
  ["no || who != 'me'", false],
  ["who == 'me'", true],
  ["other.id", "other"],
  ["'${subscription().id} is ${subscription().subscriptionId}'", "/subscriptions/here is here"],
])("understands %s", (expression, value) => {
  expect(read(expression)).toEqual(value);
});

test.each([
  "union(list, ['b'])",
  "concat(list, who)",
  "join(list, list)",
  "join(who, ',')",
  "contains(list, 'a')",
  "contains({ a: 1 }, list)",
  "toObject(list)",
  "resourceGroup().id",
  "subscription('other').id",
  "subscription().tenantId",
  "[for x in list: x]",
  "list[0]",
  "list == list",
  "yes + no",
  String.raw`'\${who}'`,
  "who ? 'a' : 'b'",
  "other.properties",
  "missing",
  "'''raw'''",
  "map(list, x => x)",
  "yes ?? no",
  "'a${list}'",
])("throws at %s, which it does not understand", (expression) => {
  expect(() => read(expression)).toThrow(/is not understood here/);
});

describe("a file", () => {
  const deployed = (condition: string) =>
    parseBicep(`param yes bool\nresource r 'A/b@2' = if (${condition}) {\n  name: 'r'\n}\noutput id string = r.id\n`, { yes: true });

  test("says whether a resource is deployed, and what it puts out", () => {
    expect(deployed("yes").resources).toMatchObject([{ symbol: "r", type: "A/b", isDeployed: true }]);
    expect(deployed("!yes").resources).toMatchObject([{ isDeployed: false }]);
    expect(deployed("yes").output("id")).toBe("r");
    expect(() => deployed("yes").output("other")).toThrow("no output other");
  });

  test("that is not understood throws: a syntax error, a condition, resources in a loop, a parameter or a place that is not given", () => {
    expect(() => parseBicep("resource r 'A/b@2' = {", {})).toThrow("syntax error");
    expect(() => deployed("yes == list")).toThrow("not understood");
    expect(() => parseBicep("resource r 'A/b@2' = [for i in range(0, 2): {\n  name: 'r'\n}]\n", {})).toThrow("not understood");
    expect(() => parseBicep("output o string = subscription().id\n", {}).output("o")).toThrow("not understood");
    expect(() => parseBicep("param p string\noutput o string = p\n", {}).output("o")).toThrow("parameter p is not given");
  });
});

import { describe, expect, test } from "vitest";
import { DAY, formatDuration, fromUnix, HOUR, MINUTE, parseDuration, SECOND, toDate, toMs } from "../../src/domain/time.ts";

describe("durations", () => {
  test.each([
    ["P30D", 30 * DAY],
    ["P1Y", 365 * DAY],
    ["PT1H30M", 90 * MINUTE],
    ["P1DT2H", 26 * HOUR],
    ["PT0.5S", 500],
    ["PT0S", 0],
  ])("%s is %d ms", (text, ms) => {
    expect(parseDuration(text)).toBe(ms);
  });

  test.each(["", "P", "PT", "30D", "P1M", "P1DT", "soon"])("'%s' is none", (text) => {
    expect(parseDuration(text)).toBeUndefined();
  });

  test.each([
    [0, "0 s"],
    [-5, "0 s"],
    [999, "0 s"],
    [1500, "1 s"],
    [8 * MINUTE + 6 * SECOND, "8 min 6 s"],
    [HOUR, "1 h"],
    [2 * HOUR + 2 * MINUTE + 31_135, "2 h 2 min"],
    [2 * HOUR + 31_135, "2 h"],
    [DAY + 2 * HOUR, "1 d 2 h"],
  ])("%d ms is %s", (ms, text) => {
    expect(formatDuration(ms)).toBe(text);
  });
});

describe("times", () => {
  test("an offset and a Z are the same moment: Cosmos DB sends both (recorded: cloud-custodian CosmosDBTest.test_find_by_name.json)", () => {
    expect(toMs("2026-06-02T15:35:43.1591888+00:00")).toBe(toMs("2026-06-02T15:35:43.159Z"));
  });

  test("Key Vault counts in unix seconds", () => {
    expect(fromUnix(1559082102)).toBe("2019-05-28T22:21:42.000Z");
  });

  test("a durable timer wants a Date", () => {
    expect(toDate(0).toISOString()).toBe("1970-01-01T00:00:00.000Z");
  });
});

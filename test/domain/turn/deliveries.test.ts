import { describe, expect, test } from "vitest";
import { type DeliveriesRecord, dueShare, sayUndelivered, SHARES, withRead } from "../../../src/domain/turn/deliveries.ts";
import { DAY, HOUR, MINUTE, toIso, toMs } from "../../../src/domain/time.ts";

const NOW = "2026-11-02T09:03:20.000Z";
const END = "2026-11-02T08:55:00.000Z";
const at = (ms: number): string => toIso(toMs(NOW) + ms);

describe("of what Event Grid counts", () => {
  test("each share is read once an hour, whole grains at a time, none twice and none left out", () => {
    let record: DeliveriesRecord | null = null;
    const spans: { share: number; since: string; until: string }[] = [];
    for (let sweep = 0; sweep < 3 * SHARES; sweep++) {
      const due = dueShare(record, at(sweep * 5 * MINUTE));
      if (due === null) continue;
      spans.push(due);
      record = withRead(record, due);
    }
    expect(spans[0]).toEqual({ share: 0, since: toIso(toMs(END) - HOUR), until: END });
    for (let share = 0; share < SHARES; share++) {
      const own = spans.filter((one) => one.share === share);
      expect(own.length).toBeGreaterThanOrEqual(2);
      expect(own.slice(1).map(({ since }) => since)).toEqual(own.slice(0, -1).map(({ until }) => until));
      expect(own.every(({ since, until }) => toMs(until) - toMs(since) >= HOUR && toMs(until) % (5 * MINUTE) === 0)).toBe(true);
    }
  });

  test("nothing is due before an hour has gone by", () => {
    const readTo = Array.from({ length: SHARES }, () => toIso(toMs(END) - HOUR + 5 * MINUTE));
    expect(dueShare({ readTo }, NOW)).toBeNull();
  });

  test("what is written down from a time to come is begun anew, and of one long ago a week is read", () => {
    const readTo = Array.from({ length: SHARES }, () => toIso(toMs(END) - 30 * MINUTE));
    expect(dueShare({ readTo: readTo.with(3, at(DAY)) }, NOW)).toEqual({ share: 3, since: toIso(toMs(END) - HOUR), until: END });
    expect(dueShare({ readTo: readTo.with(5, at(-90 * DAY)) }, NOW)).toEqual({ share: 5, since: toIso(toMs(END) - 7 * DAY), until: END });
  });

  test("the lost are told, and how many lie where they can be looked at", () => {
    const span = { since: "A", until: "B" };
    expect(sayUndelivered("/v", { subscription: "s", dropped: 1, kept: 0 }, span)).toBe(
      "1 event of /v did not reach Keymend by s between A and B: the sweeps see what it was about",
    );
    expect(sayUndelivered("/v", { subscription: "s", dropped: 1, kept: 2 }, span)).toContain("3 events of /v");
    expect(sayUndelivered("/v", { subscription: "s", dropped: 1, kept: 2 }, span)).toContain("of which 2 lie in the container");
  });
});

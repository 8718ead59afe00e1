import fc from "fast-check";
import { describe, expect, test } from "vitest";
import {
  afterFailure,
  asSending,
  bundlesDue,
  type Channel,
  CHANNELS,
  GIVE_UP_AFTER_MS,
  type Letter,
  lettersFor,
  MOST_IN_A_DIGEST,
  SENDING_MS,
} from "../../../src/domain/telling/letters.ts";
import type { News } from "../../../src/domain/telling/news.ts";
import { isQuiet, parseQuietHours } from "../../../src/domain/telling/quiet-hours.ts";
import { DAY, HOUR, MINUTE, toIso, toMs } from "../../../src/domain/time.ts";
import { after } from "../../support/turns.ts";

/** NOW is 10:00. */
const NIGHT = parseQuietHours("09:00-11:00")!;
const pace = { digestMs: 15 * MINUTE, quietHours: null };

const news = (over: Partial<News> = {}): News => ({
  id: "n1",
  type: "Keymend.Healed",
  weight: "soon",
  at: after(0),
  about: "/v",
  incidentId: "i1",
  like: "l1",
  title: "t",
  text: "x",
  facts: [],
  asks: false,
  data: {},
  ...over,
});
const letter = (over: Partial<Letter> = {}): Letter => ({
  channel: "mail",
  news: news(),
  since: after(0),
  tries: 0,
  nextAt: after(0),
  failure: null,
  ...over,
});

describe("who is told", () => {
  test.each<[News["weight"], string | null, Channel[]]>([
    ["now", null, ["topic", "webhook", "teams", "mail"]],
    ["now", after(-60), ["topic", "webhook", "teams", "mail"]],
    ["soon", null, ["topic", "webhook", "teams", "mail"]],
    ["soon", after(-60 * 24), ["topic", "webhook", "teams", "mail"]],
    ["soon", after(-60 * 23), ["topic", "webhook"]],
    ["record", null, ["topic", "webhook"]],
  ])("of what presses %s, told alike at %s: %s", (weight, likeToldAt, channels) => {
    expect(lettersFor(news({ weight }), CHANNELS, after(0), likeToldAt).map(({ channel }) => channel)).toEqual(channels);
  });

  test("nobody where no channel is set", () => {
    expect(lettersFor(news({ weight: "now" }), [], after(0), null)).toEqual([]);
  });
});

describe("what goes out", () => {
  const due = (letters: Letter[], minutes: number, over = {}) => bundlesDue(letters, after(minutes), { ...pace, ...over });

  test("machines hear each thing alone and at once, in quiet hours too", () => {
    const two = [letter({ channel: "topic" }), letter({ channel: "webhook" })];
    expect(due(two, 0, { quietHours: NIGHT })).toEqual([[two[0]], [two[1]]]);
  });

  test("people hear at once what presses, in quiet hours too", () => {
    const press = letter({ news: news({ weight: "now" }) });
    expect(due([press], 0, { quietHours: NIGHT })).toEqual([[press]]);
  });

  test("what can wait is put together, by channel, once the oldest has waited for the digest", () => {
    const first = letter();
    const second = letter({ since: after(10), nextAt: after(10) });
    const teams = letter({ channel: "teams", since: after(14), nextAt: after(14) });
    expect(due([second, first, teams], 14.9)).toEqual([]);
    expect(due([second, first, teams], 15)).toEqual([[first, second]]);
    expect(due([second, first, teams], 29)).toEqual([[teams], [first, second]]);
  });

  test("and is held back by quiet hours until they end", () => {
    expect(due([letter()], 59, { quietHours: NIGHT })).toEqual([]);
    expect(due([letter()], 60, { quietHours: NIGHT })).toEqual([[letter()]]);
  });

  test("nothing before its time, and not more in one digest than a card holds", () => {
    expect(due([letter({ channel: "topic", nextAt: after(5) })], 4)).toEqual([]);
    const many = Array.from({ length: MOST_IN_A_DIGEST + 5 }, () => letter());
    expect(due(many, 15).map((bundle) => bundle.length)).toEqual([MOST_IN_A_DIGEST]);
  });

  test("what is being sent is sent by nobody else, until whoever sends it must have died", () => {
    const sending = asSending(letter({ channel: "topic" }), after(0));
    expect(due([sending], SENDING_MS / MINUTE - 0.01)).toEqual([]);
    expect(due([sending], SENDING_MS / MINUTE)).toEqual([[sending]]);
  });
});

describe("a try that comes to nothing", () => {
  test.each([
    [0, null, 1],
    [1, null, 2],
    [3, null, 8],
    [6, null, 60],
    [50, null, 60],
    [0, 90_000, 1.5],
    [0, 10 * DAY, 360],
    [6, 1000, 60],
  ])("is repeated after %s tries, where the receiver asks for %s ms, in %s min", (tries, retryAfterMs, minutes) => {
    const { letter: tried, dead } = afterFailure(letter({ tries }), { ok: false, why: "503", retryAfterMs }, after(0));
    expect(tried).toEqual({ ...letter(), tries: tries + 1, failure: "503", nextAt: after(minutes) });
    expect(dead).toBe(false);
  });

  test("is given up a day after it was to be told", () => {
    const failed = (ms: number) => afterFailure(letter(), { ok: false, why: "503", retryAfterMs: null }, toIso(toMs(after(0)) + ms)).dead;
    expect([failed(GIVE_UP_AFTER_MS - 1), failed(GIVE_UP_AFTER_MS)]).toEqual([false, true]);
  });
});

describe("quiet hours", () => {
  test.each([
    ["22:00-06:30", { fromMs: 22 * HOUR, toMs: 6.5 * HOUR }],
    ["00:00-16:00", { fromMs: 0, toMs: 16 * HOUR }],
    ["00:00-16:01", undefined],
    ["23:00-16:00", undefined],
    ["22:00-22:00", undefined],
    ["24:00-06:00", undefined],
    ["22:60-06:00", undefined],
    ["22-6", undefined],
    ["", undefined],
  ])("%s", (text, quiet) => {
    expect(parseQuietHours(text)).toEqual(quiet);
  });

  test.each([
    ["22:00-06:00", 23, true],
    ["22:00-06:00", 22, true],
    ["22:00-06:00", 5.9, true],
    ["22:00-06:00", 6, false],
    ["22:00-06:00", 12, false],
    ["01:00-03:00", 0.9, false],
    ["01:00-03:00", 2, true],
    ["01:00-03:00", 3, false],
  ])("of %s hold at hour %s: %s", (text, hour, quiet) => {
    expect(isQuiet(hour * HOUR + 20_000 * DAY, parseQuietHours(text)!)).toBe(quiet);
  });

  test("there need be none", () => {
    expect(isQuiet(0, null)).toBe(false);
  });
});

describe("whatever the pace", () => {
  const times = fc.integer({ min: 0, max: 3 * 24 * 60 });
  const letters = fc.array(
    fc.record({
      channel: fc.constantFrom(...CHANNELS),
      weight: fc.constantFrom("now" as const, "soon" as const),
      since: times,
      wait: fc.integer({ min: 0, max: 60 }),
    }),
    { maxLength: 60 },
  );
  const quiet = fc.option(
    fc
      .record({ fromMs: fc.integer({ min: 0, max: DAY - 1 }), lengthMs: fc.integer({ min: 1, max: 16 * HOUR }) })
      .map(({ fromMs, lengthMs }) => ({ fromMs, toMs: (fromMs + lengthMs) % DAY })),
    { nil: null },
  );
  const made = (all: { channel: Channel; weight: "now" | "soon"; since: number; wait: number }[]): Letter[] =>
    all.map(({ channel, weight, since, wait }) =>
      letter({ channel, news: news({ weight }), since: after(since), nextAt: after(since + wait) }),
    );

  test("what presses goes out whenever it is due, whatever is quiet, and nothing goes out before it is due, twice, or to another channel", () => {
    fc.assert(
      fc.property(letters, quiet, fc.integer({ min: 1, max: 600 }), times, (all, quietHours, digest, minutes) => {
        const given = made(all);
        const now = after(minutes);
        const bundles = bundlesDue(given, now, { digestMs: digest * MINUTE, quietHours });
        const sent = bundles.flat();
        const due = given.filter(({ nextAt }) => toMs(nextAt) <= toMs(now));
        expect(sent.filter((one) => !due.includes(one))).toEqual([]);
        expect(new Set(sent).size).toBe(sent.length);
        for (const bundle of bundles) expect(new Set(bundle.map(({ channel }) => channel)).size).toBe(1);
        const alone = due.filter(({ news: { weight }, channel }) => weight === "now" || channel === "topic" || channel === "webhook");
        expect(bundles.filter((bundle) => bundle.length === 1).map(([one]) => one)).toEqual(expect.arrayContaining(alone));
      }),
    );
  });

  test("everything goes out in the end, for quiet hours end", () => {
    fc.assert(
      fc.property(letters, quiet, fc.integer({ min: 1, max: 600 }), (all, quietHours, digest) => {
        let left = made(all);
        for (let minutes = 3 * 24 * 60; left.length > 0; minutes += 30) {
          const sent = new Set(bundlesDue(left, after(minutes), { digestMs: digest * MINUTE, quietHours }).flat());
          left = left.filter((one) => !sent.has(one));
          if (minutes > 6 * 24 * 60) break;
        }
        expect(left).toEqual([]);
      }),
    );
  });
});

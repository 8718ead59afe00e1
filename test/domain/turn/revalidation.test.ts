import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { Incident, IncidentTarget } from "../../../src/domain/incident.ts";
import {
  escalateAfterMs,
  FEWEST,
  type Forecast,
  forecastOf,
  isWaitedFor,
  MOST_KEPT,
  placeOf,
  type Sample,
  samplesIn,
  sayForecast,
  withSample,
} from "../../../src/domain/turn/revalidation.ts";
import { HOUR, MINUTE } from "../../../src/domain/time.ts";
import { ACCOUNT_ID, NOW, someFacts } from "../../support/builders.ts";
import { after, aStep, diagnosisOf, healthy, planOf, recovering, seen, turns } from "../../support/turns.ts";

const sample = (minutes: number, i = minutes): Sample => ({ id: `s${i}`, at: after(i), ms: minutes * MINUTE });
const forecast = (over: Partial<Forecast> = {}): Forecast => ({ usualMs: 22 * MINUTE, mostMs: 51 * MINUTE, seen: 38, ...over });
const arbitrary = fc.array(fc.integer({ min: 0, max: 600 }), { minLength: FEWEST, maxLength: 300 });
const samplesOf = (minutes: readonly number[]): Sample[] => minutes.map((one, i) => sample(one, i));

describe("what was seen", () => {
  test("of too few says nothing", () => {
    expect(forecastOf(samplesOf([1, 2, 3, 4]))).toBeNull();
  });

  test("is said with how many there were", () => {
    const minutes = Array.from({ length: 38 }, (_, i) => i + 4);
    expect(sayForecast(forecastOf(samplesOf(minutes))!)).toBe("usually 22 min, 95 % within 40 min, of 38 seen");
  });

  test("of one length is that length", () => {
    expect(forecastOf(samplesOf([7, 7, 7, 7, 7]))).toEqual({ usualMs: 7 * MINUTE, mostMs: 7 * MINUTE, seen: 5 });
  });

  test("names lengths that were seen: half are no longer than the one, 95 % no longer than the other, in whatever order", () => {
    fc.assert(
      fc.property(arbitrary, (minutes) => {
        const { usualMs, mostMs, seen: count } = forecastOf(samplesOf(minutes))!;
        const share = (ms: number): number => minutes.filter((one) => one * MINUTE <= ms).length / minutes.length;
        const below = (ms: number): number => minutes.filter((one) => one * MINUTE < ms).length / minutes.length;
        expect(minutes.map((one) => one * MINUTE)).toEqual(expect.arrayContaining([usualMs, mostMs]));
        expect(share(usualMs)).toBeGreaterThanOrEqual(0.5);
        expect(below(usualMs)).toBeLessThan(0.5);
        expect(share(mostMs)).toBeGreaterThanOrEqual(0.95);
        expect(below(mostMs)).toBeLessThan(0.95);
        expect(usualMs).toBeLessThanOrEqual(mostMs);
        expect(count).toBe(minutes.length);
        expect(forecastOf(samplesOf(minutes.toReversed()))).toEqual({ usualMs, mostMs, seen: count });
      }),
    );
  });

  test("is kept once for each, the newest of many, whatever order they come in", () => {
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 0, max: 400 }), { maxLength: 450 }), (ids) => {
        const kept = ids.reduce<readonly Sample[]>((all, id) => withSample(all, sample(id)), []);
        const expected = [...new Set(ids)].toSorted((a, b) => a - b).slice(-MOST_KEPT);
        // One that is older than all that is kept may come and go again.
        expect(kept.map(({ ms }) => ms / MINUTE)).toEqual(expected);
      }),
      { numRuns: 30 },
    );
  });
});

describe("a person is called", () => {
  test.each([
    ["nothing is known", null, 2],
    ["it is quick here", forecast(), 2],
    ["it is slow here", forecast({ mostMs: 3 * HOUR }), 3],
    ["it is slow here, by too few to go by", forecast({ mostMs: 3 * HOUR, seen: 19 }), 2],
    ["it takes a day here", forecast({ mostMs: 24 * HOUR }), 4],
  ])("where %s after %s h", (_, known, hours) => {
    expect(escalateAfterMs(known)).toBe(hours * HOUR);
  });

  test("never before the documented two hours, whatever was seen", () => {
    fc.assert(
      fc.property(arbitrary, (minutes) => {
        const ms = escalateAfterMs(forecastOf(samplesOf(minutes)));
        expect(ms).toBeGreaterThanOrEqual(2 * HOUR);
        expect(ms).toBeLessThanOrEqual(4 * HOUR);
      }),
    );
  });
});

describe("a look has seen a recovery", () => {
  const target = (over: Partial<IncidentTarget>): IncidentTarget => ({
    id: ACCOUNT_ID,
    kind: "account",
    phase: "recovering",
    phaseBefore: "revoked",
    worst: "revoked",
    pathOkSince: after(-22),
    serviceSays: null,
    outcome: null,
    reason: null,
    detail: "",
    ...over,
  });
  const incident = (over: Partial<IncidentTarget>): Incident => ({ id: "i1", targets: [target(over)] }) as Incident;
  const was = incident({});
  const is = incident({ phase: "healthy", outcome: "Healed" });
  const facts = someFacts();

  test("where the service had noticed, the path was mended, and now the service says that it is well", () => {
    const place = placeOf({ kind: "account", location: facts.targets[0]!.location.toUpperCase() });
    expect(samplesIn(was, is, facts)).toEqual([
      { place, sample: { id: `i1 ${ACCOUNT_ID.toLowerCase()} ${after(-22)}`, at: NOW, ms: 22 * MINUTE } },
    ]);
  });

  test.each<[string, Incident | null, Incident | null]>([
    ["it is not over", was, was],
    ["there is no incident", null, null],
    ["it was not looked at before", null, is],
    ["it was broken a look ago still", incident({ phase: "revoked", pathOkSince: null }), is],
    ["the service had never noticed", incident({ worst: "inGrace" }), is],
    ["nobody knows since when it was mended", incident({ worst: "recovering" }), is],
  ])("not where %s", (_, before, now) => {
    expect(samplesIn(before, now, facts)).toEqual([]);
  });

  test("nor where the database is not to be read", () => {
    expect(samplesIn(was, is, someFacts({ targets: [] }))).toEqual([]);
  });

  test("what was seen is asked for while somebody waits for the service", () => {
    expect([null, was, is, incident({ phase: "revoked" })].map(isWaitedFor)).toEqual([false, true, false, true]);
  });
});

describe("whoever waits reads how long", () => {
  const down = { ...diagnosisOf(seen({ phase: "revoked" })), plan: planOf(aStep()) };
  const mended = { ...diagnosisOf(recovering()), plan: planOf() };
  const at = (minutes: number, over: object, known: Forecast | null) => ({
    ...over,
    now: after(minutes),
    forecasts: known ? { [ACCOUNT_ID.toLowerCase()]: known } : {},
  });
  const timeline = (known: Forecast | null, ...minutes: number[]) =>
    turns(at(0, down, known), ...minutes.map((one) => at(one, mended, known))).incident!;
  const said = "usually 22 min, 95 % within 51 min, of 38 seen";

  test("in the timeline, once, when it is mended; again when it takes longer than documented; and in why it waits", () => {
    const told = timeline(forecast(), 1, 2, 62).timeline.map(({ what }) => what);
    expect(told.filter((what) => what.includes(said))).toEqual([
      `until the service notices: orders ${said}`,
      `the service has not noticed for 1 h, longer than documented; still waiting; here ${said}`,
    ]);
    const { next } = turns(at(0, down, forecast()), at(1, mended, forecast()));
    expect(next).toMatchObject({ do: "wait", why: expect.stringContaining(`(here ${said})`) as string });
  });

  test("and nothing of it where nobody knows", () => {
    expect(
      timeline(null, 1, 62)
        .timeline.map(({ what }) => what)
        .join(),
    ).not.toContain("usually");
  });

  test("after two hours a person is called, or later where it was seen to take longer", () => {
    expect(timeline(forecast(), 1, 122)).toMatchObject({ outcome: "Escalated", detail: expect.stringContaining(said) as string });
    const slow = forecast({ mostMs: 3 * HOUR });
    expect(timeline(slow, 1, 122)).toMatchObject({ outcome: null });
    expect(timeline(slow, 1, 122, 182)).toMatchObject({ outcome: "Escalated" });
  });

  test("a cluster or account that is silent after its repair is given as long", () => {
    const silent = { ...diagnosisOf(healthy({ service: { verdict: "silent", says: null } })), plan: planOf() };
    const slow = forecast({ mostMs: 3 * HOUR });
    const closed = (known: Forecast) => turns(at(0, down, known), at(1, silent, known), at(122, silent, known)).incident!.outcome;
    expect([closed(forecast()), closed(slow)]).toEqual(["Escalated", null]);
  });
});

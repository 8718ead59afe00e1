import { describe, expect, test } from "vitest";
import { healVault, type HealInput } from "../../src/orchestrations/heal-vault.ts";
import { type FakeActivity, replay, type Replayed, type ReplayOptions } from "../support/replay.ts";

const patient = {
  id: "/subscriptions/s/resourceGroups/rg/providers/Microsoft.KeyVault/vaults/kv",
  kind: "vault" as const,
  vaultName: "kv",
};
const input: HealInput = { patient, patientHash: "0123456789abcdef", incidentId: null, turn: 3, unanswered: null };
const start = "2026-01-01T00:00:00.000Z";
const step = { id: "GrantKeyRole|x", name: "GrantKeyRole", on: "/x", params: {} };
const stepNext = { kind: "step", incidentId: "i1", step };

const play = (activities: Record<string, FakeActivity>, options: ReplayOptions = {}, given: HealInput = input): Promise<Replayed> =>
  replay(healVault as never, given, { now: start, activities, ...options });

const called = (result: Replayed): string[] => result.trace.flatMap((entry) => (entry.kind === "activity" ? [entry.name] : []));
const timers = (result: Replayed): string[] => result.trace.flatMap((entry) => (entry.kind === "timer" ? [entry.fireAt] : []));

describe("healVault", () => {
  test("ends with the outcome when the look says so", async () => {
    const result = await play({ assess: () => ({ kind: "end", incidentId: "i1", outcome: { code: "Healed", reason: null, detail: "" } }) });
    expect(result).toMatchObject({ kind: "completed", output: "Healed" });
  });

  test("names a new incident by its own time, so that a repeated look opens the same one", async () => {
    const seen: unknown[] = [];
    await play({
      assess: (asked) => {
        seen.push(asked);
        return { kind: "end", incidentId: null, outcome: { code: "NoChangeNeeded", reason: null, detail: "" } };
      },
    });
    expect(seen).toEqual([{ patient, incidentId: null, newId: "20260101T000000000Z-0123456789ab", turn: 3 }]);
  });

  test("a new instance counts its turns on from its time, so that it repeats none of one that was stopped", async () => {
    const seen: unknown[] = [];
    const wait = (asked: unknown) => {
      seen.push(asked);
      return { kind: "wait", incidentId: "i1", until: start, why: "" };
    };
    expect(await play({ assess: wait }, {}, { ...input, turn: 0 })).toMatchObject({ input: { turn: Date.parse(start) + 1 } });
    expect(seen).toMatchObject([{ turn: Date.parse(start) }]);
  });

  test("a slice of a scan that is due is made, then it is looked at again at once", async () => {
    const scan = { wishId: "w1", dueAt: start };
    const seen: unknown[] = [];
    const activities = {
      assess: () => ({ kind: "scan", incidentId: "i1", scan }),
      scanIds: (asked: unknown) => {
        seen.push(asked);
        return { kind: "scanned" };
      },
    };
    const result = await play(activities);
    expect(result).toMatchObject({ kind: "continuedAsNew", input: { turn: 4, incidentId: "i1", unanswered: null } });
    expect([seen, timers(result)]).toEqual([[{ patient, incidentId: "i1", scan }], []]);
    const lost = await play({ ...activities, scanIds: () => ({ kind: "again", afterMs: 2000, why: "tables" }) });
    expect(lost).toMatchObject({ kind: "continuedAsNew", input: { incidentId: "i1", unanswered: { count: 1 } } });
  });

  test("Microsoft support is asked once a look, half a minute apart or as long as Azure asks; its silence is none about the vault", async () => {
    const ticket = { name: "keymend-i1-account", subscriptionId: "s" };
    const seen: unknown[] = [];
    const activities = (answer: object) => ({
      assess: () => ({ kind: "ticket", incidentId: "i1", ticket }),
      openTicket: (asked: unknown) => {
        seen.push(asked);
        return answer;
      },
    });
    const durations = { assess: 0, openTicket: 0 };
    for (const [answer, waits] of [
      [{ kind: "settled" }, []],
      [{ kind: "running" }, ["2026-01-01T00:00:30.000Z"]],
      [{ kind: "again", afterMs: null, why: "503" }, ["2026-01-01T00:00:30.000Z"]],
      [{ kind: "again", afterMs: 60_000, why: "429" }, ["2026-01-01T00:01:00.000Z"]],
    ] as const) {
      const result = await play(activities(answer), { durations });
      expect(result).toMatchObject({ kind: "continuedAsNew", input: { turn: 4, incidentId: "i1", unanswered: null } });
      expect(timers(result)).toEqual(waits);
    }
    expect(seen).toEqual(Array.from({ length: 4 }, () => ({ patient, incidentId: "i1", ticket, turn: 3 })));
  });

  test("a write that Azure works on for long holds nothing up: the looks follow it", async () => {
    const result = await play({ assess: () => stepNext, applyStep: () => ({ kind: "followed" }) });
    expect([result.kind, called(result), timers(result)]).toEqual(["continuedAsNew", ["assess", "applyStep"], []]);
  });

  test("waits until the next look is due and begins anew", async () => {
    const result = await play({ assess: () => ({ kind: "wait", incidentId: "i1", until: "2026-01-01T00:05:00.000Z", why: "" }) });
    expect(result).toMatchObject({ kind: "continuedAsNew", input: { turn: 4, incidentId: "i1", unanswered: null } });
    expect(timers(result)).toEqual(["2026-01-01T00:05:00.000Z"]);
  });

  test("a wait whose timer fires up to a second early, as Azure Storage's do, is not over: the service is not looked at twice", async () => {
    const result = await play(
      { assess: () => ({ kind: "wait", incidentId: "i1", until: "2026-01-01T00:05:00.000Z", why: "" }) },
      { earlyBy: 600 },
    );
    expect(timers(result)).toEqual(["2026-01-01T00:05:00.000Z", "2026-01-01T00:05:01.000Z"]);
    expect(called(result)).toEqual(["assess"]);
    expect(result.now).toBe("2026-01-01T00:05:00.400Z");
  });

  test("what Azure asks for is waited out, also where the timer fires early", async () => {
    const durations = { assess: 0 };
    const assess = () => ({ kind: "again", afterMs: 30_000, why: "429" });
    expect(timers(await play({ assess }, { durations, earlyBy: 999 })).slice(0, 2)).toEqual([
      "2026-01-01T00:00:30.000Z",
      "2026-01-01T00:00:31.000Z",
    ]);
  });

  test("waits by its own clock for as long as was said, whatever that of the look says", async () => {
    for (const until of ["2025-12-31T22:05:00.000Z", "2026-01-01T02:05:00.000Z"]) {
      const result = await play({ assess: () => ({ kind: "wait", incidentId: "i1", until, afterMs: 300_000, why: "" }) });
      expect(timers(result)).toEqual(["2026-01-01T00:05:01.000Z"]);
    }
  });

  test("looks at once when the next look is already due", async () => {
    const result = await play({ assess: () => ({ kind: "wait", incidentId: "i1", until: start, why: "" }) });
    expect(result.kind).toBe("continuedAsNew");
    expect(timers(result)).toEqual([]);
  });

  test("a signal ends the wait early and leaves no timer behind", async () => {
    const result = await play(
      { assess: () => ({ kind: "wait", incidentId: "i1", until: "2026-01-01T10:00:00.000Z", why: "" }) },
      { events: [{ at: 60_000, name: "signal" }] },
    );
    expect(result.kind).toBe("continuedAsNew");
    expect(result.now).toBe("2026-01-01T00:01:00.000Z");
  });

  test("who is woken looks no sooner than 5 s after the look before, who waits for a time then", async () => {
    const wait = { assess: () => ({ kind: "wait", incidentId: "i1", until: "2026-01-01T00:05:00.000Z", why: "" }) };
    const durations = { assess: 400 };
    const woken = await play(wait, { durations, events: [{ at: 1000, name: "signal" }] });
    expect(woken).toMatchObject({ kind: "continuedAsNew", input: { notBefore: "2026-01-01T00:00:05.000Z" } });
    expect(await play(wait, { durations })).not.toHaveProperty("input.notBefore");
    const rested = await play(
      { assess: () => stepNext, applyStep: () => ({ kind: "settled", result: "done" }) },
      { durations },
      { ...input, notBefore: "2026-01-01T00:00:05.000Z" },
    );
    expect(timers(rested)).toEqual(["2026-01-01T00:00:05.000Z"]);
    expect(rested).not.toHaveProperty("input.notBefore");
  });

  test("a time that another clock said holds nobody back for longer than that", async () => {
    const rested = await play(
      { assess: () => stepNext, applyStep: () => ({ kind: "settled", result: "done" }) },
      {},
      { ...input, notBefore: "2027-01-01T00:00:00.000Z" },
    );
    expect(timers(rested)).toEqual(["2026-01-01T00:00:05.000Z"]);
  });

  test("carries out a step that is done at once, then looks again", async () => {
    const result = await play({ assess: () => stepNext, applyStep: () => ({ kind: "settled", result: "done" }) });
    expect(called(result)).toEqual(["assess", "applyStep"]);
    expect(result).toMatchObject({ kind: "continuedAsNew", input: { turn: 4, incidentId: "i1", unanswered: null } });
  });

  test("hands on what was sent for a step to who records how it went", async () => {
    const requests = [{ method: "PATCH", url: "https://management.azure.com/x", status: 202, requestId: "r1", correlationId: "c1" }];
    let asked: unknown;
    await play({
      assess: () => stepNext,
      applyStep: () => ({ kind: "submitted", poller: "p", requests }),
      pollStep: (given) => {
        asked = given;
        return { kind: "settled", result: "done" };
      },
    });
    expect(asked).toMatchObject({ poller: "p", requests });
  });

  test("polls a step that Azure works on, by durable timers, until it has settled", async () => {
    let polls = 0;
    const result = await play({
      assess: () => stepNext,
      applyStep: () => ({ kind: "submitted", poller: "https://management.azure.com/op" }),
      pollStep: () =>
        ++polls < 5
          ? polls === 2
            ? { kind: "again", afterMs: null, why: "500" }
            : { kind: "running" }
          : { kind: "settled", result: "done" },
    });
    expect(called(result)).toEqual(["assess", "applyStep", "pollStep", "pollStep", "pollStep", "pollStep", "pollStep"]);
    expect(result).toMatchObject({ kind: "continuedAsNew", input: { unanswered: null } });
  });

  test("an operation of more than five minutes is handed to the looks: from then on its poll says since when", async () => {
    const asked: unknown[] = [];
    const result = await play(
      {
        assess: () => stepNext,
        applyStep: () => ({ kind: "submitted", poller: "p" }),
        pollStep: (given) => {
          asked.push((given as { since?: string }).since);
          return (given as { since?: string }).since ? { kind: "followed" } : { kind: "running" };
        },
      },
      { durations: { assess: 0, applyStep: 0, pollStep: 0 } },
    );
    expect(asked.slice(0, -1).every((since) => since === undefined)).toBe(true);
    expect(asked.at(-1)).toBe(start);
    expect(Date.parse(result.now) - Date.parse(start)).toBe(300_000);
    expect(result).toMatchObject({ kind: "continuedAsNew", input: { turn: 4, incidentId: "i1", unanswered: null } });
  });

  test("an operation that never ends, and that no look can follow, is read anew after two hours, not waited for", async () => {
    const result = await play({
      assess: () => stepNext,
      applyStep: () => ({ kind: "submitted", poller: "p" }),
      pollStep: () => ({ kind: "running" }),
    });
    expect(result).toMatchObject({ kind: "continuedAsNew", input: { unanswered: { count: 1 } } });
  });

  test("a step whose answer was lost is not repeated blindly: the next turn reads first", async () => {
    const result = await play({ assess: () => stepNext, applyStep: () => ({ kind: "again", afterMs: null, why: "reset" }) });
    expect(called(result)).toEqual(["assess", "applyStep"]);
    expect(result).toMatchObject({ kind: "continuedAsNew", input: { incidentId: "i1", unanswered: { count: 1 } } });
  });

  test("a write that Azure throttles comes again when Azure said, not sooner; so does the question how it went", async () => {
    const durations = { assess: 0, applyStep: 0, pollStep: 0 };
    const write = await play({ assess: () => stepNext, applyStep: () => ({ kind: "again", afterMs: 30_000, why: "429" }) }, { durations });
    expect(Date.parse(write.now) - Date.parse(start)).toBe(30_000);
    let polls = 0;
    const poll = await play(
      {
        assess: () => stepNext,
        applyStep: () => ({ kind: "submitted", poller: "p" }),
        pollStep: () => (++polls === 1 ? { kind: "again", afterMs: 45_000, why: "429" } : { kind: "settled", result: "done" }),
      },
      { durations },
    );
    expect(Date.parse(poll.now) - Date.parse(start)).toBe(10_000 + 45_000);
  });

  test("how a write went is asked again within the longest wait, whatever Azure asks for", async () => {
    let polls = 0;
    const result = await play(
      {
        assess: () => stepNext,
        applyStep: () => ({ kind: "submitted", poller: "p" }),
        pollStep: () => (++polls === 1 ? { kind: "again", afterMs: 86_400_000, why: "429" } : { kind: "settled", result: "done" }),
      },
      { durations: { assess: 0, applyStep: 0, pollStep: 0 } },
    );
    expect(Date.parse(result.now) - Date.parse(start)).toBe(10_000 + 900_000);
  });

  test("a signal does not shorten what Azure asks for; beyond that it does", async () => {
    const durations = { assess: 0, applyStep: 0 };
    const events = [{ at: 5000, name: "signal" }];
    const again = (afterMs: number | null) => ({
      assess: () => stepNext,
      applyStep: () => ({ kind: "again" as const, afterMs, why: "429" }),
    });
    const asked = await play(again(30_000), { durations, events });
    expect(Date.parse(asked.now) - Date.parse(start)).toBe(30_000);
    const given = { ...input, unanswered: { count: 30, since: start } };
    const free = await play(again(null), { durations, events }, given);
    expect(Date.parse(free.now) - Date.parse(start)).toBe(5000);
  });

  test.each([
    { count: 0, asked: null, waits: 1000 },
    { count: 3, asked: null, waits: 8000 },
    { count: 3, asked: 20_000, waits: 20_000 },
    { count: 2, asked: 1000, waits: 4000 },
    { count: 30, asked: 1000, waits: 10_000 },
    { count: 30, asked: null, waits: 300_000 },
    { count: 0, asked: 900_000, waits: 900_000 },
    { count: 0, asked: 86_400_000, waits: 900_000 },
  ])("after $count unanswered looks (Azure asked for $asked) it waits $waits ms", async ({ count, asked, waits }) => {
    const result = await play(
      { assess: () => ({ kind: "again", afterMs: asked, why: "429" }) },
      { durations: { assess: 0 } },
      { ...input, unanswered: count === 0 ? null : { count, since: start } },
    );
    expect(Date.parse(result.now) - Date.parse(start)).toBe(waits);
    expect(result).toMatchObject({ kind: "continuedAsNew", input: { unanswered: { count: count + 1, since: start } } });
  });

  test("nobody makes the next wait longer by calling", async () => {
    const result = await play(
      { assess: () => ({ kind: "again", afterMs: null, why: "503" }) },
      { durations: { assess: 0 }, events: [{ at: 2000, name: "signal" }] },
      { ...input, unanswered: { count: 3, since: start } },
    );
    expect(Date.parse(result.now) - Date.parse(start)).toBe(2000);
    expect(result).toMatchObject({ kind: "continuedAsNew", input: { unanswered: { count: 3, since: start } } });
  });

  test("who waits its turn has asked Azure nothing, and is woken by whoever calls", async () => {
    const turn = { assess: () => ({ kind: "again" as const, afterMs: 40_000, why: "others come first", isOurs: true as const }) };
    const given = { ...input, unanswered: { count: 30, since: "2025-12-31T21:00:00.000Z" } };
    const waited = await play(turn, { durations: { assess: 0 } }, given);
    expect(Date.parse(waited.now) - Date.parse(start)).toBe(40_000);
    expect(waited).toMatchObject({ kind: "continuedAsNew", input: { turn: given.turn + 1, unanswered: given.unanswered } });
    const woken = await play(turn, { durations: { assess: 0 }, events: [{ at: 3000, name: "signal" }] }, given);
    expect(Date.parse(woken.now) - Date.parse(start)).toBe(3000);
  });

  test("two hours without an answer are escalated, never taken for healthy", async () => {
    const asked: unknown[] = [];
    const result = await play(
      { assess: () => ({ kind: "again", afterMs: null, why: "503" }), giveUp: (given) => asked.push(given) },
      {},
      { ...input, unanswered: { count: 40, since: "2025-12-31T21:00:00.000Z" } },
    );
    expect(result).toMatchObject({ kind: "completed", output: "Escalated" });
    expect(asked).toMatchObject([{ reason: "AzureUnavailable", newId: "20260101T000000000Z-0123456789ab" }]);
  });

  test("a look that fails three times is escalated as our mistake", async () => {
    const asked: unknown[] = [];
    const result = await play({
      assess: () => {
        throw new Error("boom");
      },
      giveUp: (given) => asked.push(given),
    });
    expect(result).toMatchObject({ kind: "completed", output: "Escalated" });
    expect(called(result).filter((name) => name === "assess")).toHaveLength(3);
    expect(asked).toMatchObject([{ reason: "InternalError", patient, detail: expect.stringContaining("boom") as string }]);
  });
});

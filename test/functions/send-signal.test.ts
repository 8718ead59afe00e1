import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { Signal } from "../../src/domain/signal.ts";
import { createSendSignal, instanceIdOf } from "../../src/functions/send-signal.ts";
import { NOW, VAULT_ID } from "../support/builders.ts";
import { throwing, transient } from "../support/fakes.ts";
import { aSignal, PATIENT } from "../support/turns.ts";
import { fakeClient } from "./support.ts";

const hash = (text: string): string => `h(${text})`;
const ID = "heal-h(kv-orders)";

function setUp(running: Record<string, string> = {}) {
  const journal: string[] = [];
  const durable = fakeClient(running);
  const client = {
    getStatus: durable.client.getStatus.bind(durable.client),
    raiseEvent: async (...args: Parameters<typeof durable.client.raiseEvent>) => {
      journal.push("raise");
      await durable.client.raiseEvent(...args);
    },
    terminate: async (...args: Parameters<typeof durable.client.terminate>) => {
      journal.push("terminate");
      return durable.client.terminate(...args);
    },
    startNew: async (...args: Parameters<typeof durable.client.startNew>) => {
      journal.push("start");
      return durable.client.startNew(...args);
    },
  };
  const kept: { patientId: string; signal: Signal }[] = [];
  const sendSignal = createSendSignal({
    addSignal: async (patientId, signal) => {
      journal.push("keep");
      kept.push({ patientId, signal });
    },
    hash,
    now: () => new Date(NOW),
  });
  return { client, durable, journal, kept, sendSignal };
}

test("one vault is one instance, however its id is written, and its id holds no slash of an ARM id", () => {
  const digest = (text: string): string => Buffer.from(text).toString("hex");
  const id = instanceIdOf(PATIENT, digest);
  expect(instanceIdOf({ ...PATIENT, id: VAULT_ID.toUpperCase() }, digest)).toBe(id);
  expect(id).toMatch(/^heal-[0-9a-f]+$/);
});

test("a signal is written down first; then an instance is started where none runs", async () => {
  const { sendSignal, client, durable, journal, kept } = setUp();
  expect(await sendSignal(client, PATIENT, aSignal())).toBe("started");
  expect(journal).toEqual(["keep", "start"]);
  expect(kept).toEqual([{ patientId: VAULT_ID, signal: aSignal() }]);
  expect(durable.started).toEqual([
    {
      id: ID,
      name: "healVault",
      input: {
        patient: PATIENT,
        patientHash: "h(kv-orders)",
        incidentId: null,
        turn: 0,
        unanswered: null,
      },
    },
  ]);
});

test.each(["Running", "Pending", "ContinuedAsNew", "Suspended"])("an instance that is %s is woken", async (status) => {
  const { sendSignal, client, durable, journal } = setUp({ [ID]: status });
  expect(await sendSignal(client, PATIENT, aSignal())).toBe("woken");
  expect(journal).toEqual(["keep", "raise"]);
  expect(durable.raised).toEqual([{ id: ID, name: "signal" }]);
});

test.each(["Completed", "Failed", "Terminated", "Canceled"])("an instance that is %s is begun anew under the same id", async (status) => {
  const { sendSignal, client, durable } = setUp({ [ID]: status });
  expect(await sendSignal(client, PATIENT, aSignal())).toBe("started");
  expect(durable.started).toMatchObject([{ id: ID }]);
});

test.each([
  { endedMsAgo: 1000, notBefore: "2026-11-02T10:00:04.000Z" },
  { endedMsAgo: 5000, notBefore: undefined },
])("one that ended $endedMsAgo ms ago looks again no sooner than 5 s after that", async ({ endedMsAgo, notBefore }) => {
  const { sendSignal, client, durable } = setUp();
  const lastUpdatedTime = new Date(Date.parse(NOW) - endedMsAgo);
  await sendSignal({ ...client, getStatus: async () => ({ runtimeStatus: "Completed", lastUpdatedTime }) as never }, PATIENT, aSignal());
  expect((durable.started[0]!.input as { notBefore?: string }).notBefore).toBe(notBefore);
});

describe("the sweep's signal", () => {
  const sweep = aSignal({ source: "sweep" });

  test("leaves an instance at work alone, and writes nothing down", async () => {
    const { sendSignal, client, journal } = setUp({ [ID]: "Running" });
    expect(await sendSignal(client, PATIENT, sweep)).toBe("underWay");
    expect(journal).toEqual([]);
  });

  test("starts one where none is at work", async () => {
    const { sendSignal, client, journal } = setUp();
    expect(await sendSignal(client, PATIENT, sweep)).toBe("started");
    expect(journal).toEqual(["keep", "start"]);
  });
});

test("an instance that somebody else starts in between is woken", async () => {
  const { sendSignal, client, durable } = setUp();
  const startNew = async (): Promise<string> => {
    durable.statuses.set(ID, "Running");
    throw new Error("HTTP 409: it runs already");
  };
  expect(await sendSignal({ ...client, startNew }, PATIENT, aSignal())).toBe("woken");
  expect(durable.raised).toEqual([{ id: ID, name: "signal" }]);
});

test("a start that fails while nothing runs is thrown: the signal stands in storage for the sweep", async () => {
  const { sendSignal, client, kept } = setUp();
  await expect(sendSignal({ ...client, startNew: throwing(new Error("HTTP 500")) }, PATIENT, aSignal())).rejects.toThrow("HTTP 500");
  expect(kept).toHaveLength(1);
});

test("a signal that can't be written down wakes nobody", async () => {
  const { client, journal } = setUp({ [ID]: "Running" });
  const sendSignal = createSendSignal({ addSignal: throwing(transient()), hash, now: () => new Date(NOW) });
  await expect(sendSignal(client, PATIENT, aSignal())).rejects.toThrow("503");
  expect(journal).toEqual([]);
});

test.each([new Error("HTTP 500"), "a text"])("a status that can't be read is not taken for absence", async (thrown) => {
  const { sendSignal, client, durable } = setUp();
  const getStatus = async () => {
    throw thrown;
  };
  await expect(sendSignal({ ...client, getStatus }, PATIENT, aSignal())).rejects.toBe(thrown);
  expect(durable.started).toEqual([]);
});

describe("an instance that has not moved for longer than it ever waits", () => {
  const hour = 3_600_000;
  const stuck = (runtimeStatus: string, ms = 72 * hour) => {
    const edges = setUp({ [ID]: runtimeStatus });
    const lastUpdatedTime = new Date(Date.parse(NOW) - ms);
    const getStatus = edges.client.getStatus;
    let ended = false;
    const client = {
      ...edges.client,
      getStatus: async (id: string) => Object.assign(await getStatus(id), ended ? {} : { lastUpdatedTime }),
      terminate: async (id: string) => {
        edges.journal.push("terminate");
        edges.durable.statuses.set(id, "Terminated");
        ended = true;
      },
    };
    return { ...edges, client, lastUpdatedTime };
  };

  /** Since when the app has been there for long enough. */
  const hourAgo = new Date(Date.parse(NOW) - hour).toISOString();
  const sweep = aSignal({ source: "sweep" });

  test.each(["Running", "Pending", "Suspended"])("is ended and begun anew by the sweep, which says so: %s", async (status) => {
    const { sendSignal, client, journal, kept, durable, lastUpdatedTime } = stuck(status);
    expect(await sendSignal(client, PATIENT, sweep, hourAgo)).toBe("begunAnew");
    expect(journal).toEqual(["keep", "terminate", "start"]);
    const what = expect.stringContaining(`had not moved since ${lastUpdatedTime.toISOString()}`);
    expect(kept).toMatchObject([{ signal: { source: "sweep", what } }]);
    expect(durable.started).toMatchObject([{ id: ID, input: { patient: PATIENT, incidentId: null, turn: 0 } }]);
  });

  test("that takes its time to end is begun anew by the next sweep", async () => {
    const { sendSignal, client, durable } = stuck("Running");
    const busy = throwing(new Error("HTTP 409"));
    const slow = { ...client, terminate: async () => undefined, startNew: busy };
    expect(await sendSignal(slow, PATIENT, sweep, hourAgo)).toBe("ended");
    durable.statuses.set(ID, "Terminated");
    expect(await sendSignal(client, PATIENT, sweep, hourAgo)).toBe("started");
  });

  test("a start that fails for another reason is no success", async () => {
    const { sendSignal, client } = stuck("Running");
    await expect(sendSignal({ ...client, startNew: throwing(transient()) }, PATIENT, sweep, hourAgo)).rejects.toThrow("503");
  });

  test.each([
    ["it has moved since", hour, hourAgo],
    ["the app was not there for long enough to tell", 72 * hour, null],
  ])("is left to itself where %s", async (_, ms, since) => {
    const { sendSignal, client, journal } = stuck("Running", ms);
    expect(await sendSignal(client, PATIENT, sweep, since)).toBe("underWay");
    expect(journal).toEqual([]);
  });

  test("is none of an event's business, which is written down and called all the same", async () => {
    const { sendSignal, client, journal } = stuck("Running");
    expect(await sendSignal(client, PATIENT, aSignal())).toBe("woken");
    expect(journal).toEqual(["keep", "raise"]);
  });
});

/** Whatever went wrong before: of two sweeps the second finds the vault looked after by an instance that moves. */
test("no lost wake-up, timer or message leaves a vault unlooked at for more than two sweeps", async () => {
  const hour = 3_600_000;
  const statuses = ["absent", "Running", "Pending", "ContinuedAsNew", "Suspended", "Completed", "Failed", "Terminated", "Canceled"];
  const faults = ["none", "keep", "getStatus", "terminate", "endsLate", "startNew", "startLost"] as const;
  await fc.assert(
    fc.asyncProperty(fc.constantFrom(...statuses), fc.nat({ max: 72 }), fc.constantFrom(...faults), async (status, hours, fault) => {
      const clock = { at: Date.parse(NOW) };
      let [now, moved]: [string | undefined, number] = [status === "absent" ? undefined : status, clock.at - hours * hour];
      let broken = true;
      const fails = (call: (typeof faults)[number]): void => {
        if (broken && fault === call) throw transient();
      };
      const client = {
        getStatus: async () => {
          fails("getStatus");
          if (now === undefined) throw new Error("HTTP 404");
          return { runtimeStatus: now, lastUpdatedTime: new Date(moved) };
        },
        raiseEvent: async () => undefined,
        terminate: async () => {
          fails("terminate");
          if (!(broken && fault === "endsLate")) now = "Terminated";
        },
        startNew: async () => {
          fails("startNew");
          if (now !== undefined && ["Running", "Pending", "ContinuedAsNew", "Suspended"].includes(now)) throw new Error("HTTP 409");
          // Lost: Durable has answered, and nothing came of it.
          if (!(broken && fault === "startLost")) [now, moved] = ["Running", clock.at];
          return ID;
        },
      } as unknown as Parameters<ReturnType<typeof createSendSignal>>[0];
      const addSignal = async (): Promise<void> => fails("keep");
      const sendSignal = createSendSignal({ addSignal, hash, now: () => new Date(clock.at) });
      const run = () => sendSignal(client, PATIENT, aSignal({ source: "sweep" }), new Date(clock.at - hour).toISOString());
      await run().catch((error: unknown) => expect(error).toEqual(transient()));
      broken = false;
      clock.at += hour / 12;
      if (fault === "endsLate" && now !== undefined) now = clock.at - moved > hour ? "Terminated" : now;
      await run();
      expect(["Running", "Pending", "ContinuedAsNew", "Suspended"]).toContain(now);
      expect(clock.at - moved).toBeLessThanOrEqual(hour);
    }),
  );
});

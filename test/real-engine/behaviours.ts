/** What the product or its operators rely on, or must not: one play, and what comes of it on either engine. */
import type { Status } from "../sandbox/host/host-process.ts";
import type { Engine } from "./engines.ts";

export type Behaviour = {
  name: string;
  /** id: of its own, for its instances. */
  play: (it: Engine, id: string) => Promise<unknown>;
  /** ID: the play's own. */
  expected: unknown;
};

const ended = ({ runtimeStatus }: Status): boolean => !["Pending", "Running", "Suspended"].includes(runtimeStatus);
const is =
  (wanted: string) =>
  ({ runtimeStatus }: Status): boolean =>
    runtimeStatus === wanted;
const short = ({ runtimeStatus, output }: Status): unknown[] => [runtimeStatus, output];
/** The first line of what an error says. */
const said = ({ runtimeStatus, output }: Status): unknown[] => [runtimeStatus, String(output).split("\n")[0]!.trim()];

async function run(it: Engine, orchestration: string, id: string, input?: unknown): Promise<Status> {
  await it.start(orchestration, id, input);
  return it.until(id, ended);
}

const refusal = async (response: Response): Promise<[number, string]> => [response.status, await response.text()];

export const behaviours: Behaviour[] = [
  {
    name: "activities hand on what they return",
    play: async (it, id) => short(await run(it, "hello", id, { name: "Bob" })),
    expected: ["Completed", ["hello Ada", "hello Bob"]],
  },
  {
    name: "inputs of activities arrive as they were",
    play: async (it, id) => short(await run(it, "inputs", id)),
    expected: [
      "Completed",
      [
        { type: "object", input: { a: [1] } },
        { type: "string", input: "text" },
        { type: "string", input: "123" },
        { type: "number", input: 5 },
        { type: "undefined", input: null },
      ],
    ],
  },
  {
    name: "Task.all keeps the order",
    play: async (it, id) => short(await run(it, "parallel", id)),
    expected: ["Completed", ["a", "b", "c"]],
  },
  {
    name: "an orchestration knows its input, its version and that it has no parent",
    play: async (it, id) => {
      const none = await run(it, "asks", `${id}-1`);
      const some = await run(it, "asks", `${id}-2`, { a: 1 });
      return [none.output, none.input, some.output, some.input];
    },
    expected: [{ input: "", version: "1.0", parent: null }, "", { input: { a: 1 }, version: "1.0", parent: null }, { a: 1 }],
  },
  {
    name: "a failed activity is told as text",
    play: async (it, id) => [said(await run(it, "catches", `${id}-1`)), said(await run(it, "fails", `${id}-2`))],
    expected: [
      ["Completed", "Activity function 'boom' failed:  boom"],
      ["Failed", "Orchestrator function 'fails' failed: Activity function 'boom' failed:  boom"],
    ],
  },
  {
    name: "an activity that does not exist leaves its orchestration standing still",
    play: async (it, id) => {
      await it.start("unknownActivity", id);
      await it.until(id, is("Running"));
      await it.pass(5);
      return short(await it.status(id));
    },
    expected: ["Running", null],
  },
  {
    name: "children know their parent, and their failure is told",
    play: async (it, id) => [
      short(await run(it, "parent", `${id}-1`, ["Ada", "Bob"])),
      said(await run(it, "parent", `${id}-2`, ["Ada", "bad"])),
      said(await it.status(`${id}-2-1`)),
    ],
    expected: [
      [
        "Completed",
        [
          { said: "hello Ada", parent: "ID-1", version: "1.0" },
          { said: "hello Bob", parent: "ID-1", version: "1.0" },
        ],
      ],
      ["Completed", "child failed: Orchestrator function 'child' failed: bad child"],
      ["Failed", "Orchestrator function 'child' failed: bad child"],
    ],
  },
  {
    name: "retries end with the first success",
    play: async (it, id) => short(await run(it, "retries", id, { failures: 2, id })),
    expected: ["Completed", 3],
  },
  {
    name: "retries end with the last attempt",
    play: async (it, id) => said(await run(it, "retries", id, { failures: 9, id })),
    expected: ["Failed", "Orchestrator function 'retries' failed: Activity function 'flaky' failed:  flaky 3"],
  },
  {
    name: "an event before anybody waits is kept for the first who does",
    play: async (it, id) => {
      await it.start("earlyEvent", id);
      await it.gated(id);
      const taken = await it.raise(id, "signal", "early");
      it.openGate(id);
      return [taken, short(await it.until(id, ended))];
    },
    expected: [202, ["Completed", "early"]],
  },
  {
    name: "an event goes to a waiter that lost to its timer, and is lost",
    play: async (it, id) => {
      await it.start("forgottenWaiter", id);
      await it.gated(id);
      await it.raise(id, "signal");
      it.openGate(id);
      return short(await it.until(id, ended));
    },
    expected: ["Completed", "lost"],
  },
  {
    name: "waiters of one name are served last in, first out",
    play: async (it, id) => {
      await it.start("lastInFirstOut", id);
      await it.until(id, is("Running"));
      for (const data of ["first", "second", "third"]) await it.raise(id, "signal", data);
      return short(await it.until(id, ended));
    },
    expected: ["Completed", ["third", "second", "first"]],
  },
  {
    name: "continueAsNew and an event that came before it, that nobody waited for",
    play: async (it, id) => {
      await it.start("newGenerationAfterEvent", id, { generation: 1 });
      await it.gated(id);
      await it.raise(id, "late");
      it.openGate(id);
      return short(await it.until(id, ended));
    },
    expected: ["Completed", "lost"],
  },
  {
    name: "continueAsNew after a wait whose timer was cancelled: the event that ended it comes again, for ever",
    play: async (it, id) => {
      await it.start("loop", id, { heard: [], until: 5, wait: 120 });
      await it.until(id, is("Running"));
      await it.raise(id, "signal", 1);
      return short(await it.until(id, ended));
    },
    expected: ["Completed", [1, 1, 1, 1, 1]],
  },
  {
    name: "continueAsNew, with an activity before the wait: one event at a time is heard twice, and none is lost",
    play: async (it, id) => {
      await it.start("loop", id, { heard: [], until: 6, looks: true, wait: 120 });
      it.openGate(id);
      for (const data of [1, 2, 3]) {
        await it.until(id, ({ customStatus }) => customStatus === `heard ${2 * (data - 1)}`);
        await it.raise(id, "signal", data);
      }
      return short(await it.until(id, ended));
    },
    expected: ["Completed", [1, 1, 2, 2, 3, 3]],
  },
  {
    name: "continueAsNew, with an activity before the wait: of events that all come during it, the first is heard",
    play: async (it, id) => {
      await it.start("loop", id, { heard: [], until: 3, looks: true });
      await it.gated(id);
      for (const data of [1, 2, 3]) await it.raise(id, "signal", data);
      it.openGate(id);
      return short(await it.until(id, ended));
    },
    expected: ["Completed", [1]],
  },
  {
    name: "an event for nobody, and for one that has ended",
    play: async (it, id) => {
      await run(it, "hello", id, {});
      const client = await it.client("raiseEvent", id, "signal", 1);
      const nobody = await it.client("raiseEvent", `${id}-nobody`, "signal", 1);
      return [await it.raise(`${id}-nobody`, "signal"), await it.raise(id, "signal"), client, nobody];
    },
    expected: [404, 410, { result: null }, { error: "No instance with ID 'ID-nobody' found." }],
  },
  {
    name: "an event for one that starts",
    play: async (it, id) => {
      await it.start("listens", id);
      const taken = await it.raise(id, "signal", "at once");
      return [taken, short(await it.until(id, ended))];
    },
    expected: [202, ["Completed", "at once"]],
  },
  {
    name: "a start under an id that is taken, and after its end",
    play: async (it, id) => {
      await it.start("listens", id);
      await it.until(id, is("Running"));
      const second = await refusal(await it.start("listens", id));
      await it.raise(id, "signal", "first");
      const first = short(await it.until(id, ended));
      const third = await it.start("listens", id);
      const anew = short(await it.until(id, is("Running")));
      await it.raise(id, "signal", "again");
      return [second, first, third.status, anew, short(await it.until(id, ended))];
    },
    expected: [
      [
        409,
        'The operation failed with an unexpected status code: 409. Details: {"Message":"An Orchestration instance with the status Running already exists."}',
      ],
      ["Completed", "first"],
      202,
      ["Running", null],
      ["Completed", "again"],
    ],
  },
  {
    name: "a timer that is cancelled keeps nothing open",
    play: async (it, id) => {
      await it.start("waiter", id);
      await it.until(id, is("Running"));
      await it.raise(id, "signal", "heard");
      return short(await it.until(id, ended));
    },
    expected: ["Completed", "heard"],
  },
  {
    name: "a timer fires at most a second before its time",
    play: async (it, id) => {
      // Each a little later within its second than the one before.
      const waits = [0, 1, 2, 3, 4].map((at) => (3 + at / 5) * it.speed);
      const early = await Promise.all(
        waits.map(async (wait, at) => {
          const { output } = await run(it, "sleeper", `${id}-${at}`, { minutes: wait / 60 });
          const { from, to } = output as { from: string; to: string };
          return wait - (Date.parse(to) - Date.parse(from)) / 1000;
        }),
      );
      return early.every((by) => by <= it.speed);
    },
    expected: true,
  },
  {
    name: "a timer neither awaited nor cancelled keeps its instance running",
    play: async (it, id) => {
      await it.start("leavesTimerOpen", id, { minutes: 15 });
      await it.until(id, is("Running"));
      await it.raise(id, "signal");
      const end = await it.until(id, ended);
      // To the second on the real engine's clock, which is a minute here.
      const tookMinutes = (Date.parse(end.lastUpdatedTime) - Date.parse(end.createdTime)) / 60_000;
      return [...short(end), end.customStatus, tookMinutes >= 14];
    },
    expected: ["Completed", "done", "heard", true],
  },
  {
    name: "terminated, it listens no more, and can be started again",
    play: async (it, id) => {
      await it.start("waiter", id);
      await it.until(id, is("Running"));
      const ending = await it.client("terminate", id, "enough");
      const end = short(await it.until(id, ended));
      const late = [await it.raise(id, "signal"), await it.client("terminate", id, "again")];
      await it.start("hello", id, {});
      return [ending, end, late, short(await it.until(id, is("Completed")))];
    },
    expected: [{ result: null }, ["Terminated", "enough"], [410, { result: null }], ["Completed", ["hello Ada", "hello nobody"]]],
  },
  {
    name: "suspended, it is run on each event, though nothing comes of it until it is resumed",
    play: async (it, id) => {
      await it.start("counts", id);
      await it.raise(id, "signal", "a");
      await it.until(id, ({ customStatus }) => customStatus === "1: a");
      await it.client("suspend", id, "hold on");
      const held = await it.until(id, is("Suspended"));
      for (const data of ["b", "c"]) await it.raise(id, "signal", data);
      const still = await it.until(id, ({ customStatus }) => customStatus !== "1: a" && customStatus !== "2: b");
      await it.client("resume", id, "go on");
      const end = await it.until(id, ended);
      return [held, still, end].map((status) => [...short(status), status.customStatus]);
    },
    expected: [
      ["Suspended", "hold on", "1: a"],
      ["Suspended", "hold on", "3: c"],
      ["Completed", "done", "3: c"],
    ],
  },
  {
    name: "suspended, it can be terminated",
    play: async (it, id) => {
      await it.start("listens", id);
      await it.until(id, is("Running"));
      await it.client("suspend", id, "hold on");
      await it.until(id, is("Suspended"));
      await it.client("terminate", id, "enough");
      return short(await it.until(id, ended));
    },
    expected: ["Terminated", "enough"],
  },
  {
    name: "purged, it is gone, unless it runs",
    play: async (it, id) => {
      await run(it, "hello", id, {});
      await it.start("listens", `${id}-running`);
      await it.until(`${id}-running`, is("Running"));
      const purge = (name: string): Promise<unknown> => it.client("purgeInstanceHistory", name);
      const purged = [await purge(id), await purge(id), await purge(`${id}-running`)];
      const gone = await Promise.all([id, `${id}-running`].map((name) => it.status(name).then(is("Running"), () => "gone")));
      return [purged, gone];
    },
    expected: [
      [
        { result: { instancesDeleted: 1 } },
        { result: { instancesDeleted: 0 } },
        {
          error:
            'The operation failed with an unexpected status code: 412. Details: "Only orchestrations in a terminal state can be purged, but the orchestration with instance ID ID-running has status Running"',
        },
      ],
      ["gone", true],
    ],
  },
  {
    name: "a status and its times",
    play: async (it, id) => {
      await it.start("rounds", id, { round: 1, until: 3, wait: 5 });
      const [first, second] = [1, 2].map(
        (round) =>
          ({ customStatus }: Status) =>
            JSON.stringify(customStatus) === `{"round":${round}}`,
      );
      const one = await it.until(id, first!);
      const two = await it.until(id, second!);
      const end = await it.until(id, ended);
      return {
        fields: Object.keys(end),
        inputs: [one.input, two.input, end.input],
        statuses: [one.customStatus, two.customStatus, end.customStatus],
        isCreatedOnce: one.createdTime === end.createdTime,
        isUpdated: one.lastUpdatedTime < end.lastUpdatedTime,
        output: end.output,
      };
    },
    expected: {
      fields: ["name", "version", "instanceId", "runtimeStatus", "input", "customStatus", "output", "createdTime", "lastUpdatedTime"],
      inputs: [1, 2, 3].map((round) => ({ round, until: 3, wait: 5 })),
      statuses: [{ round: 1 }, { round: 2 }, { round: 3 }],
      isCreatedOnce: false,
      isUpdated: true,
      output: "after 3",
    },
  },
  {
    name: "the history that is shown",
    play: async (it, id) => {
      await run(it, "hello", id, { name: "Bob" });
      const { historyEvents } = await it.status(id, "showHistory=true");
      return historyEvents?.map((event) => [event.EventType, ...Object.keys(event).toSorted()]);
    },
    expected: [
      [
        "ExecutionStarted",
        "Correlation",
        "EventType",
        "FunctionName",
        "GenerateNewTrace",
        "Generation",
        "Input",
        "ParentTraceContext",
        "ScheduledStartTime",
        "Timestamp",
      ],
      ["TaskCompleted", "EventType", "FunctionName", "Input", "ScheduledTime", "Timestamp"],
      ["TaskCompleted", "EventType", "FunctionName", "Input", "ScheduledTime", "Timestamp"],
      ["ExecutionCompleted", "EventType", "FailureDetails", "OrchestrationStatus", "Timestamp"],
    ],
  },
  {
    name: "what is started without a function of that name, or under an unusual id, is taken",
    play: async (it, id) => {
      const nobody = await it.client("startNew", "nobody", { instanceId: id });
      const at = await it.client("startNew", "asks", { instanceId: `@${id}` });
      const [{ runtimeStatus, output }, { runtimeStatus: other }] = [
        await it.until(id, ended),
        await it.until(encodeURIComponent(`@${id}`), ended),
      ];
      return [nobody, runtimeStatus, String(output).split(" Additional info")[0], at, other];
    },
    expected: [
      { result: "ID" },
      "Failed",
      "Orchestrator function 'nobody' failed: The function 'nobody' doesn't exist, is disabled, or is not an orchestrator function.",
      { result: "@ID" },
      "Completed",
    ],
  },
  {
    name: "lists show what was put in and what came out",
    play: async (it, id) => {
      await run(it, "hello", id, { name: "Bob" });
      const { result } = await it.client("getStatusBy", { runtimeStatus: ["Completed"] });
      const [found] = (result as (Status & { instanceId: string })[]).filter(({ instanceId }) => instanceId === id);
      return [found!.input, found!.output, await it.client("getStatus", `${id}-nobody`)];
    },
    expected: [
      { name: "Bob" },
      ["hello Ada", "hello Bob"],
      {
        error:
          "DurableClient error: Durable Functions extension replied with HTTP 404 response. This usually means we could not find any data associated with the instanceId provided: ID-nobody.",
      },
    ],
  },
  {
    name: "an older version runs, a newer one waits and says nothing; children have the host's",
    play: async (it, id) => {
      const start = (name: string, version: string, input?: unknown): Promise<unknown> =>
        it.client("startNew", input ? "parent" : "asks", { instanceId: name, version, ...(input ? { input } : {}) });
      const versions = ["0.9", "0.10", "1.0", "1.0.1", "1.1", "2.0", "", "beta"];
      for (const version of versions) await start(`${id}-v${version}`, version);
      await start(`${id}-parent`, "0.5", ["Ada"]);
      const parent = await it.until(`${id}-parent`, ended);
      await it.pass(5);
      const all = await Promise.all(versions.map((version) => it.status(`${id}-v${version}`)));
      return [
        all.map(({ runtimeStatus, output }, at) => [versions[at], runtimeStatus, (output as { version?: string } | null)?.version]),
        parent.output,
      ];
    },
    expected: [
      [
        ["0.9", "Completed", "0.9"],
        ["0.10", "Completed", "0.10"],
        ["1.0", "Completed", "1.0"],
        ["1.0.1", "Pending", undefined],
        ["1.1", "Pending", undefined],
        ["2.0", "Pending", undefined],
        ["", "Completed", "1.0"],
        ["beta", "Pending", undefined],
      ],
      [{ said: "hello Ada", parent: "ID-parent", version: "1.0" }],
    ],
  },
];

/** How the extension walks the action list of an orchestrator, where that differs from what the orchestrator seems to say. */
import { expect, test } from "vitest";
import { type Action, ActionType, type OrchestratorState } from "../../../sandbox/host/durable/actions.ts";
import { type HistoryEvent, historyEvent } from "../../../sandbox/host/durable/history.ts";
import { interpret } from "../../../sandbox/host/durable/interpret.ts";

const start = Date.parse("2026-03-01T00:00:00.000Z");
const later = new Date(start + 60_000).toISOString();
const orchestration = { name: "o", executionId: "x", defaultVersion: null };

const activity = (functionName: string): Action => ({ actionType: ActionType.CallActivity, functionName });
const timer = (isCanceled = false): Action => ({ actionType: ActionType.CreateTimer, fireAt: later, isCanceled });
const any = (...compoundActions: Action[]): Action => ({ actionType: ActionType.WhenAny, compoundActions });
const all = (...compoundActions: Action[]): Action => ({ actionType: ActionType.WhenAll, compoundActions });
const wait = (externalEventName: string): Action => ({ actionType: ActionType.WaitForExternalEvent, externalEventName });

const answer = (actions: Action[], rest: Partial<OrchestratorState> = {}): OrchestratorState => ({
  isDone: false,
  actions: [actions],
  schemaVersion: 3,
  ...rest,
});
const history = (...events: HistoryEvent[]): HistoryEvent[] => [
  historyEvent("OrchestratorStarted", start),
  historyEvent("ExecutionStarted", start, { Name: "o" }),
  ...events,
];
const scheduled = (id: number, name: string): HistoryEvent =>
  historyEvent("TaskScheduled", start, { EventId: id, Name: name, Input: null });
const completed = (id: number): HistoryEvent => historyEvent("TaskCompleted", start, { TaskScheduledId: id, Result: "1" });
const created = (id: number): HistoryEvent => historyEvent("TimerCreated", start, { EventId: id, FireAt: later });
const raised = (name: string): HistoryEvent => historyEvent("EventRaised", start, { Name: name, Input: "1" });

test("numbers what it schedules in the order of the list, compounds from left to right", () => {
  const { decisions } = interpret(orchestration, answer([all(activity("a"), timer(), activity("b"))]), history());
  expect(decisions.map(({ id, kind }) => [id, kind])).toEqual([
    [0, "activity"],
    [1, "timer"],
    [2, "activity"],
  ]);
});

test("schedules an action only when those before it are done", () => {
  const state = answer([activity("a"), activity("b")]);
  expect(interpret(orchestration, state, history()).decisions).toMatchObject([{ id: 0, name: "a" }]);
  const next = interpret(orchestration, state, history(scheduled(0, "a"), completed(0)));
  expect(next.decisions).toMatchObject([{ id: 1, name: "b" }]);
});

test("schedules an activity again that is put into a second Task.any", () => {
  const state = answer([any(timer(), activity("a")), any(activity("a"), timer())]);
  const fired = historyEvent("TimerFired", start, { TimerId: 0, FireAt: later });
  const { decisions } = interpret(orchestration, state, history(created(0), scheduled(1, "a"), fired));
  expect(decisions).toMatchObject([
    { id: 2, name: "a" },
    { id: 3, kind: "timer" },
  ]);
});

test("waits for all of Task.all before the next action, though the orchestrator went on at the first failure", () => {
  const state = answer([all(activity("a"), activity("b")), activity("c")]);
  const failed = historyEvent("TaskFailed", start, { TaskScheduledId: 0, Reason: "no", Details: "" });
  const past = history(scheduled(0, "a"), scheduled(1, "b"), failed);
  expect(interpret(orchestration, state, past).decisions).toEqual([]);
  expect(interpret(orchestration, state, [...past, completed(1)]).decisions).toMatchObject([{ id: 2, name: "c" }]);
});

test("holds back continueAsNew while a timer is open, and carries over what is raised after it", () => {
  const state = answer([any(timer(), wait("e")), { actionType: ActionType.ContinueAsNew, input: { n: 2 } }], { isDone: true });
  const past = history(created(0), raised("e"), raised("e"));
  expect(interpret(orchestration, state, past).ending).toBeUndefined();
  const fired = historyEvent("TimerFired", start, { TimerId: 0, FireAt: later });
  expect(interpret(orchestration, state, [...past, fired]).ending).toMatchObject({
    kind: "continuedAsNew",
    input: '{"n":2}',
    carriedOver: [{ Name: "e" }],
    unprocessed: [],
  });
});

test("lets a cancelled timer go, whose event finds nobody", () => {
  const state = answer([any(wait("e"), timer(true))], { isDone: true, output: 1 });
  const past = history(created(0), raised("e"));
  expect(interpret(orchestration, state, past).ending).toEqual({ kind: "completed", output: 1 });
});

test("keeps what an orchestrator asks for while suspended until it is resumed", () => {
  const state = answer([activity("a"), activity("b")]);
  const suspended = history(scheduled(0, "a"), historyEvent("ExecutionSuspended", start), completed(0));
  expect(interpret(orchestration, state, suspended)).toMatchObject({ decisions: [], suspended: true });
  const resumed = [...suspended, historyEvent("ExecutionResumed", start)];
  expect(interpret(orchestration, state, resumed)).toMatchObject({ decisions: [{ id: 1, name: "b" }], suspended: false });
});

test.each([
  ["another name", [activity("b")], /name 'b'/],
  ["another input", [{ ...activity("a"), input: 1 }], /input 1, was null/],
  ["another kind", [timer()], /a timer in its place/],
  ["nothing", [wait("e")], /has not \(yet\?\) scheduled it/],
])("fails a replay that asks for %s", (_what, actions, message) => {
  const { ending } = interpret(orchestration, answer(actions), history(scheduled(0, "a")));
  expect(ending).toMatchObject({ kind: "failed", nonDeterministic: true, reason: expect.stringMatching(message) });
});

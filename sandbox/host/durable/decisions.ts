/** What one episode of an orchestration comes to. */
import type { HistoryEvent } from "./history.ts";

export type Decision =
  | { kind: "activity"; id: number; name: string; input: string | null }
  | { kind: "timer"; id: number; fireAt: number }
  | { kind: "subOrchestration"; id: number; name: string; input: string | null; instanceId: string; version: string | null };

export type Ending =
  | { kind: "completed"; output: unknown }
  | { kind: "failed"; reason: string; details: string; nonDeterministic: boolean }
  | { kind: "terminated"; reason: string | null }
  | { kind: "continuedAsNew"; input: string | null; carriedOver: HistoryEvent[]; unprocessed: HistoryEvent[] };

export type Episode = {
  decisions: Decision[];
  ending: Ending | undefined;
  suspended: boolean;
  /** What an instance that goes on still waits for. */
  open: { tasks: Decision[]; events: string[] };
};

/** defaultVersion: of the host, for what it starts. */
export type Orchestration = { name: string; executionId: string; defaultVersion: string | null };

/**
 * Everything durable, in SQLite: what is about to happen is written before it happens, so a SIGKILL at any moment loses
 * nothing. Documents are JSON; only what is searched for is a column.
 */
import { DatabaseSync, type SQLInputValue, type StatementSync } from "node:sqlite";
import type { HistoryEvent } from "./history.ts";

export type RuntimeStatus = "Pending" | "Running" | "Suspended" | "Completed" | "Failed" | "Terminated";

export type Instance = {
  id: string;
  name: string;
  version: string | null;
  executionId: string;
  status: RuntimeStatus;
  /** JSON text, or null. */
  input: string | null;
  output: unknown;
  customStatus: unknown;
  createdAt: number;
  updatedAt: number;
  parent: { id: string; executionId: string; taskId: number } | null;
  /** The action list of the last episode, for the replay check. */
  actions: string[];
  episodes: number;
};

export type NewInstance = Pick<Instance, "id" | "name" | "version" | "input" | "parent">;

/** Neither ended nor gone: what keeps its id taken. */
export function isRunning(instance: Instance | undefined): boolean {
  return instance !== undefined && ["Pending", "Running", "Suspended"].includes(instance.status);
}

/** Addressed to one execution, or to whichever is current. */
export type Message = { executionId: string | null; event: HistoryEvent };

export type ActivityTask = {
  instanceId: string;
  executionId: string;
  taskId: number;
  name: string;
  input: string | null;
  /** How often it was started: more than once after a crash. */
  starts: number;
};

/** dueAt: when it does fire. */
export type TimerTask = { instanceId: string; executionId: string; taskId: number; fireAt: number; dueAt: number };

export type CronStatus = { last: number | null; next: number; lastUpdated: number | null };

export type Stored<T> = T & { sequence: number };

const schema = `
  PRAGMA journal_mode = WAL;
  PRAGMA synchronous = NORMAL;
  CREATE TABLE IF NOT EXISTS instances (id TEXT PRIMARY KEY, document TEXT NOT NULL);
  CREATE TABLE IF NOT EXISTS history (sequence INTEGER PRIMARY KEY AUTOINCREMENT, instance TEXT NOT NULL, document TEXT NOT NULL);
  CREATE INDEX IF NOT EXISTS history_instance ON history (instance, sequence);
  CREATE TABLE IF NOT EXISTS messages (sequence INTEGER PRIMARY KEY AUTOINCREMENT, instance TEXT NOT NULL, document TEXT NOT NULL);
  CREATE INDEX IF NOT EXISTS messages_instance ON messages (instance, sequence);
  CREATE TABLE IF NOT EXISTS activities (sequence INTEGER PRIMARY KEY AUTOINCREMENT, document TEXT NOT NULL);
  CREATE TABLE IF NOT EXISTS timers
    (sequence INTEGER PRIMARY KEY AUTOINCREMENT, fireAt INTEGER NOT NULL, instance TEXT NOT NULL, document TEXT NOT NULL);
  CREATE INDEX IF NOT EXISTS timers_due ON timers (fireAt, sequence);
  CREATE INDEX IF NOT EXISTS timers_instance ON timers (instance);
  CREATE TABLE IF NOT EXISTS schedules (name TEXT PRIMARY KEY, document TEXT NOT NULL);
`;

export class Store {
  readonly #database: DatabaseSync;
  readonly #statements = new Map<string, StatementSync>();

  constructor(file: string) {
    this.#database = new DatabaseSync(file);
    this.#database.exec(schema);
  }

  close(): void {
    this.#database.close();
  }

  /** All or nothing, and on disk once it returns. */
  transaction<T>(work: () => T): T {
    this.#database.exec("BEGIN IMMEDIATE");
    try {
      const result = work();
      this.#database.exec("COMMIT");
      return result;
    } catch (error) {
      this.#database.exec("ROLLBACK");
      throw error;
    }
  }

  instance(id: string): Instance | undefined {
    return this.#documents<Instance>("SELECT document FROM instances WHERE id = ?", id)[0];
  }

  instances(): Instance[] {
    return this.#documents<Instance>("SELECT document FROM instances ORDER BY rowid");
  }

  saveInstance(instance: Instance): void {
    this.#run(
      "INSERT INTO instances (id, document) VALUES (?, ?) ON CONFLICT (id) DO UPDATE SET document = excluded.document",
      instance.id,
      JSON.stringify(instance),
    );
  }

  /** The instance and all that belongs to it, but what is running. */
  deleteInstance(id: string): void {
    this.#run("DELETE FROM instances WHERE id = ?", id);
    this.#run("DELETE FROM messages WHERE instance = ?", id);
    this.clearHistory(id);
  }

  history(id: string): HistoryEvent[] {
    return this.#documents<HistoryEvent>("SELECT document FROM history WHERE instance = ? ORDER BY sequence", id);
  }

  appendHistory(id: string, events: readonly HistoryEvent[]): void {
    for (const event of events) this.#run("INSERT INTO history (instance, document) VALUES (?, ?)", id, JSON.stringify(event));
  }

  clearHistory(id: string): void {
    this.#run("DELETE FROM history WHERE instance = ?", id);
  }

  messages(id: string): Stored<Message>[] {
    return this.#stored<Message>("SELECT sequence, document FROM messages WHERE instance = ? ORDER BY sequence", id);
  }

  addMessage(id: string, message: Message): void {
    this.#run("INSERT INTO messages (instance, document) VALUES (?, ?)", id, JSON.stringify(message));
  }

  deleteMessage(sequence: number): void {
    this.#run("DELETE FROM messages WHERE sequence = ?", sequence);
  }

  /** Instances that have something to read, the longest waiting first. */
  instancesWithMessages(): string[] {
    return this.#statement("SELECT instance FROM messages GROUP BY instance ORDER BY min(sequence)")
      .all()
      .map((row) => String(row["instance"]));
  }

  activities(): Stored<ActivityTask>[] {
    return this.#stored<ActivityTask>("SELECT sequence, document FROM activities ORDER BY sequence");
  }

  addActivity(task: ActivityTask): Stored<ActivityTask> {
    return { ...task, sequence: this.#run("INSERT INTO activities (document) VALUES (?)", JSON.stringify(task)) };
  }

  updateActivity({ sequence, ...task }: Stored<ActivityTask>): void {
    this.#run("UPDATE activities SET document = ? WHERE sequence = ?", JSON.stringify(task), sequence);
  }

  deleteActivity(sequence: number): void {
    this.#run("DELETE FROM activities WHERE sequence = ?", sequence);
  }

  addTimer(task: TimerTask): void {
    this.#run("INSERT INTO timers (fireAt, instance, document) VALUES (?, ?, ?)", task.dueAt, task.instanceId, JSON.stringify(task));
  }

  timersDue(now: number): Stored<TimerTask>[] {
    return this.#stored<TimerTask>("SELECT sequence, document FROM timers WHERE fireAt <= ? ORDER BY fireAt, sequence", now);
  }

  deleteTimer(sequence: number): void {
    this.#run("DELETE FROM timers WHERE sequence = ?", sequence);
  }

  nextTimer(): number | undefined {
    const next = this.#statement("SELECT min(fireAt) AS next FROM timers").get()?.["next"];
    return typeof next === "number" ? next : undefined;
  }

  /** Timers of executions that are over wake nobody. */
  deleteTimersOf(instanceId: string): void {
    this.#run("DELETE FROM timers WHERE instance = ?", instanceId);
  }

  schedule(name: string): CronStatus | undefined {
    return this.#documents<CronStatus>("SELECT document FROM schedules WHERE name = ?", name)[0];
  }

  saveSchedule(name: string, status: CronStatus): void {
    this.#run(
      "INSERT INTO schedules (name, document) VALUES (?, ?) ON CONFLICT (name) DO UPDATE SET document = excluded.document",
      name,
      JSON.stringify(status),
    );
  }

  #documents<T>(sql: string, ...values: SQLInputValue[]): T[] {
    return this.#statement(sql)
      .all(...values)
      .map((row) => {
        const document: T = JSON.parse(String(row["document"]));
        return document;
      });
  }

  #stored<T>(sql: string, ...values: SQLInputValue[]): Stored<T>[] {
    return this.#statement(sql)
      .all(...values)
      .map((row) => {
        const document: T = JSON.parse(String(row["document"]));
        return { ...document, sequence: Number(row["sequence"]) };
      });
  }

  #run(sql: string, ...values: SQLInputValue[]): number {
    return Number(this.#statement(sql).run(...values).lastInsertRowid);
  }

  #statement(sql: string): StatementSync {
    const known = this.#statements.get(sql) ?? this.#database.prepare(sql);
    this.#statements.set(sql, known);
    return known;
  }
}

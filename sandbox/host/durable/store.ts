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

/** Who reads a control queue, and until when nobody else may. nextOwner: who has asked for it. */
export type Lease = { partition: number; owner: string | null; nextOwner: string | null; expiresAt: number; isDraining: boolean };

/** Who has one of the locks that only one host has. */
export type Lock = { owner: string; expiresAt: number };

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
  CREATE TABLE IF NOT EXISTS messages
    (sequence INTEGER PRIMARY KEY AUTOINCREMENT, partition INTEGER NOT NULL, visibleAt INTEGER NOT NULL, instance TEXT NOT NULL,
     document TEXT NOT NULL);
  CREATE INDEX IF NOT EXISTS messages_instance ON messages (instance, sequence);
  CREATE TABLE IF NOT EXISTS activities (sequence INTEGER PRIMARY KEY AUTOINCREMENT, visibleAt INTEGER NOT NULL, document TEXT NOT NULL);
  CREATE TABLE IF NOT EXISTS timers
    (sequence INTEGER PRIMARY KEY AUTOINCREMENT, fireAt INTEGER NOT NULL, partition INTEGER NOT NULL, instance TEXT NOT NULL,
     document TEXT NOT NULL);
  CREATE INDEX IF NOT EXISTS timers_due ON timers (fireAt, sequence);
  CREATE INDEX IF NOT EXISTS timers_instance ON timers (instance);
  CREATE TABLE IF NOT EXISTS schedules (name TEXT PRIMARY KEY, document TEXT NOT NULL);
  CREATE TABLE IF NOT EXISTS leases (partition INTEGER PRIMARY KEY, document TEXT NOT NULL);
  CREATE TABLE IF NOT EXISTS locks (name TEXT PRIMARY KEY, document TEXT NOT NULL);
`;

/** Another host of the hub writes at the same moment: then this one waits. */
const BUSY_MS = 10_000;

/** A list of partitions is JSON text. */
const AMONG = "partition IN (SELECT value FROM json_each(?))";

export class Store {
  readonly #database: DatabaseSync;
  readonly #statements = new Map<string, StatementSync>();

  constructor(file: string) {
    this.#database = new DatabaseSync(file, { timeout: BUSY_MS });
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

  /** What can be read of it now; nobody else can until then. */
  takeMessages(id: string, now: number, until: number): Stored<Message>[] {
    const taken = this.messages(id, now);
    if (taken.length > 0) this.#run("UPDATE messages SET visibleAt = ? WHERE instance = ? AND visibleAt <= ?", until, id, now);
    return taken;
  }

  messages(id: string, now: number): Stored<Message>[] {
    const sql = "SELECT sequence, document FROM messages WHERE instance = ? AND visibleAt <= ? ORDER BY sequence";
    return this.#stored<Message>(sql, id, now);
  }

  addMessage(id: string, partition: number, message: Message): void {
    const sql = "INSERT INTO messages (partition, visibleAt, instance, document) VALUES (?, 0, ?, ?)";
    this.#run(sql, partition, id, JSON.stringify(message));
  }

  deleteMessage(sequence: number): void {
    this.#run("DELETE FROM messages WHERE sequence = ?", sequence);
  }

  /** Instances that have something to read, the longest waiting first. */
  instancesWithMessages(partitions: string, now: number): string[] {
    const among = `visibleAt <= ? AND ${AMONG}`;
    return this.#statement(`SELECT instance FROM messages WHERE ${among} GROUP BY instance ORDER BY min(sequence)`)
      .all(now, partitions)
      .map((row) => String(row["instance"]));
  }

  addActivity(task: ActivityTask): void {
    this.#run("INSERT INTO activities (visibleAt, document) VALUES (0, ?)", JSON.stringify(task));
  }

  /** The next that can be seen, of those that are asked for; nobody else sees it until then. */
  takeActivity(now: number, until: number, which: "all" | "odd"): Stored<ActivityTask> | undefined {
    const sql = "SELECT sequence, document FROM activities WHERE visibleAt <= ? AND sequence % 2 >= ? ORDER BY sequence LIMIT 1";
    return this.transaction(() => {
      const [task] = this.#stored<ActivityTask>(sql, now, which === "odd" ? 1 : 0);
      if (!task) return undefined;
      const { sequence, ...document } = { ...task, starts: task.starts + 1 };
      this.#run("UPDATE activities SET visibleAt = ?, document = ? WHERE sequence = ?", until, JSON.stringify(document), sequence);
      return task;
    });
  }

  hideActivity(sequence: number, until: number): void {
    this.#run("UPDATE activities SET visibleAt = ? WHERE sequence = ?", until, sequence);
  }

  deleteActivity(sequence: number): void {
    this.#run("DELETE FROM activities WHERE sequence = ?", sequence);
  }

  /** All that somebody had taken can be taken again. */
  showAll(): void {
    this.#run("UPDATE messages SET visibleAt = 0 WHERE visibleAt > 0");
    this.#run("UPDATE activities SET visibleAt = 0 WHERE visibleAt > 0");
  }

  /** When something that somebody has taken is next to be seen again. */
  nextVisible(partitions: string, now: number): number | undefined {
    return this.#number(
      `SELECT min(visibleAt) AS number FROM
        (SELECT visibleAt FROM activities WHERE visibleAt > ? UNION ALL SELECT visibleAt FROM messages WHERE visibleAt > ? AND ${AMONG})`,
      now,
      now,
      partitions,
    );
  }

  addTimer(task: TimerTask, partition: number): void {
    const sql = "INSERT INTO timers (fireAt, partition, instance, document) VALUES (?, ?, ?, ?)";
    this.#run(sql, task.dueAt, partition, task.instanceId, JSON.stringify(task));
  }

  timersDue(partitions: string, now: number): Stored<TimerTask>[] {
    const sql = `SELECT sequence, document FROM timers WHERE fireAt <= ? AND ${AMONG} ORDER BY fireAt, sequence`;
    return this.#stored<TimerTask>(sql, now, partitions);
  }

  deleteTimer(sequence: number): void {
    this.#run("DELETE FROM timers WHERE sequence = ?", sequence);
  }

  nextTimer(partitions: string): number | undefined {
    return this.#number(`SELECT min(fireAt) AS number FROM timers WHERE ${AMONG}`, partitions);
  }

  /** Timers of executions that are over wake nobody. */
  deleteTimersOf(instanceId: string): void {
    this.#run("DELETE FROM timers WHERE instance = ?", instanceId);
  }

  leases(): Lease[] {
    return this.#documents<Lease>("SELECT document FROM leases ORDER BY partition");
  }

  saveLease(lease: Lease): void {
    this.#run(
      "INSERT INTO leases (partition, document) VALUES (?, ?) ON CONFLICT (partition) DO UPDATE SET document = excluded.document",
      lease.partition,
      JSON.stringify(lease),
    );
  }

  lock(name: string): Lock | undefined {
    return this.#documents<Lock>("SELECT document FROM locks WHERE name = ?", name)[0];
  }

  saveLock(name: string, lock: Lock): void {
    this.#run(
      "INSERT INTO locks (name, document) VALUES (?, ?) ON CONFLICT (name) DO UPDATE SET document = excluded.document",
      name,
      JSON.stringify(lock),
    );
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

  #number(sql: string, ...values: SQLInputValue[]): number | undefined {
    const found = this.#statement(sql).get(...values)?.["number"];
    return typeof found === "number" ? found : undefined;
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

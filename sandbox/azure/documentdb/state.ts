/** What the provider of databases remembers of one world besides the databases themselves: operations, armed faults, who listens to key checks. */
import type { Account, Cluster, World } from "../world.ts";

export type Database = Account | Cluster;

export type OperationFailure = { code: string; message: string };

export type Operation = {
  id: string;
  kind: "account" | "cluster";
  verb: "create" | "update" | "delete";
  /** Lower-cased id of the database. */
  target: string;
  /** Region as in operation URLs. */
  region: string;
  state: "running" | "succeeded" | "failed";
  error?: OperationFailure;
  startedAt: number;
};

/** Why the service can't use the key; what an account's code is made from. */
export type KeyPath = { ok: true; version: string } | { ok: false; why: string; code: number | null };

export type KeyCheck = { at: number; target: Database; kind: "account" | "cluster"; path: KeyPath; changed: boolean };

type DocumentDbState = {
  operations: Map<string, Operation>;
  /** Asked once for every accepted write; what it answers is how the operation ends. */
  operationFault: () => OperationFailure | undefined;
  listeners: ((check: KeyCheck) => void)[];
  /** Outcomes laid down by a story, by lower-cased id: a platform event that nothing in the world explains. */
  forced: Map<string, KeyPath>;
  /** When accounts were deleted, by lower-cased id, ms. */
  deletedAt: Map<string, number>;
  /** Plans the key checks anew, as databases come, go or move to another phase; does nothing until checks were started. */
  replan: (moved?: Database) => void;
};

const states = new WeakMap<World, DocumentDbState>();

export function stateOf(world: World): DocumentDbState {
  const known = states.get(world);
  if (known) return known;
  const fresh: DocumentDbState = {
    operations: new Map(),
    operationFault: () => undefined,
    listeners: [],
    forced: new Map(),
    deletedAt: new Map(),
    replan: () => {},
  };
  states.set(world, fresh);
  return fresh;
}

export const isAccount = (database: Database): database is Account => "keyVaultKeyUri" in database;

export function setOperationFault(world: World, fault: () => OperationFailure | undefined): void {
  stateOf(world).operationFault = fault;
}

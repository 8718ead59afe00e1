/** What an account holds: databases, containers, documents, and who may read them by a data role. Names are told apart by case, unlike Azure's ids. */
import type { Account, JsonObject, World } from "../world.ts";

export type Document = JsonObject & { id: string };

export type DataContainer = {
  name: string;
  rid: string;
  /** Paths of its partition key. */
  paths: string[];
  /** One list for each physical partition. */
  partitions: Document[][];
  /** Provisioned request units a second, and what of them is used in the second of `usedAt` (ms). */
  throughput: number;
  used: number;
  usedAt: number;
};

export type DataDatabase = { name: string; rid: string; containers: Map<string, DataContainer> };

/** roleDefinition: its guid. scope: `/`, `/dbs/db` or `/dbs/db/colls/container`. */
export type DataRoleAssignment = { name: string; roleDefinition: string; principalId: string; scope: string };

export type AccountData = { databases: Map<string, DataDatabase>; roles: Map<string, DataRoleAssignment> };

const all = new WeakMap<Account, AccountData>();

export function dataOf(account: Account): AccountData {
  const known = all.get(account);
  if (known) return known;
  const fresh: AccountData = { databases: new Map(), roles: new Map() };
  all.set(account, fresh);
  return fresh;
}

type ContainerSpec = {
  database: string;
  container: string;
  /** `/id` where not given. */
  paths?: string[];
  documents: Document[];
  /** Physical partitions that they lie in, in turn; one where not given. */
  partitions?: number;
  throughput?: number;
};

const ridOf = (world: World): string => Buffer.from(world.random.hex("documents.rid", 12), "hex").toString("base64");

/** A container with its documents, for estates, stories and tests. */
export function addContainer(world: World, account: Account, spec: ContainerSpec): DataContainer {
  const { database: name, container, paths = ["/id"], documents, partitions = 1, throughput = 400 } = spec;
  const { databases } = dataOf(account);
  const database: DataDatabase = databases.get(name) ?? { name, rid: ridOf(world), containers: new Map() };
  databases.set(name, database);
  const lists = Array.from({ length: partitions }, (_, part) => documents.filter((__, i) => i % partitions === part));
  const made: DataContainer = { name: container, rid: ridOf(world), paths, partitions: lists, throughput, used: 0, usedAt: 0 };
  database.containers.set(container, made);
  return made;
}

/** The built-in definitions of every account (Microsoft Learn, "Azure Cosmos DB for NoSQL data plane security reference"). */
const CONTAINERS = "Microsoft.DocumentDB/databaseAccounts/sqlDatabases/containers";
export const READ_METADATA = "Microsoft.DocumentDB/databaseAccounts/readMetadata";
export const EXECUTE_QUERY = `${CONTAINERS}/executeQuery`;

export const DATA_ROLES: Readonly<Record<string, { roleName: string; dataActions: string[] }>> = {
  "00000000-0000-0000-0000-000000000001": {
    roleName: "Cosmos DB Built-in Data Reader",
    dataActions: [READ_METADATA, EXECUTE_QUERY, `${CONTAINERS}/readChangeFeed`, `${CONTAINERS}/items/read`],
  },
  "00000000-0000-0000-0000-000000000002": {
    roleName: "Cosmos DB Built-in Data Contributor",
    dataActions: [READ_METADATA, `${CONTAINERS}/*`, `${CONTAINERS}/items/*`],
  },
};

/** `*` stands for one word at the end. */
const covers = (pattern: string, action: string): boolean =>
  pattern.endsWith("*") ? action.startsWith(pattern.slice(0, -1)) : pattern === action;

const reaches = (scope: string, resource: string): boolean => scope === "/" || resource === scope || resource.startsWith(`${scope}/`);

/** principalIds: the caller and its groups. resource: as scopes are. */
export function mayInData(account: Account, principalIds: readonly string[], action: string, resource: string): boolean {
  return [...dataOf(account).roles.values()].some(
    ({ roleDefinition, principalId, scope }) =>
      principalIds.includes(principalId) &&
      reaches(scope, resource) &&
      (DATA_ROLES[roleDefinition]?.dataActions ?? []).some((pattern) => covers(pattern, action)),
  );
}

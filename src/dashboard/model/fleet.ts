/** The fleet in the order in which one would look at it, and as the graph of what depends on what. */
import type { Phase } from "../../domain/cause.ts";
import { parseKeyUri } from "../../domain/key-uri.ts";
import type { Target } from "./answers.ts";
import { PHASES } from "./severity.ts";
import { nameIn } from "./words.ts";

/** What can't be judged stands behind what is lost, and before what is well. */
const rankOf = (phase: Phase | null): number => (phase === null ? PHASES.indexOf("atRisk") + 0.5 : PHASES.indexOf(phase));

/** What is worst first; of what is as bad, vault by vault. */
export const worstFirst = (targets: readonly Target[]): Target[] =>
  targets
    .map((target) => ({ target, rank: rankOf(target.phase), key: `${target.vaultId} ${target.id}`.toLowerCase() }))
    .toSorted(
      (a, b) =>
        a.rank - b.rank || Number(b.target.openIncidentId !== null) - Number(a.target.openIncidentId !== null) || (a.key < b.key ? -1 : 1),
    )
    .map(({ target }) => target);

export function matching(targets: readonly Target[], words: string): Target[] {
  const wanted = words
    .toLowerCase()
    .split(/\s+/)
    .filter((word) => word !== "");
  if (wanted.length === 0) return [...targets];
  return targets.filter(({ id, vaultId, kind, phase }) => {
    const said = `${id} ${vaultId} ${kind} ${phase ?? "unknown"}`.toLowerCase();
    return wanted.every((word) => said.includes(word));
  });
}

export const countByPhase = (targets: readonly Target[]): [Phase | null, number][] =>
  [...PHASES.slice(0, -1), null, PHASES.at(-1)!].map((phase): [Phase | null, number] => [
    phase,
    targets.filter((one) => one.phase === phase).length,
  ]);

export type Node = { key: string; column: 0 | 1 | 2 | 3; row: number; name: string; phase: Phase | null | undefined };
export type Edge = { from: Node; to: Node };
export type Graph = { nodes: Node[]; edges: Edge[]; rows: number };

/** Vault, key, identity, database from left to right, of the first so many databases: who wants the rest narrows the search. */
export function graphOf(targets: readonly Target[], most: number): Graph {
  const nodes = new Map<string, Node>();
  const edges = new Map<string, Edge>();
  const next = [0, 0, 0, 0];
  const nodeOf = (column: Node["column"], id: string, name: string, phase?: Phase | null): Node => {
    const key = `${column} ${id.toLowerCase()}`;
    const known = nodes.get(key);
    if (known) return known;
    const node = { key, column, row: next[column]!++, name, phase };
    nodes.set(key, node);
    return node;
  };
  const join = (from: Node, to: Node): void => void edges.set(`${from.key} ${to.key}`, { from, to });
  // Vault by vault, in the order in which each is first met, so that lines do not cross.
  const byVault = Map.groupBy(targets.slice(0, most), ({ vaultId }) => vaultId.toLowerCase());
  for (const { id, vaultId, keyUri, identityIds, phase } of [...byVault.values()].flat()) {
    const { key } = parseKeyUri(keyUri ?? "");
    const vault = nodeOf(0, vaultId, nameIn(vaultId));
    const keyNode = nodeOf(1, `${vaultId} ${key ?? ""}`, key ?? "no key");
    const database = nodeOf(3, id, nameIn(id), phase);
    join(vault, keyNode);
    for (const identityId of identityIds.length > 0 ? identityIds : [""]) {
      const identity = nodeOf(
        2,
        identityId === "" ? `first party ${id}` : identityId,
        identityId === "" ? "first party" : nameIn(identityId),
      );
      join(keyNode, identity);
      join(identity, database);
    }
  }
  return { nodes: [...nodes.values()], edges: [...edges.values()], rows: Math.max(0, ...next) };
}

/** Which database has its key where, and by whom it reaches it: database, identity, key, vault, from left to right; the worst first. */
import { type DatabaseReport, type DatabaseSeverity as Severity, worstOf } from "../../domain/doctor/finding.ts";
import { keyNameOf, parseKeyUri, versionlessKeyUri } from "../../domain/key-uri.ts";
import { esc, short } from "./markup.ts";

/** More than these nobody can read at once; the table has all. */
const MOST = 60;
const COLUMNS = ["database", "identity", "key", "vault"] as const;
const [WIDE, GAP, HIGH, ROW, TOP] = [170, 60, 24, 34, 30];

type Node = { id: string; label: string; title: string; column: number; y: number; severity: Severity };

const withoutVersion = (keyUri: string): string => (versionlessKeyUri(parseKeyUri(keyUri)) ?? keyUri).toLowerCase();

/** The stations of one database, from itself to its vault; those that are not known are left out. */
function pathOf({ id, name, identity, keyUri, vault }: DatabaseReport): Omit<Node, "y" | "severity">[] {
  return [
    { column: 0, id, label: name, title: id },
    ...(identity
      ? [
          {
            column: 1,
            id: `identity ${identity.id ?? `${identity.name} of ${id}`}`.toLowerCase(),
            label: identity.name,
            title: identity.id ?? identity.name,
          },
        ]
      : []),
    ...(keyUri === null ? [] : [{ column: 2, id: `key ${withoutVersion(keyUri)}`, label: keyNameOf(keyUri) || keyUri, title: keyUri }]),
    ...(vault
      ? [
          {
            column: 3,
            id: `vault ${vault.name}`.toLowerCase(),
            label: vault.state === "live" ? vault.name : `${vault.name} (${vault.state})`,
            title: vault.id ?? vault.name,
          },
        ]
      : []),
  ];
}

/** Each where its databases are on the average, and none on another. */
function layOut(databases: readonly DatabaseReport[]): { nodes: Node[]; edges: { from: string; to: string; severity: Severity }[] } {
  const found = new Map<string, Node & { ys: number[] }>();
  const edges = new Map<string, { from: string; to: string; severity: Severity }>();
  for (const [index, database] of databases.entries()) {
    const path = pathOf(database);
    for (const [at, station] of path.entries()) {
      const known = found.get(station.id) ?? { ...station, y: 0, severity: "fine" as const, ys: [] };
      found.set(station.id, { ...known, ys: [...known.ys, TOP + index * ROW], severity: worstOf([known.severity, database.severity]) });
      const next = path[at + 1];
      if (!next) continue;
      const key = `${station.id}\n${next.id}`;
      edges.set(key, { from: station.id, to: next.id, severity: worstOf([edges.get(key)?.severity ?? "fine", database.severity]) });
    }
  }
  const mean = ({ ys }: { ys: number[] }): number => ys.reduce((sum, y) => sum + y, 0) / ys.length;
  const nodes = COLUMNS.flatMap((_, column) => {
    let free = TOP;
    return [...found.values()]
      .filter((node) => node.column === column)
      .toSorted((a, b) => mean(a) - mean(b))
      .map((node): Node => {
        const y = Math.max(free, mean(node));
        free = y + ROW;
        return { ...node, y };
      });
  });
  return { nodes, edges: [...edges.values()] };
}

const left = ({ column }: Node): number => column * (WIDE + GAP);

function edgeOf(from: Node, to: Node, severity: Severity): string {
  const [x1, x2, y1, y2] = [left(from) + WIDE, left(to), from.y + HIGH / 2, to.y + HIGH / 2];
  const middle = (x1 + x2) / 2;
  return `<path class="edge ${severity}" d="M${x1} ${y1}C${middle} ${y1} ${middle} ${y2} ${x2} ${y2}"/>`;
}

const nodeOf = (node: Node): string =>
  `<g class="${node.severity}"><title>${esc(node.title)}</title><rect class="box" x="${left(node) + 1}" y="${node.y}" width="${WIDE - 2}" height="${HIGH}" rx="5"/><text x="${left(node) + 8}" y="${node.y + 16}">${esc(short(node.label, 24))}</text></g>`;

export function graphOf(databases: readonly DatabaseReport[]): string {
  if (databases.length === 0) return "<p>There is none with a customer-managed key.</p>";
  // Those of one vault stand together, the vault with the worst first.
  const vaults = [...new Set(databases.map(({ vault }) => vault?.name ?? ""))];
  const shown = vaults.flatMap((name) => databases.filter(({ vault }) => (vault?.name ?? "") === name)).slice(0, MOST);
  const { nodes, edges } = layOut(shown);
  const at = new Map(nodes.map((node) => [node.id, node]));
  const height = Math.max(...nodes.map(({ y }) => y)) + ROW;
  const heads = COLUMNS.map((name, column) => `<text class="soft" x="${column * (WIDE + GAP) + 8}" y="16">${name}</text>`).join("");
  const more = databases.length > shown.length ? `<p class="soft">the first ${shown.length} of ${databases.length} databases</p>` : "";
  const label = `${shown.length} databases with their identities, keys and vaults`;
  return `<div class="wide" tabindex="0" role="region" aria-label="Graph"><svg role="img" aria-label="${label}" width="${4 * WIDE + 3 * GAP}" height="${height}" xmlns="http://www.w3.org/2000/svg">${heads}${edges.map(({ from, to, severity }) => edgeOf(at.get(from)!, at.get(to)!, severity)).join("")}${nodes.map(nodeOf).join("")}</svg></div>${more}`;
}

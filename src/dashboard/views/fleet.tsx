/** Every database that Keymend keeps alive, the worst first: as a table of which only what is seen is drawn, and as a graph. */
import { useMemo, useRef, useState } from "preact/hooks";
import { useFleet } from "../live.ts";
import type { Target } from "../model/answers.ts";
import { countByPhase, graphOf, matching, type Node, worstFirst } from "../model/fleet.ts";
import { PHASE_WORDS } from "../model/severity.ts";
import { count } from "../model/words.ts";
import { Badge, Heads, Loaded, Name, Nothing, PhaseBadge, When } from "./parts.tsx";

/** Of the style sheet (.fleet tr). */
const ROW_PX = 40;
const SEEN_ROWS = 15;
/** Drawn above and below of what is seen. */
const SPARE_ROWS = 8;

const Phased = ({ phase }: { phase: Target["phase"] }) =>
  phase === null ? <Badge tone="quiet">not known</Badge> : <PhaseBadge phase={phase} />;

function Row({ target, index }: { target: Target; index: number }) {
  const { id, vaultId, kind, phase, openIncidentId, armed, lastLookAt } = target;
  return (
    <tr aria-rowindex={index + 2}>
      <th scope="row">{openIncidentId === null ? <Name id={id} /> : <a href={`#/incidents/${openIncidentId}`}>{<Name id={id} />}</a>}</th>
      <td>
        <Phased phase={phase} />
      </td>
      <td>
        <Name id={vaultId} />
      </td>
      <td>{kind}</td>
      <td title={armed.why ?? undefined}>{armed.state === "armed" ? "yes" : armed.state === "unarmed" ? "no" : "not known"}</td>
      <td>{lastLookAt === null ? "never" : <When at={lastLookAt} />}</td>
    </tr>
  );
}

/** A row stands in for those that are not drawn: its height is that of a drawing, which the page's policy allows where a style is not. */
const Gap = ({ rows }: { rows: number }) =>
  rows > 0 ? (
    <tr class="gap" aria-hidden="true">
      <td colSpan={6}>
        <svg width={1} height={rows * ROW_PX} />
      </td>
    </tr>
  ) : null;

function Table({ targets }: { targets: readonly Target[] }) {
  const [top, setTop] = useState(0);
  const frame = useRef(0);
  const first = Math.max(0, Math.min(Math.floor(top / ROW_PX), targets.length - SEEN_ROWS) - SPARE_ROWS);
  const last = Math.min(targets.length, first + SEEN_ROWS + 2 * SPARE_ROWS);
  return (
    <div
      class="scroll fleet"
      role="region"
      aria-label="Databases, the worst first"
      tabIndex={0}
      onScroll={({ currentTarget }) => {
        cancelAnimationFrame(frame.current);
        frame.current = requestAnimationFrame(() => setTop(currentTarget.scrollTop));
      }}
    >
      <table aria-rowcount={targets.length + 1}>
        <Heads labels={["Database", "Phase", "Vault", "Kind", "Armed", "Last look"]} rowIndex={1} />
        <tbody>
          <Gap rows={first} />
          {targets.slice(first, last).map((target, i) => (
            <Row key={target.id} target={target} index={first + i} />
          ))}
          <Gap rows={targets.length - last} />
        </tbody>
      </table>
    </div>
  );
}

const COLUMNS = ["Vault", "Key", "Identity", "Database"];
const [WIDTH, LINE, BOX, HEAD] = [880, 34, 190, 30];
const xOf = ({ column }: { column: number }): number => column * ((WIDTH - BOX) / 3);
const yOf = ({ row }: Pick<Node, "row">): number => HEAD + row * LINE;
const short = (name: string): string => (name.length > 24 ? `${name.slice(0, 23)}…` : name);

const GRAPH_MOST = 30;

function Graph({ targets }: { targets: readonly Target[] }) {
  const graph = useMemo(() => graphOf(targets, GRAPH_MOST), [targets]);
  const height = HEAD + graph.rows * LINE;
  return (
    <>
      <p class="fine">
        {targets.length > GRAPH_MOST
          ? `The first ${GRAPH_MOST} of ${count(targets.length, "database")}; narrow the search to see others.`
          : "All that were found."}{" "}
        The table has the same.
      </p>
      <div class="scroll" role="region" aria-label="Graph" tabIndex={0}>
        <svg
          class="graph"
          width={WIDTH}
          height={height}
          viewBox={`0 0 ${WIDTH} ${height}`}
          role="img"
          aria-label={`${graph.nodes.length} vaults, keys, identities and databases and what depends on what`}
        >
          {COLUMNS.map((label, column) => (
            <text key={label} class="head" x={xOf({ column })} y={14}>
              {label}
            </text>
          ))}
          {graph.edges.map(({ from, to }) => {
            const [x1, y1, x2, y2] = [xOf(from) + BOX, yOf(from) + 13, xOf(to), yOf(to) + 13];
            return <path key={`${from.key} ${to.key}`} class="edge" d={`M${x1} ${y1}C${x1 + 20} ${y1} ${x2 - 20} ${y2} ${x2} ${y2}`} />;
          })}
          {graph.nodes.map((node) => (
            <g
              key={node.key}
              class={node.phase === undefined ? "node" : `node ${node.phase === null ? "quiet" : PHASE_WORDS[node.phase].tone}`}
            >
              <title>{node.phase ? `${node.name}: ${PHASE_WORDS[node.phase].label}` : node.name}</title>
              <rect x={xOf(node)} y={yOf(node)} width={BOX} height={26} rx={6} />
              <text x={xOf(node) + 8} y={yOf(node) + 18}>
                {short(node.name)}
              </text>
            </g>
          ))}
        </svg>
      </div>
    </>
  );
}

function Found({ all, more }: { all: readonly Target[]; more: boolean }) {
  const [words, setWords] = useState("");
  const [form, setForm] = useState<"table" | "graph">("table");
  const sorted = useMemo(() => worstFirst(all), [all]);
  const found = useMemo(() => matching(sorted, words), [sorted, words]);
  return (
    <>
      <p class="facts">
        {countByPhase(all).map(([phase, n]) =>
          n === 0 ? null : (
            <span key={phase ?? "unknown"}>
              <Phased phase={phase} /> {n.toLocaleString("en")}
            </span>
          ),
        )}
        <span class="fine">
          {count(all.length, "database")} on {count(new Set(all.map(({ vaultId }) => vaultId.toLowerCase())).size, "vault")}
          {more ? ", and more" : ""}
        </span>
      </p>
      <div class="filters">
        <label for="search">Search</label>
        <input
          id="search"
          type="search"
          placeholder="name, vault, group, kind, phase"
          value={words}
          onInput={(event) => setWords(event.currentTarget.value)}
        />
        <div role="group" aria-label="As" class="filters">
          {(["table", "graph"] as const).map((one) => (
            <button key={one} type="button" aria-pressed={one === form} onClick={() => setForm(one)}>
              {one}
            </button>
          ))}
        </div>
      </div>
      <p role="status" class="fine">
        {words === "" ? "" : `${count(found.length, "database")} found`}
      </p>
      {found.length === 0 ? (
        <Nothing>No database is like that.</Nothing>
      ) : form === "table" ? (
        <Table targets={found} />
      ) : (
        <Graph targets={found} />
      )}
    </>
  );
}

export function Fleet() {
  const live = useFleet();
  return (
    <>
      <h1>Fleet</h1>
      <Loaded live={live}>
        {({ value, more }) =>
          value.length === 0 ? (
            <Nothing>No look has found a database yet; a sweep comes every few minutes.</Nothing>
          ) : (
            <Found all={value} more={more} />
          )
        }
      </Loaded>
    </>
  );
}

/** All incidents, the open ones first. */
import { useState } from "preact/hooks";
import { takeFrom } from "../api.ts";
import { useLive } from "../live.ts";
import type { IncidentRow } from "../model/answers.ts";
import { count, nameIn, spaced } from "../model/words.ts";
import { Badge, Loaded, Nothing, OutcomeBadge, Scroll, When } from "./parts.tsx";

const STATES = ["all", "waiting", "working", "closed"] as const;
const MOST = 200;

const isOpenFirst = (a: IncidentRow, b: IncidentRow): number =>
  Number(a.state === "closed") - Number(b.state === "closed") || b.openedAt.localeCompare(a.openedAt);

function Row({ incident }: { incident: IncidentRow }) {
  return (
    <tr>
      <th scope="row">
        <a href={`#/incidents/${incident.id}`}>{nameIn(incident.vaultId)}</a>
      </th>
      <td>
        {incident.outcome ? (
          <OutcomeBadge outcome={incident.outcome} reason={incident.reason} />
        ) : (
          <Badge tone={incident.state === "waiting" ? "warn" : "info"}>
            {incident.state === "waiting" ? "waits for a decision" : "at work"}
          </Badge>
        )}
      </td>
      <td>{incident.causes.map(spaced).join(", ") || "none"}</td>
      <td class="number">{incident.targets.length}</td>
      <td>
        <When at={incident.openedAt} />
      </td>
    </tr>
  );
}

export function Incidents() {
  const [state, setState] = useState<(typeof STATES)[number]>("all");
  const live = useLive(`incidents ${state}`, (api) =>
    takeFrom(api.all("incidents", { $top: "100", ...(state === "all" ? {} : { state }) }), MOST),
  );
  return (
    <>
      <h1>Incidents</h1>
      <div class="filters" role="group" aria-label="Which incidents">
        {STATES.map((one) => (
          <button key={one} type="button" aria-pressed={one === state} onClick={() => setState(one)}>
            {one}
          </button>
        ))}
      </div>
      <Loaded live={live}>
        {({ value, more }) =>
          value.length === 0 ? (
            <Nothing>There is no incident{state === "all" ? "" : ` that is ${state}`}.</Nothing>
          ) : (
            <Scroll label="Incidents">
              <table>
                <caption>
                  {count(value.length, "incident")}
                  {more ? ", the newest" : ""}
                </caption>
                <thead>
                  <tr>
                    <th scope="col">Vault</th>
                    <th scope="col">State</th>
                    <th scope="col">Causes</th>
                    <th scope="col" class="number">
                      Databases
                    </th>
                    <th scope="col">Opened</th>
                  </tr>
                </thead>
                <tbody>
                  {value.toSorted(isOpenFirst).map((incident) => (
                    <Row key={incident.id} incident={incident} />
                  ))}
                </tbody>
              </table>
            </Scroll>
          )
        }
      </Loaded>
    </>
  );
}

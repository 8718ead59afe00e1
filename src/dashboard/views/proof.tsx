/** The audit of an incident: what Keymend says of its chain, and what this browser finds by reckoning every hash itself. */
import { useState } from "preact/hooks";
import { RESTRAINT_AUDIT } from "../../domain/incident.ts";
import { takeFrom, wordsOf } from "../api.ts";
import { useHere, useLive } from "../live.ts";
import { type Verdict, verifyRows } from "../model/verify.ts";
import { count, nameIn, spaced, timeOf } from "../model/words.ts";
import { Badge, Card, Heads, Loaded, Nothing, Scroll, When } from "./parts.tsx";

const MOST = 5000;

function Reckon({ id }: { id: string }) {
  const { api } = useHere();
  const [busy, setBusy] = useState(false);
  const [verdict, setVerdict] = useState<Verdict>();
  const [error, setError] = useState<string>();
  async function reckon(): Promise<void> {
    setBusy(true);
    setError(undefined);
    try {
      const seal = id === RESTRAINT_AUDIT ? null : (await api.call("incident", { id })).audit;
      const { value, more } = await takeFrom(api.all("audit", { incidentId: id, $top: "200" }), MOST);
      if (more) throw new Error(`It has more than ${count(MOST, "row")}: keymend audit verify ${id} reckons all of them.`);
      setVerdict(await verifyRows(id, value, seal));
    } catch (problem) {
      setError(wordsOf(problem));
    } finally {
      setBusy(false);
    }
  }
  return (
    <>
      <div class="buttons">
        <button type="button" class="primary" disabled={busy} onClick={() => void reckon()}>
          Verify in this browser
        </button>
        <span class="fine">
          Every hash is reckoned here, from what the rows say, and held against how far the incident says that it goes.
        </span>
      </div>
      <div role="status">
        {verdict === undefined ? null : verdict.broken === null ? (
          <p class="said">{count(verdict.rows, "row")}, every one whole and in its place.</p>
        ) : (
          <p class="problem">
            Row {verdict.broken.seq} is broken: {verdict.broken.why}.
          </p>
        )}
      </div>
      {error === undefined ? null : (
        <p class="problem" role="alert">
          {error}
        </p>
      )}
    </>
  );
}

export function ProofView({ id }: { id: string }) {
  const live = useLive(`audit ${id}`, (api) => api.call("audit", { query: { incidentId: id, $top: "200" } }), 10_000);
  return (
    <>
      <p class="crumbs">
        <a href="#/proof">Proof</a> / <span class="fine">{id}</span>
      </p>
      <h1>The audit of {id === RESTRAINT_AUDIT ? "pauses" : "an incident"}</h1>
      <Loaded live={live}>
        {({ value, chain, nextLink }) => (
          <>
            <Card title="The chain" aside={<Badge tone={chain.ok ? "good" : "bad"}>{chain.ok ? "holds" : "broken"}</Badge>}>
              {chain.ok ? (
                <dl class="pairs">
                  <dt>Rows</dt>
                  <dd>{chain.rows}</dd>
                  <dt>Borne out by the incident itself</dt>
                  <dd>{chain.sealed}</dd>
                  <dt>Borne out by a locked anchor</dt>
                  <dd>{chain.anchored ?? "there are no anchors by the settings"}</dd>
                  <dt>Head</dt>
                  <dd>
                    <code>{chain.head}</code>
                  </dd>
                </dl>
              ) : (
                <p class="problem">
                  Row {chain.seq}: {chain.why}
                </p>
              )}
              <Reckon id={id} />
            </Card>
            <Scroll label="Rows of the audit">
              <table>
                <caption>
                  {count(value.length, "row")}
                  {nextLink === undefined ? "" : ", and more"}
                </caption>
                <Heads labels={["Row", "At (UTC)", "Kind", "What", "Hash"]} />
                <tbody>
                  {value.map(({ seq, at, kind, what, hash, prev }) => (
                    <tr key={seq}>
                      <th scope="row">{seq}</th>
                      <td>{timeOf(at)}</td>
                      <td>{spaced(kind)}</td>
                      <td class="wide">{what}</td>
                      <td>
                        <code title={`${hash}, after ${prev}`}>{hash.slice(0, 10)}</code>
                      </td>
                    </tr>
                  ))}
                </tbody>
              </table>
            </Scroll>
          </>
        )}
      </Loaded>
    </>
  );
}

export function Proof() {
  const live = useLive("incidents for proof", (api) => takeFrom(api.all("incidents", { $top: "100" }), 200), 10_000);
  return (
    <>
      <h1>Proof</h1>
      <p class="lead">
        Every decision is on record, also the decision to do nothing: each row carries the hash of the one before.{" "}
        <a href={`#/proof/${RESTRAINT_AUDIT}`}>Who paused and resumed</a> has a chain of its own.
      </p>
      <Loaded live={live}>
        {({ value }) =>
          value.length === 0 ? (
            <Nothing>There is no incident yet.</Nothing>
          ) : (
            <ul class="list">
              {value.map(({ id, vaultId, openedAt, outcome }) => (
                <li key={id}>
                  <a href={`#/proof/${id}`}>{nameIn(vaultId)}</a>, opened <When at={openedAt} />
                  {outcome ? `, ${spaced(outcome)}` : ""}
                </li>
              ))}
            </ul>
          )
        }
      </Loaded>
    </>
  );
}

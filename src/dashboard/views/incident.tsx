/** One incident: what is wrong, why, what is to be done, who decides, and how it came about. */
import { useState } from "preact/hooks";
import { formatDuration, toMs } from "../../domain/time.ts";
import { useHere, useLive, useNow } from "../live.ts";
import type { Incident } from "../model/answers.ts";
import { graceOf } from "../model/grace.ts";
import { worstPhase } from "../model/severity.ts";
import { clockOf, nameIn, sinceStart, spaced, timeOf } from "../model/words.ts";
import { Decide } from "./decide.tsx";
import { PlanCard } from "./plan.tsx";
import { Badge, Card, Commands, Loaded, Name, Nothing, OutcomeBadge, PhaseBadge, Problem, When } from "./parts.tsx";

function GraceClock({ incident }: { incident: Incident }) {
  const grace = graceOf(incident, useNow());
  if (!grace) return null;
  const running = grace.kind === "running";
  return (
    <section class={`grace ${running ? "bad" : "warn"}`} aria-label="Grace clock">
      <p class="clock" role="timer" aria-live="off">
        {clockOf(grace.leftMs)}
      </p>
      <div>
        <p>
          {running
            ? `until the service notices that ${grace.of.map(nameIn).join(", ")} lost the key, at the latest: it checks about once an hour.`
            : `until the service notices that ${grace.of.map(nameIn).join(", ")} has its key again, at the latest.`}
        </p>
        <progress max={1} value={grace.share} aria-label={`${Math.round(grace.share * 100)} % of the hour has passed`} />
        <p class="fine">
          since {timeOf(grace.since)} UTC, to {timeOf(grace.until).slice(11)}
        </p>
      </div>
    </section>
  );
}

function Causes({ incident }: { incident: Incident }) {
  return (
    <Card title="Why">
      {incident.causes.length === 0 ? <Nothing>No cause is found just now.</Nothing> : null}
      {incident.causes.map(({ code, evidence, contradictions, targetIds }) => (
        <article key={code} class="cause">
          <h3>{spaced(code)}</h3>
          <p class="fine">of {targetIds.map(nameIn).join(", ")}</p>
          <ul class="evidence">
            {evidence.map((line) => (
              <li key={line}>{line}</li>
            ))}
          </ul>
          {contradictions.length > 0 ? (
            <>
              <h4>Contradictions</h4>
              <ul class="contradictions">
                {contradictions.map((line) => (
                  <li key={line}>{line}</li>
                ))}
              </ul>
            </>
          ) : null}
        </article>
      ))}
    </Card>
  );
}

function Databases({ incident }: { incident: Incident }) {
  return (
    <Card title="Databases">
      {incident.targets.length === 0 ? <Nothing>None was read.</Nothing> : null}
      <ul class="list">
        {incident.targets.map(({ id, kind, phase, outcome, serviceSays }) => (
          <li key={id}>
            <p>
              <strong>
                <Name id={id} />
              </strong>{" "}
              <span class="fine">{kind}</span> <PhaseBadge phase={phase} /> {outcome ? <OutcomeBadge outcome={outcome} /> : null}
            </p>
            <p class="fine">{serviceSays === null ? "The service says nothing of its key." : `The service says: ${serviceSays}`}</p>
          </li>
        ))}
      </ul>
    </Card>
  );
}

function saveAs(name: string, value: unknown): void {
  const href = URL.createObjectURL(new Blob([`${JSON.stringify(value, null, 2)}\n`], { type: "application/json" }));
  Object.assign(document.createElement("a"), { href, download: name }).click();
  URL.revokeObjectURL(href);
}

/** What `keymend support` writes from what is on record, for whoever helps. */
function SupportBundle({ id }: { id: string }) {
  const { api } = useHere();
  const [busy, setBusy] = useState(false);
  const [error, setError] = useState<Error>();
  async function save(): Promise<void> {
    setBusy(true);
    setError(undefined);
    try {
      saveAs(`keymend-${id}.json`, await api.call("support", { id }));
    } catch (problem) {
      setError(problem instanceof Error ? problem : new Error(String(problem)));
    } finally {
      setBusy(false);
    }
  }
  return (
    <>
      <div class="buttons">
        <button type="button" disabled={busy} onClick={() => void save()}>
          Save the support bundle
        </button>
        <span class="fine">All that is on record of it, in one file: names, ids and times of your resources, and no secret.</span>
      </div>
      <Problem error={error} />
    </>
  );
}

function Timeline({ incident }: { incident: Incident }) {
  return (
    <Card title="Timeline">
      <ol class="timeline">
        {incident.timeline.map(({ at, what }, i) => (
          <li key={`${at} ${i}`}>
            <time dateTime={at} title={`${timeOf(at)} UTC`}>
              {sinceStart(at, incident.openedAt)}
            </time>
            <span>{what}</span>
          </li>
        ))}
      </ol>
      <p>
        <a href={`#/proof/${incident.id}`}>The audit of this incident</a>
      </p>
      <SupportBundle id={incident.id} />
    </Card>
  );
}

function Applied({ incident }: { incident: Incident }) {
  if (incident.applied.length === 0) return null;
  return (
    <Card title="What was written">
      <ol class="timeline">
        {incident.applied.map(({ name, on, at, result, detail }, i) => (
          <li key={`${at} ${i}`}>
            <time dateTime={at}>{sinceStart(at, incident.openedAt)}</time>
            <span>
              <Badge tone={result === "done" || result === "alreadyDone" ? "good" : "bad"}>{spaced(result)}</Badge> {spaced(name)} on{" "}
              <Name id={on} />
              {detail ? `: ${detail}` : ""}
            </span>
          </li>
        ))}
      </ol>
    </Card>
  );
}

function Head({ incident }: { incident: Incident }) {
  const { vaultId, state, outcome, reason, detail, targets, nextLookAt, openedAt, since, fixedAt } = incident;
  return (
    <>
      <p class="crumbs">
        <a href="#/incidents">Incidents</a> / <span class="fine">{incident.id}</span>
      </p>
      <h1>{nameIn(vaultId)}</h1>
      <p class="facts" aria-live="polite">
        {outcome ? (
          <OutcomeBadge outcome={outcome} reason={reason} />
        ) : (
          <PhaseBadge phase={worstPhase(targets.map(({ phase }) => phase))} />
        )}
        <span>
          opened <When at={openedAt} />
        </span>
        {fixedAt === null ? null : <span>effective {formatDuration(toMs(fixedAt) - toMs(since))} after the trouble began</span>}
        {state === "closed" || nextLookAt === null ? null : (
          <span>
            next look <When at={nextLookAt} />
          </span>
        )}
      </p>
      {detail ? <p class="lead">{detail}</p> : null}
    </>
  );
}

export function IncidentView({ id }: { id: string }) {
  const live = useLive(`incident ${id}`, (api) => api.call("incident", { id }), 2000);
  return (
    <Loaded live={live} title="Incident">
      {(incident) => (
        <>
          <Head incident={incident} />
          <GraceClock incident={incident} />
          <Decide incident={incident} onDecided={live.refresh} />
          <div class="columns">
            <div>
              <Causes incident={incident} />
              <Databases incident={incident} />
              {incident.plan ? <PlanCard plan={incident.plan} /> : null}
              <Applied incident={incident} />
              {incident.runbook.length > 0 ? (
                <Card title="What a person can run instead">
                  <Commands lines={incident.runbook} />
                </Card>
              ) : null}
            </div>
            <Timeline incident={incident} />
          </div>
        </>
      )}
    </Loaded>
  );
}

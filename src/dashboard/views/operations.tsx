/** What is wanted on purpose: what there is, and for an operator a form that rehearses first. */
import { useState } from "preact/hooks";
import type { OperationName } from "../../domain/wish.ts";
import { takeFrom, wordsOf } from "../api.ts";
import { useHere, useLive, useRole } from "../live.ts";
import type { Operation, Requirement } from "../model/answers.ts";
import { bodyOf, FORMS, isWhole } from "../model/operations.ts";
import { nameIn, spaced, timeOf } from "../model/words.ts";
import { PlanCard } from "./plan.tsx";
import { Badge, Card, Commands, Heads, Loaded, Nothing, OutcomeBadge, Scroll, When } from "./parts.tsx";

// oxlint-disable-next-line typescript/no-unsafe-type-assertion -- its keys are those of the record
const NAMES = Object.keys(FORMS) as OperationName[];

type Judged = Pick<Operation, "requirements" | "plan" | "detail" | "loses" | "outcome" | "reasonCode">;

const TONES = { met: "good", unmet: "bad", unknown: "warn" } as const;

function Requirements({ all }: { all: readonly Requirement[] }) {
  if (all.length === 0) return null;
  return (
    <Card title="Requirements">
      <ul class="list">
        {all.map(({ name, state, detail, az, advised }) => (
          <li key={name}>
            <p>
              <strong>{spaced(name)}</strong> <Badge tone={advised && state === "unmet" ? "warn" : TONES[state]}>{state}</Badge> {detail}
            </p>
            {state === "met" ? null : <Commands lines={az} />}
          </li>
        ))}
      </ul>
    </Card>
  );
}

const JudgedView = ({ judged }: { judged: Judged }) => (
  <>
    {judged.detail ? <p class="lead">{judged.detail}</p> : null}
    {judged.loses ? <p class="problem">{judged.loses}</p> : null}
    <Requirements all={judged.requirements} />
    {judged.plan && judged.plan.steps.length > 0 ? <PlanCard plan={judged.plan} /> : null}
  </>
);

function Start() {
  const { api } = useHere();
  const [operation, setOperation] = useState<OperationName>("check-requirements");
  const [values, setValues] = useState<Record<string, string>>({});
  const [reason, setReason] = useState("");
  const [busy, setBusy] = useState(false);
  const [error, setError] = useState<string>();
  const [rehearsed, setRehearsed] = useState<Judged>();
  const { about, fields } = FORMS[operation];
  const change = (act: () => void): void => {
    act();
    // What was rehearsed is not what would be done now.
    setRehearsed(undefined);
  };

  async function send(dryRun: boolean): Promise<void> {
    setBusy(true);
    setError(undefined);
    try {
      // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- what a form says is text; the API judges it
      const body = bodyOf(operation, values, reason, dryRun) as never;
      const answer = await api.call("startOperation", { body });
      if ("id" in answer) location.hash = `#/operations/${answer.id}`;
      else setRehearsed(answer);
    } catch (problem) {
      setError(wordsOf(problem));
    } finally {
      setBusy(false);
    }
  }

  const ready = !busy && isWhole(operation, values, reason);
  return (
    <Card title="Start one">
      <form onSubmit={(event) => event.preventDefault()}>
        <label for="operation">Operation</label>
        <select
          id="operation"
          value={operation}
          onChange={(event) => change(() => setOperation(NAMES.find((name) => name === event.currentTarget.value)!))}
        >
          {NAMES.map((name) => (
            <option key={name} value={name}>
              {FORMS[name].label}
            </option>
          ))}
        </select>
        <p class="fine">{about}</p>
        {fields.map(({ name, label, hint, optional }) => (
          <div key={`${operation} ${name}`}>
            <label for={`field-${name}`}>
              {label}
              {optional ? " (may be left out)" : ""}
            </label>
            <input
              id={`field-${name}`}
              placeholder={hint}
              required={!optional}
              value={values[name] ?? ""}
              onInput={(event) => change(() => setValues({ ...values, [name]: event.currentTarget.value }))}
            />
          </div>
        ))}
        <label for="why">Reason, for the record</label>
        <input id="why" required maxLength={1000} value={reason} onInput={(event) => setReason(event.currentTarget.value)} />
        {error === undefined ? null : (
          <p class="problem" role="alert">
            {error}
          </p>
        )}
        <div class="buttons">
          <button type="button" class="primary" disabled={!ready} onClick={() => void send(true)}>
            Dry run
          </button>
          <button type="button" class="danger" disabled={!ready || rehearsed === undefined} onClick={() => void send(false)}>
            Start
          </button>
          {rehearsed === undefined ? <span class="fine">The dry run shows what would be done; then it may be started.</span> : null}
        </div>
      </form>
      {rehearsed ? (
        <div role="status">
          <h3>What would come of it</h3>
          <JudgedView judged={rehearsed} />
        </div>
      ) : null}
    </Card>
  );
}

const StateBadge = ({ operation: { state, outcome, reasonCode } }: { operation: Pick<Operation, "state" | "outcome" | "reasonCode"> }) =>
  outcome ? (
    <OutcomeBadge outcome={outcome} reason={reasonCode} />
  ) : (
    <Badge tone={state === "waiting" ? "warn" : "info"}>{state === "waiting" ? "waits" : "at work"}</Badge>
  );

export function Operations() {
  const mayStart = useRole("Operator");
  const live = useLive("operations", (api) => takeFrom(api.all("operations", {}), 200));
  return (
    <>
      <h1>Operations</h1>
      {mayStart ? <Start /> : <p class="fine">Whoever has the app role Keymend.Operator starts one.</p>}
      <Loaded live={live}>
        {({ value }) =>
          value.length === 0 ? (
            <Nothing>Nothing was wanted on purpose yet.</Nothing>
          ) : (
            <Scroll label="Operations">
              <table>
                <Heads labels={["Operation", "Vault", "State", "Wanted by", "When"]} />
                <tbody>
                  {value.map((one) => (
                    <tr key={one.id}>
                      <th scope="row">
                        <a href={`#/operations/${one.id}`}>{one.operation}</a>
                      </th>
                      <td>{nameIn(one.vaultId)}</td>
                      <td>
                        <StateBadge operation={one} />
                      </td>
                      <td title={one.reason}>{one.requestedBy.name}</td>
                      <td>
                        <When at={one.requestedAt} />
                      </td>
                    </tr>
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

function Cancel({ id, onDone }: { id: string; onDone: () => void }) {
  const { api } = useHere();
  const [reason, setReason] = useState("");
  const [error, setError] = useState<string>();
  async function send(): Promise<void> {
    try {
      await api.call("cancelOperation", { id, body: { reason: reason.trim() } });
    } catch (problem) {
      setError(wordsOf(problem));
    }
    onDone();
  }
  return (
    <form
      class="inline"
      onSubmit={(event) => {
        event.preventDefault();
        void send();
      }}
    >
      <label for="cancel-reason">Reason to call it off</label>
      <input id="cancel-reason" required maxLength={1000} value={reason} onInput={(event) => setReason(event.currentTarget.value)} />
      <button type="submit" class="danger" disabled={reason.trim() === ""}>
        Call it off
      </button>
      {error === undefined ? null : (
        <p class="problem" role="alert">
          {error}
        </p>
      )}
    </form>
  );
}

export function OperationView({ id }: { id: string }) {
  const mayCancel = useRole("Operator");
  const live = useLive(`operation ${id}`, (api) => api.call("operation", { id }), 2000);
  return (
    <Loaded live={live} title="Operation">
      {(one) => (
        <>
          <p class="crumbs">
            <a href="#/operations">Operations</a> / <span class="fine">{one.id}</span>
          </p>
          <h1>
            {one.operation} on {nameIn(one.vaultId)}
          </h1>
          <p class="facts" aria-live="polite">
            <StateBadge operation={one} />
            <span>
              wanted by {one.requestedBy.name} <When at={one.requestedAt} />: {one.reason}
            </span>
            {one.incidentId === null ? null : <a href={`#/incidents/${one.incidentId}`}>its incident</a>}
          </p>
          {one.state === "closed" ? null : (
            <p role="status">
              {one.progress.what}
              {one.progress.percent === null ? "" : ` (${one.progress.percent} %)`}
            </p>
          )}
          {mayCancel && one.state !== "closed" && one.cancelled === null ? <Cancel id={id} onDone={live.refresh} /> : null}
          <JudgedView judged={one} />
          {one.undo.length > 0 ? (
            <Card title="The way back">
              <Commands lines={one.undo} />
            </Card>
          ) : null}
          <Card title="Timeline">
            <ol class="timeline">
              {one.timeline.map(({ at, what }, i) => (
                <li key={`${at} ${i}`}>
                  <time dateTime={at}>{timeOf(at).slice(11)}</time>
                  <span>{what}</span>
                </li>
              ))}
            </ol>
          </Card>
        </>
      )}
    </Loaded>
  );
}

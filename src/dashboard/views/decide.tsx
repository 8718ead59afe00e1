/**
 * Yes or no, with a reason, to exactly the plan that is shown: whatever changes in it meanwhile has to be read before a word counts for it.
 */
import { useState } from "preact/hooks";
import { useHere, useRole } from "../live.ts";
import type { Incident } from "../model/answers.ts";
import { count, placeIn, spaced } from "../model/words.ts";
import { Card, Problem } from "./parts.tsx";

type Props = { incident: Incident; onDecided: () => void };

function Form({ incident, onDecided, hash }: Props & { hash: string }) {
  const { api } = useHere();
  const [seen, setSeen] = useState(hash);
  const [reason, setReason] = useState("");
  const [busy, setBusy] = useState(false);
  const [said, setSaid] = useState<string>();
  const [error, setError] = useState<Error>();
  const hasChanged = seen !== hash;

  async function decide(decision: "approve" | "reject"): Promise<void> {
    setBusy(true);
    setError(undefined);
    try {
      await api.call("decide", { id: incident.id, body: { planHash: seen, decision, reason: reason.trim() } });
      setSaid(decision === "approve" ? "Approved; Keymend goes on." : "Rejected; nothing of it is written.");
      setReason("");
    } catch (problem) {
      setError(problem instanceof Error ? problem : new Error(String(problem)));
    } finally {
      setBusy(false);
      onDecided();
    }
  }

  if (said !== undefined && !hasChanged)
    return (
      <p role="status" class="said">
        {said}
      </p>
    );
  return (
    <form onSubmit={(event) => event.preventDefault()}>
      {hasChanged ? (
        <p class="problem" role="alert">
          The plan has changed since you began to read it.{" "}
          <button
            type="button"
            onClick={() => {
              setSeen(hash);
              setSaid(undefined);
            }}
          >
            I have read the new one
          </button>
        </p>
      ) : null}
      <label for="reason">Reason, for the record</label>
      <textarea
        id="reason"
        rows={2}
        maxLength={1000}
        required
        value={reason}
        onInput={(event) => setReason(event.currentTarget.value)}
        aria-describedby="reason-hint"
      />
      <p id="reason-hint" class="fine">
        It counts for plan <code>{seen.slice(0, 12)}</code> alone.
      </p>
      <Problem error={error} />
      <div class="buttons">
        <button type="button" class="primary" disabled={busy || hasChanged || reason.trim() === ""} onClick={() => void decide("approve")}>
          Approve
        </button>
        <button type="button" class="danger" disabled={busy || hasChanged || reason.trim() === ""} onClick={() => void decide("reject")}>
          Reject
        </button>
      </div>
    </form>
  );
}

export function Decide({ incident, onDecided }: Props) {
  const mayDecide = useRole("Approver");
  const asked = incident.plan?.steps.filter(({ state }) => state === "waitsForApproval") ?? [];
  if (incident.state === "closed" || !incident.plan || asked.length === 0) return null;
  return (
    <Card title="A decision is asked for">
      <p>
        {count(asked.length, "step")} of the plan {asked.length === 1 ? "waits" : "wait"} for a person:
      </p>
      <ul>
        {asked.map(({ id, name, on, why }) => (
          <li key={id}>
            <strong>{spaced(name)}</strong> on {placeIn(on)}
            {why ? `: ${why}` : ""}
          </li>
        ))}
      </ul>
      {mayDecide ? (
        <Form incident={incident} onDecided={onDecided} hash={incident.plan.hash} />
      ) : (
        <p class="fine">Whoever has the app role Keymend.Approver decides.</p>
      )}
    </Card>
  );
}

/**
 * Yes or no, with a reason, to exactly the plan that is shown: whatever changes in it meanwhile has to be read before a word counts for it.
 */
import { useState } from "preact/hooks";
import { decidable } from "../../domain/turn/decidable.ts";
import { useHere, useRole } from "../live.ts";
import type { Incident } from "../model/answers.ts";
import { count, placeIn, spaced } from "../model/words.ts";
import { Card, Problem } from "./parts.tsx";

const WORDS = ["approve", "reject"] as const;
type Word = (typeof WORDS)[number];

type Props = { incident: Incident; onDecided: () => void };

/** words: those that count now. */
function Form({ incident, onDecided, hash, words }: Props & { hash: string; words: readonly Word[] }) {
  const { api } = useHere();
  const [seen, setSeen] = useState(hash);
  const [reason, setReason] = useState("");
  const [busy, setBusy] = useState(false);
  const [said, setSaid] = useState<string>();
  const [error, setError] = useState<Error>();
  const hasChanged = seen !== hash;

  async function decide(decision: Word): Promise<void> {
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
        {words.map((word) => (
          <button
            key={word}
            type="button"
            class={word === "approve" ? "primary" : "danger"}
            disabled={busy || hasChanged || reason.trim() === ""}
            onClick={() => void decide(word)}
          >
            {word === "approve" ? "Approve" : "Reject"}
          </button>
        ))}
      </div>
    </form>
  );
}

export function Decide({ incident, onDecided }: Props) {
  const mayDecide = useRole("Approver");
  const words = WORDS.filter((word) => decidable(word, incident).length > 0);
  if (incident.state === "closed" || !incident.plan || words.length === 0) return null;
  const isAsked = words.includes("approve");
  const steps = decidable(isAsked ? "approve" : "reject", incident);
  return (
    <Card title={isAsked ? "A decision is asked for" : "Approved, and not written yet"}>
      <p>
        {count(steps.length, "step")} of the plan{" "}
        {isAsked ? `${steps.length === 1 ? "waits" : "wait"} for a person:` : "can still be stopped by a no:"}
      </p>
      <ul>
        {steps.map(({ id, name, on, why }) => (
          <li key={id}>
            <strong>{spaced(name)}</strong> on {placeIn(on)}
            {why ? `: ${why}` : ""}
          </li>
        ))}
      </ul>
      {mayDecide ? (
        <Form incident={incident} onDecided={onDecided} hash={incident.plan.hash} words={words} />
      ) : (
        <p class="fine">Whoever has the app role Keymend.Approver decides.</p>
      )}
    </Card>
  );
}

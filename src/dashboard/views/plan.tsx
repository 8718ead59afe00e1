/** A plan as what is now and what is to be, with the permission that each step takes and the way back. */
import type { Plan, Step } from "../model/answers.ts";
import { changeOf } from "../model/change.ts";
import type { Tone } from "../model/severity.ts";
import { placeIn, spaced } from "../model/words.ts";
import { Badge, Card, Commands } from "./parts.tsx";

const STATES: Record<Step["state"], { label: string; tone: Tone }> = {
  next: { label: "next", tone: "info" },
  settles: { label: "looked at once more first", tone: "info" },
  waitsForPlace: { label: "waits until others are mended", tone: "info" },
  waitsForApproval: { label: "waits for approval", tone: "warn" },
  waitsForEarlierStep: { label: "waits for an earlier step", tone: "quiet" },
  refused: { label: "refused", tone: "bad" },
  observed: { label: "only observed", tone: "quiet" },
  applied: { label: "applied", tone: "good" },
};

function StepView({ step }: { step: Step }) {
  const { before, after } = changeOf(step);
  const { label, tone } = STATES[step.state];
  return (
    <li class="step">
      <p class="step-head">
        <strong>{spaced(step.name)}</strong> <span title={step.on}>on {placeIn(step.on)}</span>
        {step.about ? `, for ${step.about}` : ""} <Badge tone={tone}>{label}</Badge>
      </p>
      <dl class="change">
        <div class="before">
          <dt>Now</dt>
          <dd>{before}</dd>
        </div>
        <div class="after">
          <dt>Then</dt>
          <dd>{after}</dd>
        </div>
      </dl>
      {step.why ? <p>{step.why}</p> : null}
      <details>
        <summary>Permission, way back, commands</summary>
        <dl class="fine">
          <dt>Needs</dt>
          <dd>{step.permission || "no permission of Azure"}</dd>
          <dt>Way back</dt>
          <dd>{step.undo ?? "none"}</dd>
        </dl>
        <Commands lines={step.az} />
      </details>
    </li>
  );
}

export function PlanCard({ plan, title = "Plan" }: { plan: Plan; title?: string }) {
  return (
    <Card title={title} aside={<code title={plan.hash}>{plan.hash.slice(0, 12)}</code>}>
      <ol class="steps">
        {plan.steps.map((step) => (
          <StepView key={step.id} step={step} />
        ))}
      </ol>
    </Card>
  );
}

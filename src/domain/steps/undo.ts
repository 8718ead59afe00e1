/**
 * What came of Keymend's own write and is not what it asked for is put back. Only where Azure says that nobody has written since: of a key
 * version it tells when it was changed last (Key Vault REST reference, KeyAttributes: updated), in the answer to the write and in every look.
 * The same moment is Keymend's own write, another is somebody else's, whose value stays and is told. Key Vault counts whole seconds: of two
 * writes within one nobody can tell.
 *
 * Nothing else is put back: of accounts nobody is told when they were changed, the change of a cluster or vault ends after its answer, and
 * to take access or an identity away again is no write of Keymend's.
 */
import type { Facts } from "../facts.ts";
import type { AppliedStep, Incident } from "../incident.ts";
import { toMs } from "../time.ts";
import { precondition, shownBy, takenBackBy } from "./index.ts";
import type { StepDraft } from "./step.ts";

type Written = NonNullable<Incident["progress"]["written"]>[number];

export type Undo = { draft: StepDraft; targetIds: string[] };

function valueIn(shown: string): string | string[] | undefined {
  const value: unknown = JSON.parse(shown);
  if (typeof value === "string") return value;
  return Array.isArray(value) ? value.map(String) : undefined;
}

/** The write that takes it back; undefined where there is none, or nothing to take back. last: how the write ended. */
export function undoOf({ step, before }: Pick<Written, "step" | "before">, last: AppliedStep, facts: Facts): StepDraft | undefined {
  const set = takenBackBy(step);
  const now = shownBy(step, facts);
  const value = before === undefined ? undefined : valueIn(before);
  if (!set || last.changedOn === undefined || now === undefined || value === undefined) return undefined;
  const isAsked = set.asked === null ? precondition(step, facts) === "done" : now === JSON.stringify(set.asked);
  if (isAsked) return undefined;
  const draft: StepDraft = {
    name: "PutBackKeyVersion",
    params: { ...set.on, attribute: set.attribute, value, writtenOn: last.changedOn },
  };
  return precondition(draft, facts) === "todo" ? draft : undefined;
}

/** How what was written then has ended; undefined where it has not. */
export const endOf = ({ step, at }: Written, { applied }: Pick<Incident, "applied">): AppliedStep | undefined =>
  applied.findLast((entry) => entry.id === step.id && toMs(entry.at) >= toMs(at));

/** All that is to be put back, as these facts show it. */
export const undosIn = (incident: Pick<Incident, "applied" | "progress"> | null, facts: Facts): Undo[] =>
  (incident?.progress.written ?? []).flatMap((written) => {
    const last = endOf(written, incident!);
    const draft = last && undoOf(written, last, facts);
    return draft ? [{ draft, targetIds: written.step.targetIds }] : [];
  });

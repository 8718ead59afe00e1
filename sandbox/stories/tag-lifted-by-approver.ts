import { API, approveAll, patchKey, writeDatabase } from "./acts.ts";
import type { Story, StoryContext } from "./story.ts";

const TAG = "keymend:revoked";

/** "No Update is allowed on Database Account with Customer Managed Key in Revoked Status" (Learn, account troubleshooting guide, case 1.5). */
async function tryToTakeOff({ operator, tell }: StoryContext, id: string): Promise<void> {
  const taken = operator.arm("PATCH", id, API.accounts, { tags: {} });
  const refusal = await taken.then(
    () => "",
    (error: unknown) => String(error),
  );
  if (!refusal.includes("No Update is allowed"))
    throw new Error(`Azure took the tag off a revoked account, or refused otherwise: ${refusal}`);
  tell(
    `${operator.principal.name} can't take the tag off: No Update is allowed on Database Account with Customer Managed Key in Revoked Status`,
  );
}

export const tagLiftedByApprover: Story = {
  name: "tag-lifted-by-approver",
  title:
    "an account tagged keymend:revoked loses its key and is left alone; Azure lets nobody take the tag off, an approver lifts it, and Keymend asks",
  // Only an account refuses updates while it is revoked.
  kinds: ["account"],
  phases: ["revoked"],
  causes: ["KeyDisabled"],
  steps: ["EnableKeyVersion"],
  outcome: { revoked: "Healed" },
  asks: true,
  vault: "rbac",
  async break(context) {
    const [database] = context.patient.databases;
    await writeDatabase(context, database!.id, { tags: { [TAG]: "drill 12" } });
    await patchKey(context, { attributes: { enabled: false } });
    context.tell(`${database!.name} tagged ${TAG} and key ${context.patient.keyName} disabled, by ${context.operator.principal.name}`);
  },
  async after(context) {
    const { approver, patient, tell } = context;
    const { id, name } = patient.databases[0]!;
    await context.until("the app to refuse", context.isOver);
    await context.wait(20 * 60_000);
    context.goOn();
    await tryToTakeOff(context, id);
    const { status, body } = await approver.app("POST", "/api/lift", { id, tag: TAG, reason: "the drill is over" });
    if (status !== 202) throw new Error(`the lift was answered ${status}: ${JSON.stringify(body)}`);
    tell(`${approver.principal.name} lifts the tag from ${name}: "the drill is over"`);
    await approveAll(context);
  },
};

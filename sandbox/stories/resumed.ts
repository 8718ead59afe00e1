import { removeGrant } from "./acts.ts";
import type { Story, StoryContext } from "./story.ts";

async function say({ operator, tell }: StoryContext, operation: "pause" | "resume", reason: string): Promise<void> {
  const { status, body } = await operator.app("POST", `/api/${operation}`, { reason });
  if (status !== 200) throw new Error(`${operation} was answered ${status}: ${JSON.stringify(body)}`);
  tell(`${operator.principal.name}: ${operation}, "${reason}"`);
}

export const resumed: Story = {
  name: "resumed",
  title: "a grant is removed while Keymend is paused, and left alone; somebody resumes, and within one sweep it is put back",
  kinds: ["account", "cluster"],
  phases: ["revoked"],
  causes: ["AccessMissing"],
  anySteps: ["RestoreRoleAssignment", "GrantKeyRole"],
  maxWrites: 1,
  outcome: { revoked: "Healed" },
  vault: "rbac",
  feltWithinMs: 10 * 60_000,
  async break(context) {
    await say(context, "pause", "we move the vaults");
    await removeGrant(context);
  },
  async after(context) {
    await context.until("the app to refuse", context.isOver);
    await context.wait(20 * 60_000);
    context.goOn();
    await say(context, "resume", "they are moved");
  },
};

import { addLogWorkspace } from "../estate/log-workspace.ts";
import { approveAll, incidentsOf } from "./acts.ts";
import { getIncident } from "../running/app-api.ts";
import { keyDisabled } from "./key-disabled.ts";
import type { Story, StoryContext } from "./story.ts";

/** What the app asks names who did it: only the vault's own log knows that, and only once it has come in. */
async function untilNamed(context: StoryContext): Promise<void> {
  const { approver, operator, patient } = context;
  const isNamed = async (): Promise<boolean> => {
    for (const { id } of await incidentsOf(approver, patient, "")) {
      const { plan } = await getIncident(approver, id);
      if (plan?.steps.some(({ why }) => why?.includes(`${operator.principal.oid} made the change`))) return true;
    }
    return false;
  };
  await context.until("the app to name who made the change", isNamed);
  context.tell(`what is asked names ${operator.principal.name}, by the vault's audit log`);
}

export const keyDisabledMeant: Story = {
  ...keyDisabled,
  name: "key-disabled-meant",
  title:
    "a key is disabled by somebody whose changes count as meant, of which no event tells: the vault's audit log names who, and Keymend asks",
  // Of itself it would be enabled unasked.
  settings: { KEYMEND_CAUSES: "KeyDisabled=auto" },
  settingsOf: ({ operator, logWorkspace }) => ({
    KEYMEND_PRIVILEGED_CALLERS: operator.oid,
    KEYMEND_LOG_WORKSPACE: logWorkspace?.customerId ?? "",
  }),
  checkInMinutes: [50, 55],
  arrange({ world, estate }) {
    estate.logWorkspace ??= addLogWorkspace(world, estate);
  },
  async after(context) {
    await untilNamed(context);
    await approveAll(context, "disabled by mistake, enable it");
  },
};

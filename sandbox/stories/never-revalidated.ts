import { addSupportCaller } from "../estate/support-desk.ts";
import { removeGrant } from "./acts.ts";
import type { Story } from "./story.ts";

export const neverRevalidated: Story = {
  name: "never-revalidated",
  title: "the key path is mended, and the service never takes notice: after two hours Keymend asks Microsoft support, once",
  kinds: ["account"],
  phases: ["revoked"],
  causes: ["AccessMissing"],
  outcome: { revoked: "Escalated" },
  reason: "NotRevalidated",
  vault: "rbac",
  feltWithinMs: 10 * 60_000,
  tickets: 1,
  settings: {
    KEYMEND_SUPPORT_CONTACT: "firstName=Ada, lastName=Lovelace, email=ada@contoso.example, country=GBR, timeZone=GMT Standard Time",
  },
  arrange({ world, estate, patient }) {
    estate.supportCaller = addSupportCaller(world);
    for (const database of patient.databases) database.check.neverRevalidates = true;
  },
  break: removeGrant,
};

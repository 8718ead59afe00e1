import { removeGrant } from "./acts.ts";
import { roleRemoved } from "./role-removed.ts";
import type { Story } from "./story.ts";

const MINUTE = 60_000;

export const messyEvents: Story = {
  ...roleRemoved,
  name: "messy-events",
  title: "a grant is removed, and what tells of it comes twice, late, out of order and with malformed events in between: one repair",
  maxWrites: 1,
  async break(context) {
    const { disturb, deliver, tell, world, patient } = context;
    disturb({ kind: "duplicate", copies: 3 });
    disturb({ kind: "irregular", style: { stringMembers: true, lowerResourceGroups: true } });
    await removeGrant(context);
    // What comes of the repair arrives late and in reverse.
    disturb({ kind: "reorder", times: 2 });
    disturb({ kind: "delay", ms: 7 * MINUTE, times: 3 });
    const common = { id: "1", eventType: "Microsoft.Resources.ResourceDeleteSuccess", eventTime: world.clock.iso(), dataVersion: "2" };
    const malformed = [
      "",
      "{",
      "[]",
      "[null]",
      JSON.stringify([{}]),
      JSON.stringify([{ ...common, subject: patient.vault.id, data: null }]),
    ];
    for (const body of malformed) await deliver("onResourceEvent", body);
    tell(`Event Grid delivers it four times, and ${malformed.length} malformed events beside it`);
  },
};

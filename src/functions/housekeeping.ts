/** Once a day: forgets orchestration histories that nobody reads any more, and what was told long ago. Incidents, audit and baseline stay: they are the record. */
import { type DurableClient, OrchestrationRuntimeStatus } from "durable-functions";
import { DAY } from "../domain/time.ts";
import type { Log } from "../log.ts";

const KEEP_MS = 30 * DAY;
const { Completed, Failed, Terminated, Canceled } = OrchestrationRuntimeStatus;

export const createHousekeeping =
  ({ forgetTold, now }: { forgetTold: (now: string) => Promise<void>; now: () => Date }) =>
  async (client: DurableClient, log: Log): Promise<void> => {
    const before = new Date(now().getTime() - KEEP_MS);
    const { instancesDeleted } = await client.purgeInstanceHistoryBy({
      createdTimeFrom: new Date(0),
      createdTimeTo: before,
      runtimeStatus: [Completed, Failed, Terminated, Canceled],
    });
    await forgetTold(now().toISOString());
    log.info("purged", {
      instances: instancesDeleted,
      before: before.toISOString(),
      text: `forgot ${instancesDeleted} ended orchestrations`,
    });
  };

/** Once a day: forgets orchestration histories that nobody reads any more, what was told long ago, and what was set aside long ago. Incidents, audit and baseline stay: they are the record. */
import { type DurableClient, OrchestrationRuntimeStatus } from "durable-functions";
import { DAY } from "../domain/time.ts";
import type { Log } from "../log.ts";

const KEEP_MS = 30 * DAY;
const { Completed, Failed, Terminated, Canceled } = OrchestrationRuntimeStatus;

export const createHousekeeping =
  ({ forget, now }: { forget: readonly ((now: string) => Promise<void>)[]; now: () => Date }) =>
  async (client: DurableClient, log: Log): Promise<void> => {
    const before = new Date(now().getTime() - KEEP_MS);
    const purge = client.purgeInstanceHistoryBy({
      createdTimeFrom: new Date(0),
      createdTimeTo: before,
      runtimeStatus: [Completed, Failed, Terminated, Canceled],
    });
    // They lie in different places: where one of them can't be reached the others do not grow.
    const [purged, ...forgotten] = await Promise.allSettled([purge, ...forget.map((one) => one(now().toISOString()))]);
    if (purged.status === "fulfilled") {
      const { instancesDeleted } = purged.value;
      const text = `forgot ${instancesDeleted} ended orchestrations`;
      log.info("purged", { instances: instancesDeleted, before: before.toISOString(), text });
    }
    const failures = [purged, ...forgotten].flatMap((one): unknown[] => (one.status === "rejected" ? [one.reason] : []));
    if (failures.length > 0) throw new AggregateError(failures, failures.map(String).join("; "));
  };

/** Reads how many events of a system topic Event Grid has given up to deliver, by event subscription. */
import * as v from "valibot";
import { actions } from "../domain/steps/spec.ts";
import type { Unreadable } from "../domain/facts.ts";
import type { Span, Undelivered } from "../domain/turn/deliveries.ts";
import type { Arm } from "./arm.ts";
import { callAzure, toUnreadable } from "./call-azure.ts";

/** What could not be read is not zero: a refusal comes back as one. */
export type ReadUndelivered = (topicId: string, span: Span) => Promise<Undelivered[] | Unreadable>;

/** Permission. */
export const READ_UNDELIVERED = actions("Microsoft.Insights/metrics/read");

/** Microsoft Learn, "Supported metrics for Microsoft.EventGrid/systemTopics": both are split by EventSubscriptionName. */
const DROPPED = "DroppedEventCount";
const KEPT = "DeadLetteredCount";

/** REST reference, "Metrics - List": names of metrics and dimensions come back in any casing. */
const named = v.object({ value: v.string() });
const answer = v.object({
  value: v.array(
    v.object({
      name: named,
      errorCode: v.nullish(v.string()),
      timeseries: v.array(
        v.object({
          metadatavalues: v.nullish(v.array(v.object({ name: named, value: v.string() }))),
          data: v.array(v.object({ total: v.nullish(v.number()) })),
        }),
      ),
    }),
  ),
});

const same = (a: string, b: string): boolean => a.toLowerCase() === b.toLowerCase();

export function createReadUndelivered({ arm }: { arm: Arm }): ReadUndelivered {
  return async (topicId, { since, until }) => {
    const range = `timespan=${since}/${until}&interval=PT5M&metricnames=${DROPPED},${KEPT}&aggregation=Total`;
    const each = `$filter=${encodeURIComponent("EventSubscriptionName eq '*'")}`;
    const read = await callAzure("read what was not delivered", topicId, () =>
      arm.send("GET", `${topicId}/providers/Microsoft.Insights/metrics?api-version=2018-01-01&${range}&${each}`),
    );
    if (!read.ok) return toUnreadable(read.failure);
    const metrics = v.parse(answer, read.value.body).value;
    const failed = metrics.find(({ errorCode }) => !same(errorCode ?? "Success", "Success"));
    if (failed) return { state: "unreadable", why: "unusable", detail: `${failed.name.value}: ${failed.errorCode}` };
    const series = metrics.flatMap(({ name, timeseries }) =>
      timeseries.flatMap(({ metadatavalues, data }) => {
        const of = metadatavalues?.find((one) => same(one.name.value, "EventSubscriptionName"))?.value;
        return of === undefined
          ? []
          : [{ of, isKept: same(name.value, KEPT), count: data.reduce((all, { total }) => all + (total ?? 0), 0) }];
      }),
    );
    return [...Map.groupBy(series, ({ of }) => of.toLowerCase()).values()].map((own) => {
      const sum = (isKept: boolean): number => own.reduce((all, one) => all + (one.isKept === isKept ? one.count : 0), 0);
      return { subscription: own[0]!.of, dropped: sum(false), kept: sum(true) };
    });
  };
}

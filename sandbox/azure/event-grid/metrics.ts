/**
 * What Event Grid counts at a system topic of what it has given up to deliver. Shapes: azure-rest-api-specs
 * metrics_API.json and its examples, 2018-01-01, where names of dimensions come back in small letters. Metrics and dimensions: Microsoft Learn,
 * "Supported metrics for Microsoft.EventGrid/systemTopics".
 */
import { AzureError, same, type Call, type Reply, type Route } from "../routes.ts";
import type { JsonObject } from "../world.ts";
import { ONE_TOPIC, topicOf } from "./topics.ts";

const METRICS = ["DroppedEventCount", "DeadLetteredCount"];
const GRAINS: Record<string, number> = { PT1M: 60_000, PT5M: 300_000, PT15M: 900_000, PT30M: 1_800_000, PT1H: 3_600_000 };

export const metricsRoute: Route = {
  method: "GET",
  pattern: `${ONE_TOPIC}/providers/Microsoft.Insights/metrics`,
  action: "Microsoft.Insights/metrics/read",
  scopeOf: (call) => call.url.pathname.replace(/\/providers\/Microsoft\.Insights\/metrics$/i, ""),
  handle: list,
};

const refused = (message: string): AzureError => new AzureError(400, "BadRequest", message);

/** Only what is asked here is understood: one dimension, all of its values. */
function list(call: Call): Reply {
  const { url } = call;
  const topic = topicOf(call);
  const asked = (name: string): string => url.searchParams.get(name) ?? "";
  const [from = NaN, to = NaN] = asked("timespan")
    .split("/")
    .map((end) => Date.parse(end));
  const grain = GRAINS[asked("interval")];
  if (!(from < to) || grain === undefined) throw refused("The timespan or the interval is not valid.");
  if (!same(asked("aggregation"), "Total")) throw refused("The aggregation is not supported for this metric.");
  if (!/^EventSubscriptionName eq '\*'$/i.test(asked("$filter"))) throw refused("The filter is not understood.");
  const value = asked("metricnames")
    .split(",")
    .map((name): JsonObject => {
      const known = METRICS.find((metric) => same(metric, name));
      if (known === undefined) throw refused(`Failed to find metric configuration for provider: Microsoft.EventGrid, metric: ${name}.`);
      const counted = topic.undelivered.filter(({ at, isKept }) => isKept === (known === "DeadLetteredCount") && at >= from && at < to);
      const series = [...Map.groupBy(counted, ({ subscription }) => subscription)].map(([subscription, own]) => ({
        metadatavalues: [{ name: { value: "eventsubscriptionname", localizedValue: "eventsubscriptionname" }, value: subscription }],
        data: [...Map.groupBy(own, ({ at }) => from + Math.floor((at - from) / grain) * grain)].map(([at, here]) => ({
          timeStamp: new Date(at).toISOString(),
          total: here.length,
        })),
      }));
      return {
        id: `${topic.id}/providers/Microsoft.Insights/metrics/${known}`,
        type: "Microsoft.Insights/metrics",
        name: { value: known, localizedValue: known },
        unit: "Count",
        timeseries: series,
        errorCode: "Success",
      };
    });
  return { status: 200, body: { cost: 0, timespan: asked("timespan"), interval: asked("interval"), value } };
}

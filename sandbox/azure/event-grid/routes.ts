/** Everything of Microsoft.EventGrid that the sandbox answers. */
import type { Route } from "../routes.ts";
import { eventSubscriptionRoutes } from "./event-subscriptions.ts";
import { metricsRoute } from "./metrics.ts";
import { operationRoutes } from "./operations.ts";
import { topicRoutes } from "./topics.ts";

export const eventGridRoutes: Route[] = [...topicRoutes, ...eventSubscriptionRoutes, ...operationRoutes, metricsRoute];

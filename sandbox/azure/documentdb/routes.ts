/** All addresses of the provider Microsoft.DocumentDB. */
import type { Route } from "../routes.ts";
import { accountRoutes } from "./accounts.ts";
import { clusterRoutes } from "./clusters.ts";

export const documentDbRoutes: Route[] = [...accountRoutes, ...clusterRoutes];

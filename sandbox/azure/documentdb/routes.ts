/** All addresses of the provider Microsoft.DocumentDB. */
import type { Route } from "../routes.ts";
import { lookupRoutes } from "./account-lookups.ts";
import { accountRoutes } from "./accounts.ts";
import { dataRoleRoutes } from "./data-roles.ts";
import { clusterRoutes } from "./clusters.ts";

export const documentDbRoutes: Route[] = [...accountRoutes, ...lookupRoutes, ...dataRoleRoutes, ...clusterRoutes];

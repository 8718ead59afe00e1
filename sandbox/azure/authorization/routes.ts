/** Everything of Microsoft.Authorization that the sandbox answers. */
import type { Route } from "../routes.ts";
import { denyAssignmentRoutes } from "./deny-assignments.ts";
import { lockRoutes } from "./locks.ts";
import { roleAssignmentRoutes } from "./role-assignments.ts";
import { roleDefinitionRoutes } from "./role-definitions.ts";

export const authorizationRoutes: Route[] = [...roleAssignmentRoutes, ...roleDefinitionRoutes, ...denyAssignmentRoutes, ...lockRoutes];

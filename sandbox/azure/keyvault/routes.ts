/** The management plane of Key Vault. */
import type { Route } from "../routes.ts";
import { accessPolicyRoutes } from "./access-policies.ts";
import { armKeyRoutes } from "./arm-keys.ts";
import { deletedVaultRoutes } from "./deleted-vaults.ts";
import { nameRoutes } from "./names.ts";
import { operationResultRoutes } from "./operation-results.ts";
import { vaultRoutes } from "./vaults.ts";

export const keyVaultRoutes: Route[] = [
  ...vaultRoutes,
  ...accessPolicyRoutes,
  ...deletedVaultRoutes,
  ...operationResultRoutes,
  ...armKeyRoutes,
  ...nameRoutes,
];

/** The data plane of Key Vault, keys only. Static paths come before those with {version}: the first match is meant. */
import { cryptoRoutes } from "./data-crypto.ts";
import { deletedKeyRoutes } from "./data-deleted.ts";
import { keyRoutes } from "./data-keys.ts";
import { rotationRoutes } from "./data-rotation.ts";
import type { DataRoute } from "./data-route.ts";

export const keyDataRoutes: DataRoute[] = [...rotationRoutes, ...keyRoutes, ...deletedKeyRoutes, ...cryptoRoutes];

export type { DataRoute };

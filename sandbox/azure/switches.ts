/** What is left open about permissions, identities, Resource Graph and Event Grid, each with its default; set by name in `world.switches`. */
import type { World } from "./world.ts";

const DEFAULTS = {
  /** How long a role assignment takes to reach the data plane at most, s: "up to 10 minutes" (Azure RBAC, troubleshooting.md). */
  rbacPropagationMaxSeconds: 600,
  /** At and above management groups, h: "several hours" for data actions (the same page). */
  rbacManagementGroupMaxHours: 4,
  /** Whether the data plane goes on honouring a deleted assignment for as long; the page names no direction. */
  rbacRemovalPropagates: true,
  /** Whether naming the type also lets a principal through that does not exist at all: only the replication delay is documented. */
  rbacGrantsToUnknownPrincipal: false,
  /** Whether a role assignment's condition of "" is none; else nothing ever meets it. Tutorials send it; what comes of it is not documented. */
  rbacEmptyConditionHolds: true,
  /** How long a new identity's principal takes to reach the directory at most, s; no figure is given. */
  identityReplicationMaxSeconds: 60,
  /** How long Resource Graph takes to show a write at most, s; no figure is promised (resource-graph/overview.md). */
  graphLagMaxSeconds: 30,
  /** How long what changes without a write may stay unseen, min: the "regular full scan" has no figure either. */
  graphFullScanMinutes: 15,
  /** Whether Resource Manager refuses once a caller's bucket is empty; it fills by virtual time. */
  "arm.throttles": true,
  /** Whether Resource Graph refuses beyond its quota; its windows end by virtual time. */
  graphThrottles: true,
  /** When an entry of the activity log can be read, min: "usually ... within 3 to 20 minutes" (azure-monitor-docs platform/activity-log.md). */
  activityLogLagMinMinutes: 3,
  activityLogLagMaxMinutes: 20,
  /** Entries on a page of it; no figure is documented. */
  activityLogPageSize: 200,
  /** When a row of Key Vault's audit log can be read at the latest, min: "10 minutes (at most) after the operation" (Key Vault, logging.md). */
  auditLogLagMaxMinutes: 10,
  /** How it names the caller's claims: "short" as recorded of the data plane (SEKOIA-IO/intake-formats Azure/azure-key-vault/tests), "long" as in logging.md. */
  auditLogClaims: "short",
  /** Whether a workspace has a table before its first row: without one a query is refused (MicrosoftDocs/azure-docs issues 7738, 51652). */
  logTablesWithoutRows: true,
  /** The action that Event Grid asks for on the handler of an event subscription, "" for none; which it is for functions is not documented. */
  eventGridHandlerAction: "",
  /** Whether the system topic of a vault that is moved is bound to its new id then; nothing is documented of it. */
  eventGridTopicFollowsMove: false,
  /** The support plan of the tenant: only ProDirect, Premier and Unified have tickets by API (Microsoft Learn, "Azure Support REST API"). */
  supportPlan: "ProDirect",
  /** What support calls the topic of customer-managed keys, "" for nothing of the kind: which classifications there are is documented nowhere. */
  supportKeyTopic: "Security / Managed Keys",
  /** Whether listing what support can be asked takes a right at the tenant; none is among the prerequisites on the same page. */
  supportListsAskForRead: false,
};

type Defaults = typeof DEFAULTS;

export function switchOf<K extends keyof Defaults>(world: World, name: K): Defaults[K] {
  const value = world.switches[name];
  if (value === undefined) return DEFAULTS[name];
  if (isLike(value, DEFAULTS[name])) return value;
  throw new Error(`switch ${name} takes a ${typeof DEFAULTS[name]}`);
}

const isLike = <T>(value: unknown, sample: T): value is T => typeof value === typeof sample;

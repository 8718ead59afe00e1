/** Azure put together: one world, every provider, one front door for requests whatever host they name. */
import { authorizationRoutes } from "./authorization/routes.ts";
import { createArm } from "./arm/arm.ts";
import { createCustomTopic, type Published } from "./event-grid/custom-topic.ts";
import { createDocumentsHost } from "./documentdb/documents.ts";
import { startKeyChecks } from "./documentdb/key-checks.ts";
import { documentDbRoutes } from "./documentdb/routes.ts";
import { setOperationFault } from "./documentdb/state.ts";
import { createEventGrid, type Deliver, type EventGrid } from "./event-grid/grid.ts";
import { eventGridRoutes } from "./event-grid/routes.ts";
import { createFaults, type Faults } from "./faults.ts";
import { createGraph } from "./entra/graph.ts";
import { hostKind, resolveHost, type HostKind } from "./hosts.ts";
import { scheduleKeyEvents } from "./keyvault/events.ts";
import { keyVaultRoutes } from "./keyvault/routes.ts";
import { createLogin } from "./entra/login.ts";
import { createLogAnalytics } from "./monitor/log-analytics.ts";
import { monitorRoutes } from "./monitor/routes.ts";
import { managedIdentityRoutes } from "./managed-identity/routes.ts";
import { resourceGraphRoutes } from "./resource-graph/routes.ts";
import { groupDeleteRoutes } from "./resources/group-delete.ts";
import { resourceGroupRoutes } from "./resources/groups.ts";
import { resourceListRoutes } from "./resources/list.ts";
import { moveRoutes } from "./resources/move.ts";
import { providerRoutes } from "./resources/providers.ts";
import { subscriptionRoutes } from "./resources/subscriptions.ts";
import { tagRoutes } from "./resources/tags.ts";
import { createBlobHost } from "./storage/blob-host.ts";
import { supportRoutes } from "./support/routes.ts";
import { createTokens, type Tokens } from "./entra/tokens.ts";
import { createMail } from "./receivers/mail.ts";
import type { Received } from "./receivers/received.ts";
import { createOwnReceiver, createWorkflows } from "./receivers/webhooks.ts";
import { createVaultHost } from "./keyvault/vault-host.ts";
import { jsonReply, messageOf, type AzureFault, type AzureReply, type AzureRequest } from "./wire.ts";
import type { World } from "./world.ts";

type Answering = { handle(request: AzureRequest): Promise<AzureReply | AzureFault> };

export type Azure = {
  handle(request: AzureRequest): Promise<AzureReply | AzureFault>;
  /** What DNS would say of a host; undefined for one that is not Azure's. */
  resolve(host: string): "found" | "unknown" | undefined;
  readonly tokens: Tokens;
  readonly faults: Faults;
  readonly eventGrid: EventGrid;
  /** What publishers posted to custom topics. */
  readonly published: readonly Published[];
  /** What people and receivers of their own were told. */
  readonly received: readonly Received[];
  /** Schedules what Azure does by itself: key checks, expiry events. */
  start(): void;
};

const ROUTES = [
  ...subscriptionRoutes,
  ...resourceGroupRoutes,
  ...resourceListRoutes,
  ...providerRoutes,
  ...moveRoutes,
  ...authorizationRoutes,
  ...managedIdentityRoutes,
  ...keyVaultRoutes,
  ...documentDbRoutes,
  ...eventGridRoutes,
  ...resourceGraphRoutes,
  ...monitorRoutes,
  ...supportRoutes,
  ...tagRoutes,
];

export function createAzure(world: World, options: { deliver: Deliver }): Azure {
  const tokens = createTokens(world);
  const faults = createFaults();
  setOperationFault(world, () => faults.takeOperationFailure());
  const customTopic = createCustomTopic(world, tokens, faults);
  const received: Received[] = [];
  const hosts: Record<HostKind, Answering> = {
    arm: createArm({ world, tokens, faults, routes: [...ROUTES, ...groupDeleteRoutes(ROUTES)] }),
    vault: createVaultHost(world, tokens, faults),
    login: createLogin(world, tokens, faults),
    graph: createGraph(world, tokens, faults),
    documents: createDocumentsHost(world, tokens, faults),
    eventGrid: customTopic,
    logs: createLogAnalytics(world, tokens, faults),
    blobs: createBlobHost(world, tokens, faults),
    mail: createMail(world, tokens, faults, received),
    workflows: createWorkflows(world, faults, received),
    webhook: createOwnReceiver(world, faults, received),
  };
  return {
    async handle(request) {
      const kind = hostKind(request.url.hostname);
      if (kind === undefined) throw new Error(`${request.url.hostname} is not one of Azure's hosts`);
      try {
        return dated(world, await hosts[kind].handle(request));
      } catch (error) {
        return defect(request, error);
      }
    },
    resolve: (host) => resolveHost(world, host),
    tokens,
    faults,
    eventGrid: createEventGrid(world, options.deliver),
    published: customTopic.published,
    received,
    start() {
      startKeyChecks(world);
      scheduleKeyEvents(world);
    },
  };
}

/** "An origin server with a clock MUST generate a Date header field in all 2xx, 3xx, and 4xx responses" (RFC 9110, section 6.6.1). */
function dated(world: World, reply: AzureReply | AzureFault): AzureReply | AzureFault {
  if ("fault" in reply) return reply;
  return { ...reply, headers: { date: new Date(world.clock.now()).toUTCString(), ...reply.headers } };
}

/** The sandbox's own fault, told apart from Azure's failures by its code. */
function defect(request: AzureRequest, error: unknown): AzureReply {
  process.stderr.write(`sandbox: ${request.method} ${request.url.href}: ${error instanceof Error ? error.stack : String(error)}\n`);
  return jsonReply(500, { error: { code: "SandboxDefect", message: messageOf(error) } });
}

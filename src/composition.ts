/**
 * Composition root: settings → clients → activities → what the functions do. Loaded when the first of them is called: a start waits neither
 * for Azure's SDKs nor for anything else that only work needs. The entry alone imports it.
 */
import type { HttpResponseInit, InvocationContext } from "@azure/functions";
import { randomUUID } from "node:crypto";
import { setTimeout } from "node:timers/promises";
import { ManagedIdentityCredential, type TokenCredential } from "@azure/identity";
import { createApplyStep } from "./activities/apply-step.ts";
import { createAssess } from "./activities/assess.ts";
import { createGatherFacts } from "./activities/gather-facts.ts";
import { createGiveUp } from "./activities/give-up.ts";
import { createOpenTicket } from "./activities/open-ticket.ts";
import { createScreen } from "./activities/screen.ts";
import { createPatients } from "./activities/patients.ts";
import { createPollStep, pollStep } from "./activities/poll-step.ts";
import { createScanIds } from "./activities/scan-ids.ts";
import { createTeller } from "./activities/tell.ts";
import { createWatchDeliveries } from "./activities/watch-deliveries.ts";
import { createWatchInventory } from "./activities/watch-inventory.ts";
import { createWatchResourceEvents } from "./activities/watch-resource-events.ts";
import { createWatchRoles } from "./activities/watch-roles.ts";
import { createWatchWellBeing } from "./activities/watch-well-being.ts";
import type { RouteName } from "./api/routes.ts";
import { createAzureClock } from "./azure/azure-clock.ts";
import { createChannels } from "./azure/channels.ts";
import { createClientsOf } from "./azure/clients.ts";
import { createFetchJson } from "./azure/fetch-json.ts";
import { createGovernor } from "./azure/governor.ts";
import { createHttpClient } from "./azure/http-client.ts";
import { createInventory } from "./azure/inventory.ts";
import { createListSubscription } from "./azure/list-subscription.ts";
import { createReadActivityLog } from "./azure/read-activity-log.ts";
import { createReadUndelivered } from "./azure/read-undelivered.ts";
import { createReadFeatures } from "./azure/read-features.ts";
import { createReadIds } from "./azure/read-ids.ts";
import { createReadKeyLog } from "./azure/read-key-log.ts";
import { createScreenKey } from "./azure/screen-key.ts";
import { createReadPermissions, createReadRoles, createSources } from "./azure/sources.ts";
import { shareAnswer, shareNext } from "./azure/shared-answer.ts";
import { createSupportDesk } from "./azure/support-desk.ts";
import { createWriteRequests } from "./azure/write-requests.ts";
import { createStepWriter } from "./azure/write-step.ts";
import description from "../docs/openapi.json" with { type: "json" };
import { periodOf } from "./domain/schedule.ts";
import type { Vitals } from "./domain/turn/well-being.ts";
import { config } from "./environment.ts";
import { createAuthenticate } from "./functions/authenticate.ts";
import { createConditional } from "./functions/conditional.ts";
import { createHealth } from "./functions/health.ts";
import { createHousekeeping } from "./functions/housekeeping.ts";
import { createOnEvent } from "./functions/on-event.ts";
import { type ApiCall, createGuard, json } from "./functions/guard.ts";
import { createOverdueSweep } from "./functions/overdue-sweep.ts";
import { createOperationsApi } from "./functions/operations-api.ts";
import { createRecheck } from "./functions/recheck.ts";
import { createSendSignal } from "./functions/send-signal.ts";
import { createSweep } from "./functions/sweep.ts";
import { createTargetsApi } from "./functions/targets-api.ts";
import { createTriage } from "./functions/triage.ts";
import { createWishesApi } from "./functions/wishes-api.ts";
import { createLog, type Log } from "./log.ts";
import type { Activities } from "./orchestrations/call.ts";
import { digestOf, hashText } from "./storage/canonical-json.ts";
import { createStores } from "./storage/stores.ts";
import { createLoader } from "./telemetry/loader.ts";
import { createTelemetry, type Result } from "./telemetry/telemetry.ts";

/** All times are reckoned by Azure's clock: what is compared with them comes from there. */
const clock = createAzureClock(() => Date.now());
const { now } = clock;

const { settings } = config;
// Only the managed identity: a developer's own sign-in must never repair production by accident.
const credentialOf = (clientId: string): TokenCredential => new ManagedIdentityCredential({ clientId });
const credential = credentialOf(config.clientIds.observe);
const periodMs = periodOf(config.schedules.sweep);
const telemetry = createTelemetry({
  load: createLoader({ ...config.listeners, credentialOf, version: description.info.version, appId: config.settings.functionAppId }),
  hash: hashText,
  periodMs,
  now,
  warn: (text) => createLog(console).warn("telemetryLost", { text }),
});
const writeRequests = createWriteRequests();
const governor = createGovernor(now, (request) => [telemetry.requested, writeRequests.hear].forEach((hear) => hear(request)));
const clientsOf = createClientsOf({
  credentials: Object.fromEntries(Object.entries(config.clientIds).map(([capability, clientId]) => [capability, credentialOf(clientId)])),
  subscriptionIds: config.subscriptionIds,
  pipelineOptions: { httpClient: governor.govern(createHttpClient(clock)) },
});
const clients = clientsOf("observe");
const setAside = (text: string): void => createLog(console).warn("setAside", { text });
const stores = createStores({ ...config, credential, httpClient: createHttpClient(clock), now, setAside, saved: telemetry.closed });
const { signs, mailbox, audit, incidents, baselines, restraint, wishes, scans, letters, revalidations } = stores;
const inventory = createInventory(clients, now, setAside);
const stepWriter = writeRequests.noted(createStepWriter(clientsOf));
const writer: typeof stepWriter = {
  submit: (step) => governor.as("repair", () => stepWriter.submit(step)),
  poll: (poller) => governor.as("repair", () => stepWriter.poll(poller)),
};
const sources = createSources(clients, now);
const { listForLook: listWishes, keepStatus: keepWishStatus } = wishes;
const gatherFacts = createGatherFacts({
  inventory,
  sources,
  baselines,
  listWishes,
  enabling: { readFeatures: createReadFeatures(clients), loadScan: scans.load, readerId: settings.principals.observe ?? null },
  firstPartyPrincipalId: config.firstPartyPrincipalId,
  tenantId: config.tenantId,
  now,
});
const look = sources();
const readUndelivered = createReadUndelivered(clients);
const known = { vaultIdOf: baselines.vaultIdOf, listKnown: shareAnswer(now, baselines.listKnown) };
const patients = createPatients({ inventory, baselines: known, look });
const sendSignal = createSendSignal({ addSignal: mailbox.addSignal, hash: hashText, now });

const teller = createTeller({ ...config.telling, letters, channels: createChannels({ ...config.telling, credential, now }), now });

const readActivityLog = createReadActivityLog(clients);
const readKeyLog = createReadKeyLog(clients);
const records = { incidents, audit, now };
const desk = createSupportDesk(() => clientsOf("support").arm, writeRequests.noting);
const polling = { ...records, poll: writer.poll, countExtension: baselines.countExtension, settings };
const ids = createReadIds({ credential, httpClient: createHttpClient(clock) });

/** Each logs to its own invocation. */
const creators: { [K in keyof Activities]: (log: Log) => Activities[K] } = {
  assess: (log) =>
    createAssess({
      ...records,
      gatherFacts,
      withinBudget: governor.withinBudget,
      readPermissions: createReadPermissions(sources),
      readActivityLog,
      readKeyLog,
      mailbox,
      baselines,
      keepWishStatus,
      pollStep: (input) => pollStep({ ...polling, log }, input),
      restraint,
      teller,
      revalidations,
      digest: digestOf,
      settings,
      log,
    }),
  applyStep: (log) =>
    createApplyStep({
      ...records,
      gatherFacts,
      withinBudget: governor.withinBudget,
      mailbox,
      listWishes,
      restraint,
      writer,
      countExtension: baselines.countExtension,
      digest: digestOf,
      settings,
      log,
    }),
  pollStep: (log) => createPollStep({ ...polling, log }),
  scanIds: (log) => createScanIds({ ids, scans, sleep: setTimeout, now, log }),
  openTicket: (log) => createOpenTicket({ ...records, desk, restraint, settings, log }),
  giveUp: (log) => createGiveUp({ ...records, listWishes, keepWishStatus, teller, setAside: mailbox.setAside, log }),
};

export const perform = <K extends keyof Activities>(
  name: K,
  input: Parameters<Activities[K]>[0],
  context: InvocationContext,
): Promise<Result> =>
  telemetry.within(name, input, context.traceContext?.traceParent ?? null, async (): Promise<Result> => {
    // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- each takes what it is called with, which one for all can't be said
    const work = creators[name](createLog(context)) as (input: unknown) => Promise<Result>;
    return work(input);
  });

const deployed = { ...settings, firstPartyPrincipalId: config.firstPartyPrincipalId };
const roles = createWatchRoles({ ...config, ...createReadRoles(clients), ...baselines.roles, deployed, now });
const screenKey = createScreenKey(clients, now);
// What is still lost, however long ago, may be mended by now.
const listTroubled = async (since: string): Promise<string[]> => [
  ...(await incidents.listTroubled(since)),
  ...(await restraint.load()).troubles.map(({ vaultId }) => vaultId),
];
const triage = createTriage({
  periodMs,
  screen: createScreen({
    subscriptionIds: config.subscriptionIds,
    listSubscription: roles.hearing(shareNext((id) => governor.as("event", () => createListSubscription(clients)(id)))),
    screenKey: (vault, keyName) => governor.as("screening", () => screenKey(vault, keyName)),
    digest: digestOf,
    principalIds: [config.firstPartyPrincipalId, ...Object.values(settings.principals)].filter((id) => id !== null),
    expiryLeadMs: settings.expiryLeadMs,
  }),
  screens: { load: baselines.loadScreens, keep: baselines.keepScreens },
  listWaiting: mailbox.listWaiting,
  listTroubled,
  hash: hashText,
  now,
});
export const onEvent = createOnEvent({
  patients,
  sendSignal,
  meant: triage.meant,
  ours: { principals: settings.principals, subscriptionIds: config.subscriptionIds },
  noteEvent: () => signs.note("event"),
  now,
});
async function loadVitals(): Promise<Omit<Vitals, "now">> {
  const [record, seen, unarmed, compared] = await Promise.all([
    baselines.loadSweep(),
    signs.load(),
    baselines.listUnarmed(),
    baselines.roles.load(),
  ]);
  return { record, periodMs, signs: seen, isAnchoring: config.anchors !== null, unarmed, roles: compared };
}
export const sweep = createSweep({
  patients,
  sendSignal,
  triage: triage.round,
  listWanted: wishes.listWanted,
  watchInventory: createWatchInventory({
    ...records,
    teller,
    hash: hashText,
    estate: { subscriptionIds: config.subscriptionIds, principalId: settings.principals.observe },
  }),
  deliver: teller.round,
  watchResourceEvents: createWatchResourceEvents({
    subscriptionIds: config.subscriptionIds,
    functionAppId: settings.functionAppId,
    readEvents: (id) => governor.as("screening", () => look.readEventSubscriptions(id)),
    listUnarmed: baselines.listUnarmed,
    keepUnarmed: baselines.keepUnarmed,
  }),
  watchDeliveries: createWatchDeliveries({
    ...baselines.deliveries,
    subscriptionIds: config.subscriptionIds,
    functionAppId: settings.functionAppId,
    readEvents: (id) => governor.as("screening", () => look.readEventSubscriptions(id)),
    readTopic: (id) => governor.as("screening", () => look.readTopic(id)),
    readUndelivered: (id, span) => governor.as("screening", () => readUndelivered(id, span)),
    hash: hashText,
    now,
  }),
  watchRoles: (log) => governor.as("screening", () => roles.watch(log)),
  watchWellBeing: createWatchWellBeing({ loadVitals, keep: baselines.keepSweep, now }),
  record: { load: baselines.loadSweep, keep: baselines.keepSweep },
  now,
});
export const overdueSweep = createOverdueSweep({ loadRecord: baselines.loadSweep, told: telemetry.swept, sweep, periodMs, now });

export const recheck = createRecheck({ patients, sendSignal, listTroubled, now });
export const housekeeping = createHousekeeping({ forget: [letters.forget, mailbox.forgetAside], now });

const authenticate = createAuthenticate({ tenantId: config.tenantId, audiences: config.apiAudiences, fetchJson: createFetchJson(), now });
const asked = { authenticate, patients, gatherFacts, sendSignal, settings, digest: digestOf, newGuid: randomUUID, now };
const targets = createTargetsApi({
  ...baselines,
  authenticate,
  loadBaseline: baselines.load,
  listOpenIncidents: incidents.listOpen,
  latestIncident: incidents.latest,
  settings,
});
const api = createOperationsApi({
  ...asked,
  hash: hashText,
  databasesOf: targets.databasesOf,
  stores: {
    ...mailbox,
    listIncidents: incidents.list,
    findIncident: incidents.find,
    keepLift: baselines.keepLift,
    appendAudit: (incidentId, what, data, caller) =>
      audit.append(incidentId, [{ entryId: randomUUID(), kind: "approval", what, data, at: now().toISOString(), actor: caller.objectId }]),
    restraint,
    listAudit: audit.list,
    verifyAudit: audit.verify,
    isAnchored: audit.isAnchored,
  },
});

const planned = createWishesApi({ ...asked, wishes, findIncident: incidents.find, loadRestraint: restraint.load });

type Operation = (call: ApiCall) => Promise<HttpResponseInit>;

const conditional = createConditional({ hash: hashText, now });

const SERVED: Record<RouteName, Operation> = {
  ...api,
  ...targets.operations,
  operations: planned.list,
  startOperation: planned.start,
  operation: planned.read,
  cancelOperation: planned.cancel,
  openapi: createGuard(authenticate)("openapi", async () => json(description)),
  health: createHealth({ authenticate, loadVitals, countLetters: letters.counts, now }),
};

export const serve = async (name: RouteName, call: ApiCall): Promise<HttpResponseInit> =>
  conditional(call.request, await SERVED[name](call));

export const { flush } = telemetry;

/** Composition root: settings → clients → activities → functions. The only reader of the environment; nothing imports it. */
import { randomUUID } from "node:crypto";
import { setTimeout } from "node:timers/promises";
import { app, type HttpRequest, type HttpResponseInit, type InvocationContext } from "@azure/functions";
import { ManagedIdentityCredential, type TokenCredential } from "@azure/identity";
import * as df from "durable-functions";
import { createApplyStep } from "./activities/apply-step.ts";
import { createAssess } from "./activities/assess.ts";
import { createGatherFacts } from "./activities/gather-facts.ts";
import { createGiveUp } from "./activities/give-up.ts";
import { createScreen } from "./activities/screen.ts";
import { createPatients } from "./activities/patients.ts";
import { createPollStep, pollStep } from "./activities/poll-step.ts";
import { createScanIds } from "./activities/scan-ids.ts";
import { createTeller } from "./activities/tell.ts";
import { createWatchInventory } from "./activities/watch-inventory.ts";
import { createWatchResourceEvents } from "./activities/watch-resource-events.ts";
import { createAzureClock } from "./azure/azure-clock.ts";
import { createChannels } from "./azure/channels.ts";
import { createClientsOf } from "./azure/clients.ts";
import { createFetchJson } from "./azure/fetch-json.ts";
import { createGovernor } from "./azure/governor.ts";
import { createHttpClient } from "./azure/http-client.ts";
import { createInventory } from "./azure/inventory.ts";
import { createListSubscription } from "./azure/list-subscription.ts";
import { createReadActivityLog } from "./azure/read-activity-log.ts";
import { createReadFeatures } from "./azure/read-features.ts";
import { createReadIds } from "./azure/read-ids.ts";
import { createReadKeyLog } from "./azure/read-key-log.ts";
import { createScreenKey } from "./azure/screen-key.ts";
import { createReadPermissions, createSources } from "./azure/sources.ts";
import { shareAnswer } from "./azure/shared-answer.ts";
import { createWriteRequests } from "./azure/write-requests.ts";
import { createStepWriter } from "./azure/write-step.ts";
import description from "../docs/openapi.json" with { type: "json" };
import { type Route, type RouteName, ROUTES } from "./api/routes.ts";
import { configure } from "./config.ts";
import { chooseCloud } from "./domain/clouds.ts";
import { periodOf } from "./domain/schedule.ts";
import { createAuthenticate } from "./functions/authenticate.ts";
import { createConditional } from "./functions/conditional.ts";
import { createDashboard } from "./functions/dashboard.ts";
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
import { APPLY_STEP, ASSESS, GIVE_UP, HEAL_VAULT, POLL_STEP, SCAN_IDS } from "./orchestrations/names.ts";
import type { Activities } from "./orchestrations/call.ts";
import { healVault } from "./orchestrations/heal-vault.ts";
import { digestOf, hashText } from "./storage/canonical-json.ts";
import { createStores } from "./storage/stores.ts";
import { createLoader } from "./telemetry/loader.ts";
import { createTelemetry, type Result } from "./telemetry/telemetry.ts";

/** All times are reckoned by Azure's clock: what is compared with them comes from there. */
const clock = createAzureClock(() => Date.now());
const { now } = clock;

const config = configure(process.env);
chooseCloud(config.cloud);
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
app.hook.appTerminate(() => telemetry.flush());
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
const gatherFacts = createGatherFacts({
  inventory,
  sources,
  baselines,
  listWishes: wishes.listForLook,
  enabling: { readFeatures: createReadFeatures(clients), loadScan: scans.load, readerId: settings.principals.observe ?? null },
  firstPartyPrincipalId: config.firstPartyPrincipalId,
  tenantId: config.tenantId,
  now,
});
const look = sources();
const known = { vaultIdOf: baselines.vaultIdOf, listKnown: shareAnswer(now, baselines.listKnown) };
const patients = createPatients({ inventory, baselines: known, look });
const sendSignal = createSendSignal({ addSignal: mailbox.addSignal, hash: hashText, now });

const teller = createTeller({ ...config.telling, letters, channels: createChannels({ ...config.telling, credential, now }), now });

/** Each activity logs to its own invocation. */
function activity<K extends keyof Activities>(name: K, create: (log: Log) => Activities[K]): void {
  df.app.activity(name, {
    handler: (input, context: InvocationContext) =>
      telemetry.within(name, input, context.traceContext?.traceParent ?? null, async (): Promise<Result> =>
        create(createLog(context))(input),
      ),
  });
}

const readActivityLog = createReadActivityLog(clients);
const readKeyLog = createReadKeyLog(clients);
const records = { incidents, audit, now };
activity(ASSESS, (log) =>
  createAssess({
    ...records,
    gatherFacts,
    withinBudget: governor.withinBudget,
    readPermissions: createReadPermissions(sources),
    readActivityLog,
    readKeyLog,
    mailbox,
    baselines,
    keepWishStatus: wishes.keepStatus,
    pollStep: (input) => pollStep({ ...polling, log }, input),
    restraint,
    teller,
    revalidations,
    digest: digestOf,
    settings,
    log,
  }),
);
activity(APPLY_STEP, (log) =>
  createApplyStep({
    ...records,
    gatherFacts,
    withinBudget: governor.withinBudget,
    mailbox,
    listWishes: wishes.listForLook,
    restraint,
    writer,
    countExtension: baselines.countExtension,
    digest: digestOf,
    settings,
    log,
  }),
);
const polling = { ...records, poll: writer.poll, countExtension: baselines.countExtension, settings };
activity(POLL_STEP, (log) => createPollStep({ ...polling, log }));
const ids = createReadIds({ credential, httpClient: createHttpClient(clock) });
activity(SCAN_IDS, (log) => createScanIds({ ids, scans, sleep: setTimeout, now, log }));
activity(GIVE_UP, (log) => createGiveUp({ ...records, teller, setAside: mailbox.setAside, log }));
df.app.orchestration(HEAL_VAULT, healVault);

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
    listSubscription: (id) => governor.as("event", () => createListSubscription(clients)(id)),
    screenKey: (vault, keyName) => governor.as("screening", () => screenKey(vault, keyName)),
    digest: digestOf,
    firstPartyPrincipalId: config.firstPartyPrincipalId,
    expiryLeadMs: settings.expiryLeadMs,
  }),
  screens: { load: baselines.loadScreens, keep: baselines.keepScreens },
  listWaiting: mailbox.listWaiting,
  listTroubled,
  hash: hashText,
  now,
});
const onEvent = createOnEvent({
  patients,
  sendSignal,
  meant: triage.meant,
  ours: { principals: settings.principals, subscriptionIds: config.subscriptionIds },
  noteEvent: () => signs.note("event"),
  now,
});
const client = df.input.durableClient();

const sweep = createSweep({
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
  record: { load: baselines.loadSweep, keep: baselines.keepSweep },
  now,
});
const overdueSweep = createOverdueSweep({ loadRecord: baselines.loadSweep, told: telemetry.swept, sweep, periodMs, now });

/** Does its own first, and then what is overdue. */
async function alsoOverdue<T>(context: InvocationContext, work: (client: df.DurableClient, log: Log) => Promise<T>): Promise<T> {
  const [durable, log] = [df.getClient(context), createLog(context)];
  const answer = await work(durable, log);
  await overdueSweep(durable, log);
  return answer;
}

for (const name of ["onKeyVaultEvent", "onResourceEvent"]) {
  app.eventGrid(name, {
    extraInputs: [client],
    handler: (event, context) => alsoOverdue(context, (durable, log) => onEvent(event, durable, log)),
  });
}

const recheck = createRecheck({ patients, sendSignal, listTroubled, now });
const housekeeping = createHousekeeping({ forgetTold: letters.forget, now });

// The schedules as read, defaults and all: `%NAME%` would be looked up by the host, which knows no default.
function timer(name: keyof typeof config.schedules, work: (context: InvocationContext) => Promise<void>): void {
  app.timer(name, { schedule: config.schedules[name], extraInputs: [client], handler: (_, context) => work(context) });
}
timer("sweep", (context) => sweep(df.getClient(context), createLog(context)));
timer("recheck", (context) => alsoOverdue(context, recheck));
timer("housekeeping", (context) => alsoOverdue(context, housekeeping));

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

/** The app verifies tokens itself, so the host asks for no key. */
function serve(name: RouteName, handle: Operation): void {
  const { method, path: route }: Route = ROUTES[name];
  app.http(name, {
    methods: [method],
    authLevel: "anonymous",
    route,
    extraInputs: [client],
    handler: async (request: HttpRequest, context: InvocationContext) =>
      conditional(request, await alsoOverdue(context, (durable, log) => handle({ request, client: durable, log }))),
  });
}

const SERVED: Record<RouteName, Operation> = {
  ...api,
  ...targets.operations,
  operations: planned.list,
  startOperation: planned.start,
  operation: planned.read,
  cancelOperation: planned.cancel,
  openapi: createGuard(authenticate)("openapi", async () => json(description)),
  health: createHealth({
    authenticate,
    loadRecord: baselines.loadSweep,
    loadSigns: signs.load,
    listUnarmed: baselines.listUnarmed,
    countLetters: letters.counts,
    periodMs,
    isAnchoring: config.anchors !== null,
    now,
  }),
};
// oxlint-disable-next-line typescript/no-unsafe-type-assertion -- the names are those of the record
for (const [name, handle] of Object.entries(SERVED) as [RouteName, Operation][]) serve(name, handle);

app.http("dashboard", createDashboard({ ...config.dashboard, tenantId: config.tenantId, folder: new URL("dashboard/", import.meta.url) }));

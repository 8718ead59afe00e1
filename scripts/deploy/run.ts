/** The whole deployment, given the world that it speaks to. In this order: the app registration, the resources, the code, and once its functions are there the events. Whatever is as it should be is left alone. */
import { execFileSync } from "node:child_process";
import { globSync } from "node:fs";
import { setTimeout } from "node:timers/promises";
import { type Az, type Call, createAz, DeployError, messageOf } from "./az.ts";
import { isAlive } from "./health.ts";
import { assignmentsOf, HELP, type Options, parametersOf, readOptions } from "./options.ts";
import { allowDashboard, dashboardOf, ensureRegistration } from "./registration.ts";
import { createReport, type Report, type Streams } from "./report.ts";
import {
  deployStack,
  describeStack,
  digestOfFile,
  digestOfTemplate,
  findStack,
  hasParameters,
  NOTHING,
  type Parameters,
  type Stack,
} from "./stack.ts";
import { foreignSubscriptionTopic, listTopics, readVaults } from "./topics.ts";

/** It brought `az stack ... --action-on-unmanage`. */
const OLDEST_AZ = "2.61.0";

type Run = { az: Az; options: Options; report: ReturnType<typeof createReport>; world: World };

type Account = { id: string; tenantId: string; user: { name: string } };

async function checkAccount(az: Az): Promise<Account> {
  const { "azure-cli": version } = await az.ask<Record<string, string>>("version");
  if (version === undefined || version.localeCompare(OLDEST_AZ, "en", { numeric: true }) < 0)
    throw new DeployError(`the Azure CLI is ${version ?? "unknown"}, and deployment stacks need ${OLDEST_AZ}`, "az upgrade");
  try {
    return await az.ask<Account>("account", "show");
  } catch (error) {
    throw new DeployError(messageOf(error), "az login, then az account set --subscription YOUR-SUBSCRIPTION", { cause: error });
  }
}

/** Tries until it works, as long as what it meets may pass. */
async function retry<T>(options: Options, report: Report, mayPass: RegExp, attempt: () => Promise<T>): Promise<T> {
  const until = Date.now() + Number(options.wait) * 60_000;
  for (;;) {
    try {
      return await attempt();
    } catch (error) {
      const message = messageOf(error);
      if (!mayPass.test(message) || Date.now() >= until) throw error;
      report.wait(`${message.split("\n").at(-1)}; trying again in ${options.pause} s`);
      await setTimeout(Number(options.pause) * 1000);
    }
  }
}

async function objectIds(az: Az, options: Options): Promise<{ role: string; objectId: string }[]> {
  const assignments = assignmentsOf(options);
  if (!assignments.some(({ objectId }) => objectId === "me")) return assignments;
  const me = await az.ask<string>("ad", "signed-in-user", "show", "--query", "id");
  return assignments.map(({ role, objectId }) => ({ role, objectId: objectId === "me" ? me : objectId }));
}

const audienceOf = (clientId: string): string => `api://${clientId},${clientId}`;

/** Of a registration that this script has brought up to date. */
function ownIdIn(audience: unknown): string | undefined {
  const id = typeof audience === "string" ? audience.split(",")[1] : undefined;
  return id !== undefined && audience === audienceOf(id) ? id : undefined;
}

/** graph: null of a registration that is left alone. */
type Registration = { clientId: string | null; apiAudience: string; graph: string | null };

/** An audience of a registration that is left alone: the one that is said, or that is deployed where nothing is said. */
function foreignAudience({ audience, "app-name": name, "app-id": id }: Options, deployed: unknown): string | undefined {
  if (audience !== undefined || name !== undefined || id !== undefined) return audience;
  return typeof deployed === "string" && ownIdIn(deployed) === undefined ? deployed : undefined;
}

async function register(az: Az, options: Options, { parameters: { apiAudience: deployed } }: Stack): Promise<Registration> {
  const foreign = foreignAudience(options, deployed);
  if (foreign !== undefined) {
    if (assignmentsOf(options).length === 0) return { clientId: null, apiAudience: foreign, graph: null };
    throw new DeployError(`the audience ${foreign} is of a registration that is left alone, and so are its roles`, "give them there");
  }
  const { "app-name": name, "app-id": id } = options;
  const graph = (await az.ask<string>("cloud", "show", "--query", "endpoints.microsoftGraphResourceId")).replace(/\/+$/, "");
  const assignments = await objectIds(az, options);
  const known = ownIdIn(deployed);
  const appId = id ?? (name === undefined ? known : undefined);
  const clientId = await ensureRegistration(az, { name: name ?? options.name, appId, known, graph, assignments });
  return { clientId, apiAudience: audienceOf(clientId), graph };
}

const isSaid = (value: unknown): boolean => value !== undefined && value !== "" && !(Array.isArray(value) && value.length === 0);

async function parametersFor(az: Az, options: Options, account: Account, before: Stack): Promise<Parameters> {
  const said = parametersOf(options);
  const { vaultGroups, watchedSubscriptions } = said;
  if (before === NOTHING && ![options.vault, vaultGroups, watchedSubscriptions].some(isSaid))
    throw new DeployError(
      "there is nothing to watch",
      `say which vaults with --vault NAME, or where they are with --set 'vaultGroups=["GROUP"]'`,
    );
  const where = { name: options.name, subscription: account.id, topics: await listTopics(az) };
  const merged = { ...before.parameters, ...said };
  const subscriptionTopicName = foreignSubscriptionTopic(where, groupOf(merged));
  return {
    ...(subscriptionTopicName === undefined ? {} : { subscriptionTopicName }),
    ...merged,
    ...(options.vault.length === 0 ? {} : { vaults: await readVaults(az, options.vault, where) }),
  };
}

function packageFor({ package: given }: Options): string {
  if (given !== undefined) return given;
  try {
    execFileSync(process.execPath, ["scripts/package.ts"], { stdio: ["ignore", "ignore", "inherit"] });
  } catch (error) {
    throw new DeployError("the package could not be made", "npm run package says why", { cause: error });
  }
  return globSync("dist/release/*.zip")[0]!;
}

/** New roles take minutes until storage knows them (Learn, "Troubleshoot Azure RBAC"); the app's own site, until it is there. */
const MAY_PASS = /\b(?:40[134]|50[0234])\b|Forbidden|Unauthorized|BlobUploadFailed|AuthorizationPermissionMismatch|timed? ?out|connection/i;

type Place = { app: string; group: string };

const EVENTS_MAY_PASS = /endpoint validation|destination endpoint/i;

const FUNCTIONS = ["onKeyVaultEvent", "onResourceEvent"];

/** Event Grid refuses a function that is not there yet. */
async function awaitFunctions(az: Az, options: Options, report: Report, { app, group }: Place): Promise<void> {
  await retry(options, report, /is not there yet/, async () => {
    const names = await az.ask<string[]>("functionapp", "function", "list", "--resource-group", group, "--name", app, "--query", "[].name");
    const missing = FUNCTIONS.filter((name) => !names.some((one) => one.endsWith(`/${name}`)));
    if (missing.length > 0)
      throw new DeployError(
        `the function ${missing.join(", ")} is not there yet`,
        `az functionapp log deployment show --name ${app} --resource-group ${group}`,
      );
  });
}

/** The Azure CLI knows an app on Flex Consumption and publishes with a token (Azure/azure-cli, appservice/custom.py, enable_zip_deploy_flex). */
async function publish(az: Az, options: Options, report: Report, place: Place, file: string): Promise<void> {
  const { app, group } = place;
  const line = ["functionapp", "deployment", "source", "config-zip", "--resource-group", group, "--name", app, "--src", file];
  await retry(options, report, MAY_PASS, () => az.change(...line));
  if (!options["dry-run"]) await awaitFunctions(az, options, report, place);
}

async function awaitHealth({ options, report, world }: Run, apiUrl: string): Promise<void> {
  const url = `${apiUrl}/health`;
  await retry(options, report, /./, async () => {
    const answer = await world.answerOf(url);
    if (!isAlive(answer)) throw new DeployError(`${url} answers ${answer}`, "see the log stream of the function app, then run this again");
  });
}

/** Incidents and audit outlive the app: the guide's lock, once. On this account alone, whatever else is in its group. */
async function lockRecords(az: Az, storageId: string): Promise<void> {
  const locks = storageId === NOTHING.outputs.storageId ? [] : await az.ask<object[]>("lock", "list", "--resource", storageId);
  if (locks.length > 0) return;
  await az.change("lock", "create", "--name", "keymend-records", "--lock-type", "CanNotDelete", "--resource", storageId);
}

const GROUP = "rg-keymend";
const groupOf = ({ resourceGroupName }: Parameters): string => (typeof resourceGroupName === "string" ? resourceGroupName : GROUP);

type Wish = { parameters: Parameters; template: string; code: string; file: string };

/** The resources, the code, the events: each only where it is due. */
async function bring({ az, options, report }: Run, before: Stack, { parameters, template, code, file }: Wish): Promise<Stack["outputs"]> {
  const { name, location = before.location, again } = options;
  const make = (deployEvents: boolean, published: string): Promise<Stack | undefined> => {
    const described = { template: options.template, description: describeStack(template, published) };
    return deployStack(az, { name, location, parameters: { ...parameters, deployEvents }, ...described });
  };
  // Events that are there stay: their functions are there too.
  const hadEvents = before.parameters["deployEvents"] === true;

  report.begin("the resources");
  const isMade = before.madeFrom === template && hasParameters(before, { ...parameters, deployEvents: hadEvents });
  const { outputs } = isMade && !again ? before : ((await make(hadEvents, before.published)) ?? before);
  await lockRecords(az, outputs.storageId);

  report.begin("the code and the events");
  const place = { app: outputs.functionAppName, group: groupOf(parameters) };
  const isDue = again || before.published !== code;
  if (isDue) await publish(az, options, report, place, file);
  if (isDue || !hadEvents) await retry(options, report, EVENTS_MAY_PASS, () => make(true, code));
  return outputs;
}

/** An incident that nobody hears of waits for whoever looks. */
const nobodyTold = ({ alertEmails, actionGroupId, outcomeTopicEndpoint }: Parameters): string[] =>
  [alertEmails, actionGroupId, outcomeTopicEndpoint].some(isSaid)
    ? []
    : [`nobody is told of an incident: npm run deploy -- --set 'alertEmails=["you@example.com"]'`];

async function deploy(run: Run): Promise<void> {
  const { az, options, report } = run;
  const account = await checkAccount(az);
  report.begin(`subscription ${account.id}, as ${account.user.name}`);
  const before = await findStack(az, options.name);
  const asked = await parametersFor(az, options, account, before);
  const file = packageFor(options);
  report.begin("the app registration");
  const { clientId, apiAudience, graph } = await register(az, options, before);
  const digests = { template: digestOfTemplate(options.template), code: digestOfFile(file) };
  const outputs = await bring(run, before, { parameters: { ...asked, apiAudience }, file, ...digests }).catch((error: unknown) => {
    // Where no stack came about none knows whose the registration is, and the next run would ask.
    if (!(error instanceof DeployError) || before !== NOTHING || clientId === null) throw error;
    throw new DeployError(error.message, `${error.next}, with --app-id ${clientId}: the registration is made`, { cause: error });
  });
  const { functionAppName: functionApp, apiUrl, principalId } = outputs;
  if (clientId !== null && graph !== null) await allowDashboard(az, { graph, appId: clientId, apiUrl });
  const dryRun = options["dry-run"];
  if (!dryRun) await awaitHealth(run, apiUrl);
  const { changes } = report;
  const token = `az account get-access-token --resource ${apiAudience.split(",")[0]}`;
  const next = [...nobodyTold(asked), `the dashboard: ${dashboardOf(apiUrl)}`, `docs/operate.md; a token: ${token}`];
  report.end({ dryRun, subscription: account.id, clientId, functionApp, apiUrl, principalId, healthy: !dryRun, changes, next });
}

export type World = Streams & {
  call: Call;
  /** Status and body, or why there is no answer. */
  answerOf: (url: string) => Promise<string>;
};

/** The exit code. */
export async function runDeploy(args: readonly string[], world: World): Promise<number> {
  const report = createReport(world, { json: args.includes("--json"), isDryRun: args.includes("--dry-run") });
  try {
    const options = readOptions(args);
    const az = createAz(world.call, { isDryRun: options["dry-run"], told: (line) => report.change(line) });
    if (options.help) world.out(`${HELP}\n`);
    else await deploy({ az, options, report, world });
    return 0;
  } catch (error) {
    if (!(error instanceof DeployError)) throw error;
    report.fail(error.message, error.next);
    return 1;
  }
}

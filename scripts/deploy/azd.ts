/** What `azd up` can't do by itself (azure.yaml): the app registration before the resources, the events after the code. And what `azd down` must not. */
import { type Az, type Call, createAz, DeployError } from "./az.ts";
import { isAlive } from "./health.ts";
import { allowDashboard, ensureRegistration } from "./registration.ts";

export type Hook = {
  /** azd hands its environment over: what was set there, and what the template put out. */
  env: Readonly<Record<string, string | undefined>>;
  az: Call;
  azd: Call;
  told: (line: string) => void;
  answerOf: (url: string) => Promise<string>;
};

/** Any of these says where vaults are (infra/main.bicepparam). */
const WATCHED = ["KEYMEND_VAULTS", "KEYMEND_VAULT_GROUPS", "KEYMEND_WATCHED_SUBSCRIPTIONS"];

/** An audience that somebody has set is theirs, and so is its registration. */
async function register({ env, az: call, azd, told }: Hook): Promise<void> {
  if (WATCHED.every((name) => (env[name] ?? "").trim() === ""))
    throw new DeployError(
      "there is nothing to watch",
      "azd env set KEYMEND_VAULTS with the resource ids of the vaults, or KEYMEND_VAULT_GROUPS with their resource groups, commas between, then azd up",
    );
  if ((env["KEYMEND_API_AUDIENCE"] ?? "") !== "") return;
  const az = createAz(call, { isDryRun: false, told });
  const { tenantId } = await az.ask<{ tenantId: string }>("account", "show");
  const wanted = env["AZURE_TENANT_ID"] ?? tenantId;
  if (wanted !== tenantId)
    throw new DeployError(`azd is in the tenant ${wanted}, az in ${tenantId}`, `az login --tenant ${wanted}, then azd up`);
  const graph = await graphOf(az);
  const appId = await ensureRegistration(az, {
    name: env["KEYMEND_NAME"] ?? "keymend",
    appId: env["KEYMEND_APP_ID"],
    graph,
    assignments: [],
  });
  await azd(["env", "set", "KEYMEND_API_AUDIENCE", `api://${appId},${appId}`]);
}

const graphOf = async (az: Az): Promise<string> =>
  (await az.ask<string>("cloud", "show", "--query", "endpoints.microsoftGraphResourceId")).replace(/\/+$/, "");

/** Of the registration that was made here: an audience that somebody has set is theirs. */
async function addDashboard({ env, az: call, told }: Hook): Promise<void> {
  const [uri, appId, ...more] = (env["KEYMEND_API_AUDIENCE"] ?? "").split(",");
  const apiUrl = env["apiUrl"];
  if (appId === undefined || apiUrl === undefined || more.length > 0 || uri !== `api://${appId}`) return;
  const az = createAz(call, { isDryRun: false, told });
  await allowDashboard(az, { graph: await graphOf(az), appId, apiUrl });
}

async function addEvents(hook: Hook): Promise<void> {
  const { env, azd, told, answerOf } = hook;
  if (env["KEYMEND_DEPLOY_EVENTS"] !== "true") {
    // Kept by azd, so the next `azd up` has the events in its one deployment.
    await azd(["env", "set", "KEYMEND_DEPLOY_EVENTS", "true"]);
    told("azd provision");
    await azd(["provision", "--no-prompt"]);
  }
  await addDashboard(hook);
  const url = `${env["apiUrl"]}/health`;
  const answer = await answerOf(url);
  told(`${url} answers ${answer}`);
  if (!isAlive(answer))
    throw new DeployError(`${url} answers ${answer}`, "an app that was just made takes minutes: azd hooks run postdeploy");
}

/**
 * azd deletes every resource group that it finds a deployed resource in, with all that is there (Azure/azure-dev issue 2916; cli/azd/pkg/azapi,
 * resourceGroupsFromDeployment). Keymend's role assignments lie in those of the vaults: keys and databases would go with them.
 */
function refuseRemoval({ env }: Hook): never {
  const groups = (env["KEYMEND_VAULT_GROUPS"] ?? "").split(",");
  const ofVaults = (env["KEYMEND_VAULTS"] ?? "").split(",").map((id) => id.split("/")[4] ?? "");
  const named = [...new Set([...groups, ...ofVaults].map((name) => name.trim().toLowerCase()))].filter((name) => name !== "");
  throw new DeployError(
    `azd down would delete whole resource groups with all that is in them, also those of the vaults${named.length > 0 ? ` (${named.join(", ")})` : ""}`,
    `nothing was deleted; docs/deploy.md, "With azd", says how Keymend is removed, and nothing else`,
  );
}

export async function runHook(which: string | undefined, hook: Hook): Promise<void> {
  if (which === "registration") await register(hook);
  else if (which === "events") await addEvents(hook);
  else if (which === "removal") refuseRemoval(hook);
  else throw new DeployError(`there is no hook ${which ?? ""}`, "registration, events, or removal");
}

/** The app registration that callers of the operations API ask tokens for: made, or brought to what it must be. Nothing is taken from it. */
import { type Az, DeployError } from "./az.ts";

/** Microsoft Learn, "Application IDs of commonly used Microsoft applications": the Azure CLI, the same in every cloud. */
const AZURE_CLI = "04b07795-8ddb-461a-bbee-02f9e1bf7b46";
const SCOPE_ID = "1d7f9a52-0a53-4a0e-9a36-6f2c6cd9f004";

const role = (id: string, name: string, description: string) => ({
  allowedMemberTypes: ["User", "Application"],
  displayName: name,
  description,
  value: `Keymend.${name}`,
  isEnabled: true,
  id: `1d7f9a52-0a53-4a0e-9a36-6f2c6cd9${id}`,
});

export const APP_ROLES = [
  role("f001", "Reader", "Reads incidents"),
  role("f002", "Operator", "Asks for a look"),
  role("f003", "Approver", "Decides on plans"),
];

const SCOPE = {
  id: SCOPE_ID,
  value: "user_impersonation",
  type: "User",
  isEnabled: true,
  adminConsentDisplayName: "Call Keymend",
  adminConsentDescription: "Call Keymend as the person who is signed in; the app roles say what for",
};

type AppRole = { id: string; value: string | null };
type Scope = { id: string; value: string | null };
type PreAuthorized = { appId: string; delegatedPermissionIds: string[] };

export type Application = {
  appId: string;
  identifierUris: string[];
  appRoles: AppRole[];
  api: { oauth2PermissionScopes: Scope[]; preAuthorizedApplications: PreAuthorized[] };
  spa?: { redirectUris: string[] } | null;
};

type ServicePrincipal = { id: string; appRoleAssignmentRequired: boolean };

/** Which of its roles, and for whom (an object id). */
export type Assignment = { role: string; objectId: string };

const UNKNOWN = "<client id>";
const UNKNOWN_SP = "<object id of the service principal>";

/**
 * A name proves nothing: whoever may register applications may have taken it (Learn, "Default user permissions"), and its owner says who
 * approves. So one that only bears the name is a question.
 */
async function find(az: Az, { name, appId, known }: Wish): Promise<Application | undefined> {
  if (appId !== undefined) return az.ask("ad", "app", "show", "--id", appId);
  const found = await az.ask<Application[]>("ad", "app", "list", "--filter", `displayName eq '${name.replaceAll("'", "''")}'`);
  const own = found.find((one) => one.appId === known);
  if (own === undefined && found.length > 0)
    throw new DeployError(
      `${found.length} app registrations are called ${name}: ${found.map((one) => one.appId).join(", ")}`,
      "take one that is yours with --app-id (azd env set KEYMEND_APP_ID), or name another with --app-name",
    );
  return own;
}

const lacking = <T extends { value: string | null }>(wanted: readonly T[], there: readonly { value: string | null }[]): T[] =>
  wanted.filter(({ value }) => !there.some((one) => one.value === value));

/** Each in a request of its own, as a scope can be allowed only once it is there (Graph, "Update application"). */
function bodies(app: Application): object[] {
  const { appId, identifierUris, appRoles, api } = app;
  const roles = lacking(APP_ROLES, appRoles);
  const scope = api.oauth2PermissionScopes.find(({ value }) => value === SCOPE.value);
  const scopes = scope === undefined ? [...api.oauth2PermissionScopes, SCOPE] : api.oauth2PermissionScopes;
  const scopeId = scope?.id ?? SCOPE_ID;
  const others = api.preAuthorizedApplications.filter((one) => one.appId !== AZURE_CLI);
  const cli = api.preAuthorizedApplications.find((one) => one.appId === AZURE_CLI)?.delegatedPermissionIds ?? [];
  const allowed = [...others, { appId: AZURE_CLI, delegatedPermissionIds: [...cli, scopeId] }];
  return [
    ...(roles.length > 0 ? [{ appRoles: [...appRoles, ...roles] }] : []),
    // Its own id is in it: names without the id or a verified domain are refused (Learn, "Restrictions on identifier URIs").
    ...(identifierUris.includes(`api://${appId}`) ? [] : [{ identifierUris: [...identifierUris, `api://${appId}`] }]),
    ...(scope === undefined ? [{ api: { oauth2PermissionScopes: scopes } }] : []),
    ...(cli.includes(scopeId) ? [] : [{ api: { oauth2PermissionScopes: scopes, preAuthorizedApplications: allowed } }]),
  ];
}

async function ensureServicePrincipal(az: Az, graph: string, appId: string): Promise<string> {
  const isMade = appId !== UNKNOWN;
  const [there] = isMade ? await az.ask<ServicePrincipal[]>("ad", "sp", "list", "--filter", `appId eq '${appId}'`) : [];
  const principal = there ?? (await az.change<ServicePrincipal>("ad", "sp", "create", "--id", appId));
  const id = principal?.id ?? UNKNOWN_SP;
  if (principal?.appRoleAssignmentRequired !== true)
    await az.change(
      "rest",
      "--method",
      "patch",
      "--url",
      `${graph}/v1.0/servicePrincipals/${id}`,
      "--body",
      '{"appRoleAssignmentRequired":true}',
    );
  return id;
}

async function assign(az: Az, graph: string, resourceId: string, app: Application, assignments: readonly Assignment[]): Promise<void> {
  const url = `${graph}/v1.0/servicePrincipals/${resourceId}/appRoleAssignedTo`;
  type Given = { value: { principalId: string; appRoleId: string }[] };
  const isAsked = assignments.length > 0 && resourceId !== UNKNOWN_SP;
  const { value: given } = isAsked ? await az.ask<Given>("rest", "--method", "get", "--url", url) : { value: [] };
  for (const { role: name, objectId } of assignments) {
    const value = `Keymend.${name}`;
    const appRoleId = [...app.appRoles, ...APP_ROLES].find((one) => one.value === value)!.id;
    if (given.some((one) => one.principalId === objectId && one.appRoleId === appRoleId)) continue;
    await az.change("rest", "--method", "post", "--url", url, "--body", JSON.stringify({ principalId: objectId, resourceId, appRoleId }));
  }
}

/** appId: of the one that was said. known: of the one that is deployed already. */
export type Wish = {
  name: string;
  appId?: string | undefined;
  known?: string | undefined;
  graph: string;
  assignments: readonly Assignment[];
};

/** Its client id. */
export async function ensureRegistration(az: Az, wish: Wish): Promise<string> {
  const { name, graph, assignments } = wish;
  const found = await find(az, wish);
  const made =
    found ??
    (await az.change<Application>(
      "ad",
      "app",
      "create",
      "--display-name",
      name,
      "--sign-in-audience",
      "AzureADMyOrg",
      "--app-roles",
      JSON.stringify(APP_ROLES),
    ));
  const nothing = { oauth2PermissionScopes: [], preAuthorizedApplications: [] };
  const app: Application = made ?? { appId: UNKNOWN, identifierUris: [], appRoles: APP_ROLES, api: nothing };
  const url = `${graph}/v1.0/applications(appId='${app.appId}')`;
  for (const body of bodies(app)) await az.change("rest", "--method", "patch", "--url", url, "--body", JSON.stringify(body));
  const principalId = await ensureServicePrincipal(az, graph, app.appId);
  await assign(az, graph, principalId, app, assignments);
  return app.appId;
}

/** Where people sign in to: known once the app has a host. */
export const dashboardOf = (apiUrl: string): string => `${apiUrl}/dashboard/`;

/**
 * A browser gets its tokens at an address of the platform "single-page application" alone (Microsoft Learn, "Microsoft identity platform and
 * OAuth 2.0 authorization code flow", redirect URIs for single-page apps).
 */
export async function allowDashboard(az: Az, { graph, appId, apiUrl }: { graph: string; appId: string; apiUrl: string }): Promise<void> {
  const app = appId === UNKNOWN ? undefined : await az.ask<Application>("ad", "app", "show", "--id", appId);
  const there = app?.spa?.redirectUris ?? [];
  const address = dashboardOf(apiUrl);
  if (there.includes(address)) return;
  const url = `${graph}/v1.0/applications(appId='${appId}')`;
  const body = JSON.stringify({ spa: { redirectUris: [...there, address] } });
  await az.change("rest", "--method", "patch", "--url", url, "--body", body);
}

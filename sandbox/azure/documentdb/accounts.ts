/** Addresses of `Microsoft.DocumentDB/databaseAccounts` and of its operations. No etag and no Retry-After anywhere. */
import { AzureError, same, isHere } from "../routes.ts";
import type { Call, Reply, Route } from "../routes.ts";
import type { Account, World } from "../world.ts";
import { ACCOUNT_TYPE, accountBody } from "./account-body.ts";
import { groupScope, HEADERS, requireAccount, requireGroup, shown } from "./account-find.ts";
import { deleteAccount, patchAccount, putAccount } from "./account-write.ts";
import { followed, operationOf } from "./operations.ts";

const inSubscription = "/subscriptions/{subscriptionId}/providers/Microsoft.DocumentDB";
const inGroup = `/subscriptions/{subscriptionId}/resourceGroups/{resourceGroupName}/providers/${ACCOUNT_TYPE}`;
const one = `${inGroup}/{accountName}`;
const read = `${ACCOUNT_TYPE}/read`;
const write = `${ACCOUNT_TYPE}/write`;
const remove = `${ACCOUNT_TYPE}/delete`;

export const accountRoutes: Route[] = [
  {
    method: "GET",
    pattern: `${inSubscription}/databaseAccounts`,
    action: read,
    scopeOf: (call) => `/subscriptions/${call.params["subscriptionId"]}`,
    handle: (call) =>
      listed(
        call.world,
        [...call.world.accounts.values()].filter(({ id }) => isHere(call, id)),
      ),
  },
  {
    method: "GET",
    pattern: inGroup,
    action: read,
    scopeOf: groupScope,
    handle: (call) => {
      const prefix = `${requireGroup(call)}/`.toLowerCase();
      const accounts = [...call.world.accounts.values()].filter((a) => a.id.toLowerCase().startsWith(prefix));
      return listed(call.world, accounts);
    },
  },
  { method: "GET", pattern: one, action: read, handle: (call) => shown(call.world, requireAccount(call)) },
  { method: "PUT", pattern: one, action: write, event: write, handle: putAccount },
  { method: "PATCH", pattern: one, action: write, event: write, handle: patchAccount },
  { method: "DELETE", pattern: one, action: remove, event: remove, handle: deleteAccount },
  // Whether a name is taken anywhere in Azure: DatabaseAccounts_CheckNameExists of the specification, 404 where it is free.
  {
    method: "HEAD",
    pattern: "/providers/Microsoft.DocumentDB/databaseAccountNames/{accountName}",
    action: null,
    handle: ({ world, params }) => ({
      status: [...world.accounts.values()].some(({ name }) => same(name, params["accountName"] ?? "")) ? 200 : 404,
    }),
  },
  followed(`${inSubscription}/locations/{location}/operationsStatus/{operationId}`, status),
  followed(`${inSubscription}/locations/{location}/operationResults/{operationId}`, deleteResult),
  followed(`${one}/operationResults/{operationId}`, writeResult),
];

/** No nextLink; the only account answer with a charset (recorded: cloud-custodian CosmosDBTest.test_find_by_name.json, 2026-06). */
function listed(world: World, accounts: Account[]): Reply {
  return {
    status: 200,
    headers: { "content-type": "application/json; charset=utf-8", "cache-control": "no-cache" },
    body: { value: accounts.map((a) => accountBody(world, a)) },
  };
}

/** Exactly `{"status":"Dequeued"}` until `{"status":"Succeeded"}`: no id, no times. How a failure looks was not recorded; this is ARM's form. */
function status(call: Call): Reply {
  const operation = operationOf(call, "account");
  if (operation.state === "running") return { status: 200, headers: HEADERS, body: { status: "Dequeued" } };
  if (operation.state === "succeeded") return { status: 200, headers: HEADERS, body: { status: "Succeeded" } };
  return { status: 200, headers: HEADERS, body: { status: "Failed", error: { ...operation.error! } } };
}

/** After a deletion: 200 without a body, with the caller's own request id. */
function deleteResult(call: Call): Reply {
  return pending(call) ?? { status: 200, headers: { "x-ms-activity-id": call.headers["x-ms-client-request-id"] ?? "" } };
}

/** Never called in a recording; `final-state-via: location` of the swagger makes it the account. */
function writeResult(call: Call): Reply {
  return pending(call) ?? shown(call.world, requireAccount(call));
}

function pending(call: Call): Reply | undefined {
  const operation = operationOf(call, "account");
  if (operation.state === "failed") throw new AzureError(400, operation.error!.code, operation.error!.message, { unwrapped: true });
  return operation.state === "running" ? { status: 202, headers: { ...HEADERS, location: call.url.href } } : undefined;
}

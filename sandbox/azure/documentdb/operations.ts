/**
 * Long-running writes: begun with the answer, ended by the clock, asked for at `operationsStatus` and its kin.
 * Sources: recorded in azure-powershell TestAnalyticalStorageSchemaTypeUpdateAccount.json (2023, 2024) and
 * azure-cli-extensions test_cosmosdb_mongocluster_crud.yaml (2024).
 */
import { AzureError, subscriptionOf } from "../routes.ts";
import type { Call, Route } from "../routes.ts";
import { regionCode } from "./regions.ts";
import { requireSignature, signedUrl } from "./signature.ts";
import { isAccount, stateOf } from "./state.ts";
import type { Database, Operation, OperationFailure } from "./state.ts";
import { flagSwitch } from "./switches.ts";

/** Seconds, drawn from the seed within the range. */
export type Duration = readonly [from: number, to: number];

type Work = {
  database: Database;
  verb: Operation["verb"];
  duration: Duration;
  /** What has come true when the operation ends well; may find that it can't. */
  apply: () => OperationFailure | undefined;
  /** After either ending; the database is no longer busy. */
  settle: (failed: boolean) => void;
};

export function begin(call: Call, work: Work): Operation {
  const { world } = call;
  const fault = stateOf(world).operationFault();
  const operation: Operation = {
    id: world.random.guid("documentdb.operation"),
    kind: isAccount(work.database) ? "account" : "cluster",
    verb: work.verb,
    target: work.database.id.toLowerCase(),
    region: regionCode(work.database.location),
    state: "running",
    startedAt: world.clock.now(),
  };
  stateOf(world).operations.set(operation.id, operation);
  work.database.operation = operation.id;
  const [from, to] = work.duration;
  const ms = world.random.int("documentdb.duration", from * 1000, to * 1000);
  world.clock.in(ms, `${operation.kind} ${work.database.name}: ${work.verb} ends`, () => {
    const failure = fault ?? work.apply();
    operation.state = failure ? "failed" : "succeeded";
    if (failure) operation.error = failure;
    work.database.operation = undefined;
    work.settle(failure !== undefined);
    stateOf(world).replan();
  });
  return operation;
}

/** The operation that a signed address is for. */
export function operationOf(call: Call, kind: Operation["kind"]): Operation {
  requireSignature(call.world, call.url);
  const id = call.params["operationId"]!;
  const operation = stateOf(call.world).operations.get(id.toLowerCase());
  if (operation?.kind === kind) return operation;
  throw new AzureError(404, "NotFound", `The operation '${id}' could not be found.`);
}

/** Where a change is followed: whoever holds the signed address may, unless the switch says otherwise. */
export function followed(pattern: string, handle: Route["handle"]): Route {
  const [provider, type, , operations] = pattern.split("/providers/").at(-1)!.split("/");
  const action = `${provider}/${type}/${operations}/read`;
  return { method: "GET", pattern, action, isAsked: (world) => flagSwitch(world, "documentdb.operationsAskForRead"), handle };
}

const base = (call: Call): string => `/subscriptions/${subscriptionOf(call)}/providers/Microsoft.DocumentDB/locations`;

/** An account's PUT and PATCH point to results under the account, its DELETE to results under the subscription. */
export function accountOperationHeaders(call: Call, operation: Operation, accountId: string): Record<string, string> {
  const results =
    operation.verb === "delete"
      ? `${base(call)}/${operation.region}/operationResults/${operation.id}`
      : `${accountId}/operationResults/${operation.id}`;
  return {
    "azure-asyncoperation": signedUrl(call.world, `${base(call)}/${operation.region}/operationsStatus/${operation.id}`, call.apiVersion),
    location: signedUrl(call.world, results, call.apiVersion),
    // On writes this is the operation's GUID, on everything else the correlation id.
    "x-ms-request-id": operation.id,
  };
}

/** Both under the subscription; signed anew each time, also on every poll. */
export function clusterOperationHeaders(call: Call, operation: Operation): Record<string, string> {
  const at = `${base(call)}/${operation.region}`;
  return {
    "azure-asyncoperation": signedUrl(call.world, `${at}/mongoClusterAzureAsyncOperation/${operation.id}`, call.apiVersion),
    location: signedUrl(call.world, `${at}/mongoClusterOperationResults/${operation.id}`, call.apiVersion),
  };
}

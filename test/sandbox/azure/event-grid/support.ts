/** A vault's topic with one subscription that sends to a function, and a record of what the function got. */
import { addEventSubscription, addSystemTopic } from "../../../../sandbox/azure/event-grid/build.ts";
import { createEventGrid } from "../../../../sandbox/azure/event-grid/grid.ts";
import type { JsonObject, SourceEvent, Switches } from "../../../../sandbox/azure/world.ts";
import { aWorld, GROUP, SUBSCRIPTION } from "../pipeline.ts";

export const VAULT = `${GROUP}/providers/Microsoft.KeyVault/vaults/kv1`;
export const FUNCTION = `${GROUP}/providers/Microsoft.Web/sites/keymend/functions/onKeyVaultEvent`;

export type Got = { functionName: string; body: JsonObject; headers: Record<string, string>; at: number };

type Options = Partial<Parameters<typeof addEventSubscription>[1]>;

export function aGrid(options: Options = {}, switches: Switches = {}) {
  const world = aWorld(switches);
  const got: Got[] = [];
  const answer: { with: (n: number) => Promise<number> } = { with: async () => 200 };
  const grid = createEventGrid(world, async ({ functionName }, body, headers) => {
    const parsed = JSON.parse(body) as JsonObject | JsonObject[];
    got.push({ functionName, body: Array.isArray(parsed) ? parsed[0]! : parsed, headers, at: world.clock.now() });
    return answer.with(got.length);
  });
  const topic = addSystemTopic(world, { resourceGroup: "rg1", name: "kv1-events", source: VAULT });
  const subscription = addEventSubscription(world, { topic, name: "to-keymend", functionId: FUNCTION, ...options });
  return { world, grid, got, answer, topic, subscription };
}

export function keyExpired(changes: Partial<SourceEvent> = {}): SourceEvent {
  return {
    source: VAULT,
    subject: "cmk",
    eventType: "Microsoft.KeyVault.KeyExpired",
    eventTime: "2026-11-02T08:00:00.000Z",
    data: {
      Id: "https://kv1.vault.azure.net/keys/cmk/0123456789abcdef0123456789abcdef",
      VaultName: "kv1",
      ObjectType: "Key",
      ObjectName: "cmk",
      Version: "0123456789abcdef0123456789abcdef",
      NBF: 1,
      EXP: 2,
    },
    dataVersion: "1",
    ...changes,
  };
}

export function roleRemoved(changes: JsonObject = {}): SourceEvent {
  const subject = `${VAULT}/providers/Microsoft.Authorization/roleAssignments/g`;
  return {
    source: `/subscriptions/${SUBSCRIPTION}`,
    subject,
    eventType: "Microsoft.Resources.ResourceDeleteSuccess",
    eventTime: "2026-11-02T08:00:00.000Z",
    data: {
      authorization: { scope: subject, action: "Microsoft.Authorization/roleAssignments/delete" },
      claims: { appid: "a" },
      httpRequest: { method: "DELETE" },
      operationName: "Microsoft.Authorization/roleAssignments/delete",
      resourceUri: subject,
      ...changes,
    },
    dataVersion: "2",
  };
}

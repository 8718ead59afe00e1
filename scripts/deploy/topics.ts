/** The vaults as parameters: by resource id, each with the Event Grid system topic that it has from elsewhere. Azure allows one for each source. */
import { type Az, DeployError } from "./az.ts";

export type Topic = { name: string; source: string; resourceGroup: string };
export type WatchedVault = { id: string; topicName?: string };

export const listTopics = (az: Az): Promise<Topic[]> =>
  az.ask("eventgrid", "system-topic", "list", "--query", "[].{name:name,source:source,resourceGroup:resourceGroup}");

const isSame = (a: string, b: string): boolean => a.toLowerCase() === b.toLowerCase();

/** ours: what the template would call its own, which stays its own. By its resource id where it is in another group: it is always in the subscription of its source. */
function foreign(topics: readonly Topic[], source: string, ours: string, group: string): string | undefined {
  const topic = topics.find((one) => isSame(one.source, source));
  if (topic === undefined || isSame(topic.name, ours)) return undefined;
  if (isSame(topic.resourceGroup, group)) return topic.name;
  return `/subscriptions/${source.split("/")[2]!}/resourceGroups/${topic.resourceGroup}/providers/Microsoft.EventGrid/systemTopics/${topic.name}`;
}

/** A name, or a resource id. */
async function idOf(az: Az, vault: string): Promise<string> {
  return vault.startsWith("/") ? vault : az.ask<string>("keyvault", "show", "--name", vault, "--query", "id");
}

type Where = { name: string; subscription: string; topics: readonly Topic[] };

export async function readVaults(az: Az, given: readonly string[], { name, subscription, topics }: Where): Promise<WatchedVault[]> {
  const vaults: WatchedVault[] = [];
  for (const one of given) {
    const id = await idOf(az, one);
    const parts = id.split("/");
    if (!/^\/subscriptions\/[^/]+\/resourceGroups\/[^/]+\/providers\/Microsoft\.KeyVault\/vaults\/[^/]+$/i.test(id))
      throw new DeployError(`${one} is no vault: ${id}`, "give --vault the name or the resource id of a vault");
    if (!isSame(parts[2]!, subscription))
      throw new DeployError(
        `the vault ${id} is in another subscription than ${subscription}`,
        "watch that subscription by a deployment of its own",
      );
    const topicName = foreign(topics, id, `${name}-${parts.at(-1)!}`, parts[4]!);
    vaults.push(topicName === undefined ? { id } : { id, topicName });
  }
  return vaults;
}

export const foreignSubscriptionTopic = ({ name, subscription, topics }: Where, group: string): string | undefined =>
  foreign(topics, `/subscriptions/${subscription}`, `${name}-subscription`, group);

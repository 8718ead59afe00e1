/** Names of an account's data plane: `name.documents.azure.com` and, for each of its regions, `name-eastus2.documents.azure.com`. */
import { listAt, objectAt, textAt } from "../json.ts";
import type { Account, World } from "../world.ts";
import { regionCode } from "./regions.ts";

type Place = { name: string; host: string };

/** Its regions as it names them, the one that is written first. */
export const placesOf = ({ name, properties, location }: Account): Place[] =>
  listAt(properties["locations"]).map((sent) => {
    const place = textAt(objectAt(sent)["locationName"]) || location;
    return { name: place, host: `${name}-${regionCode(place)}.documents.azure.com` };
  });

/** Names may begin alike: `orders-history-eastus2` is none of the account `orders`. */
export function accountOfHost(world: World, host: string): Account | undefined {
  const asked = host.toLowerCase();
  const isOf = (account: Account): boolean =>
    [`${account.name}.documents.azure.com`, ...placesOf(account).map((place) => place.host)].some((one) => one.toLowerCase() === asked);
  return [...world.accounts.values()].find(isOf);
}

/** Where a guest has its key (guests.ts): another vault than the one that is looked at. */
import { sameId } from "../arm-id.ts";
import type { Facts, TargetFacts } from "../facts.ts";
import { vaultNameOf } from "../key-uri.ts";

const isGuest = ({ guests = [] }: Facts, { id }: TargetFacts): boolean => guests.some((guest) => sameId(guest.id, id));

/** As the vault shows it in which the database has its key: a guest's is another one than is looked at, which says nothing of that key. */
export function atHome(facts: Facts, target: TargetFacts): Facts {
  if (!isGuest(facts, target)) return facts;
  const name = vaultNameOf(target.keyUri)?.toLowerCase();
  const home = facts.homes?.find(({ vault }) => vault.name.toLowerCase() === name);
  return { ...facts, vault: null, keys: [], targets: [], wishes: [], ...home };
}

/** It comes from a vault, and not from a managed HSM, of which nothing is read. */
export const comesFromVault = (facts: Facts, target: TargetFacts): boolean => isGuest(facts, target) && vaultNameOf(target.keyUri) !== null;

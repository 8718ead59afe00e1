/** A vault's network, as it acts: rules count only while public access is on, a perimeter overrides all (Key Vault: network-security.md). */
import { BlockList } from "node:net";
import type { Vault } from "../world.ts";

export type Network = "open" | "rules" | "closed" | "perimeter";

export function networkOf(vault: Vault): Network {
  const access = vault.publicNetworkAccess.toLowerCase();
  if (access === "securedbyperimeter") return "perimeter";
  if (access === "disabled") return "closed";
  return vault.networkAcls.defaultAction.toLowerCase() === "deny" ? "rules" : "open";
}

/** Trusted services pass the rules, and also where public access is off; what a perimeter does to them comes before. */
export const admitsTrustedService = (vault: Vault): boolean =>
  networkOf(vault) === "open" || vault.networkAcls.bypass.toLowerCase() === "azureservices";

export function admitsAddress(vault: Vault, address: string): boolean {
  const allowed = new BlockList();
  for (const { value } of vault.networkAcls.ipRules) {
    const [ip = "", bits = "32"] = value.split("/");
    allowed.addSubnet(ip, Number(bits), "ipv4");
  }
  return allowed.check(address);
}

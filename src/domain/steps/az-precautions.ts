/** Lines that guard a key before anything is lost: those that make up for what can't be set, and those that set it. */
import type { KeyFacts, LiveVault } from "../facts.ts";
import { az, type Lines, say } from "./az.ts";

/** In days; 7 to 90 may be chosen when the vault is made (Microsoft Learn, "Azure Key Vault soft-delete overview"). */
export const LONGEST_RETENTION = 90;

/**
 * No line lengthens the retention: "Once set, the retention policy interval cannot be changed" (the same). A backup outlives it: it is "an
 * offline copy", restored into a vault of the same subscription and geography, key by key (Learn, "Azure Key Vault backup and restore").
 */
export function retentionLines({ name }: LiveVault, keys: readonly KeyFacts[]): Lines {
  const live = keys.filter(({ state }) => state === "live");
  return [
    say(
      `no line changes the retention of a vault that is there (Learn, 'Azure Key Vault soft-delete overview'); a new one may have ${LONGEST_RETENTION} days. A backup of its keys outlives it ('Azure Key Vault backup and restore'):`,
    ),
    ...live.map((key) =>
      az("keyvault", "key", "backup", "--vault-name", name, "--name", key.name, "--file", `${name}-${key.name}.keybackup`),
    ),
  ];
}

/** Once a year, without an expiry (Microsoft Learn, "Configure cryptographic key auto-rotation in Azure Key Vault"). */
const YEARLY = JSON.stringify({ lifetimeActions: [{ trigger: { timeAfterCreate: "P1Y" }, action: { type: "Rotate" } }], attributes: {} });

/** which: `--id URI`, or `--vault-name V --name N`. */
export const rotationLine = (...which: string[]): string => az("keyvault", "key", "rotation-policy", "update", ...which, "--value", YEARLY);

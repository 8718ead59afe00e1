/** Command lines for the Azure CLI, quoted for a POSIX shell. `az rest` stands in where no command does exactly the one write. */
import { parseArmId } from "../arm-id.ts";
import type { Grantee } from "./step.ts";

const PLAIN = /^[\w@%+=:,./-]+$/;

const quote = (word: string): string => (PLAIN.test(word) ? word : `'${word.replaceAll("'", String.raw`'\''`)}'`);

/** `$(...)` stays open to the shell: it looks up what is not known yet. */
export const az = (...words: string[]): string => ["az", ...words].map((word) => (word.startsWith("$(") ? word : quote(word))).join(" ");

export const azRest = (method: "put" | "patch", id: string, apiVersion: string, body: unknown): string =>
  az("rest", "--method", method, "--url", `https://management.azure.com${id}?api-version=${apiVersion}`, "--body", JSON.stringify(body));

/** `--name N --resource-group R --subscription S` of a resource. */
export function azNamed(id: string): string[] {
  const parsed = parseArmId(id);
  return [
    "--name",
    parsed?.names.at(-1) ?? "",
    "--resource-group",
    parsed?.resourceGroup ?? "",
    "--subscription",
    parsed?.subscriptionId ?? "",
  ];
}

/** The principal, or where it is still to be created a look-up by the identity that will have it. */
export const azPrincipal = ({ principalId, identityId }: Grantee): string =>
  principalId ?? `$(az identity show --ids ${quote(identityId ?? "")} --query principalId --output tsv)`;

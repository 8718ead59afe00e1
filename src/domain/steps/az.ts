/** Command lines for the Azure CLI, quoted for a POSIX shell. `az rest` stands in where no command does exactly the one write. */
import { currentCloud } from "../clouds.ts";
import { isDatabaseId, parseArmId } from "../arm-id.ts";
import type { TargetKind } from "../facts.ts";
import type { Grantee } from "../access/access.ts";

/** A command that the shell runs first, for what is not known yet; what it prints takes its place. */
export type LookUp = { run: string };

type Word = string | LookUp;

const PLAIN = /^[\w@%+=:,./-]+$/;

function quote(word: Word): string {
  if (typeof word !== "string") return `"$(${word.run})"`;
  return PLAIN.test(word) ? word : `'${word.replaceAll("'", String.raw`'\''`)}'`;
}

/** Not empty. */
export type Lines = [line: string, ...more: string[]];

/** Words between the commands, as a comment. One line, whatever the text holds: what follows a line break would be a command. */
export const say = (text: string): string => `# ${text.replace(/\s+/g, " ")}`;

export const az = (...words: Word[]): string => ["az", ...words].map(quote).join(" ");

/** Text of somebody else's as one argument: az would take a `-` in front for an option, and an `@` for the name of a file to send. */
export const azText = (flag: string, text: string): string => `${flag}=${text.startsWith("@") ? " " : ""}${text}`;

/** az knows no fractions of a second. */
export const azTime = (iso: string): string => iso.replace(/\.\d+Z$/, "Z");

/** Stands in a body for what a look-up fills in; no id has angle brackets. */
export const BLANK = "<filled in by the shell>";

export function azRest(method: "put" | "patch", id: string, apiVersion: string, body: unknown, filled?: LookUp): string {
  const pieces = JSON.stringify(body).split(BLANK).map(quote);
  const command = az("rest", "--method", method, "--url", `${currentCloud().resourceManager}${id}?api-version=${apiVersion}`, "--body");
  return `${command} ${pieces.join(filled ? quote(filled) : BLANK)}`;
}

/** query: JMESPath of what matters in the answer. */
export const azGet = (id: string, apiVersion: string, query: string): string =>
  az("rest", "--method", "get", "--url", `${currentCloud().resourceManager}${id}?api-version=${apiVersion}`, "--query", query);

const DATABASE_API_VERSION = { account: "2026-03-15", cluster: "2026-06-01" };

/**
 * One setting of an account, by the command of Microsoft's guides (Learn, "Configure customer-managed keys" and "... for existing accounts").
 * az waits for what Azure goes on with.
 */
export const azUpdateAccount = (id: string, ...setting: Word[]): string => az("cosmosdb", "update", ...azNamed(id), ...setting);

/** One concern of a database. `az rest` does not wait for what Azure goes on with, and Azure takes one change of a database at a time. */
export const azPatch = (kind: TargetKind, id: string, body: unknown, filled?: LookUp): Lines => [
  azRest("patch", id, DATABASE_API_VERSION[kind], body, filled),
  az("resource", "wait", "--updated", "--ids", id, "--api-version", DATABASE_API_VERSION[kind]),
];

/** query: JMESPath of what matters in the answer. */
export const azGetDatabase = (kind: TargetKind, id: string, query: string): string => azGet(id, DATABASE_API_VERSION[kind], query);

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

/** The principal, or where it is still to be created a look-up by the identity that will have it: of its own, or a database's. */
export function azPrincipal({ principalId, identityId }: Grantee): Word {
  if (principalId !== null) return principalId;
  const ids = ["--ids", identityId ?? ""];
  if (isDatabase(identityId)) return { run: az("cosmosdb", "show", ...ids, "--query", "identity.principalId", "--output", "tsv") };
  return { run: az("identity", "show", ...ids, "--query", "principalId", "--output", "tsv") };
}

/** Whether an identity is the system-assigned one of a database, whose id it then goes by. */
export const isDatabase = (identityId: string | null): boolean => isDatabaseId(identityId ?? "");

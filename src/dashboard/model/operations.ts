/** What each operation asks for in its form. */
import { vaultUriOf } from "../../domain/clouds.ts";
import { memberIn } from "../../api/wish-body.ts";
import type { OperationName } from "../../domain/wish.ts";

/** isText: false of a flag or a number. */
export type Field = { name: string; label: string; hint: string; optional?: true; isText?: false };

type Form = { label: string; about: string; fields: readonly Field[] };

const KEY_URI = `${vaultUriOf("VAULT")}/keys/KEY`;
const ON_VAULT: readonly Field[] = [
  { name: "kind", label: "Kind of database", hint: "account or cluster" },
  { name: "vaultId", label: "Resource id of the vault", hint: "/subscriptions/…/providers/Microsoft.KeyVault/vaults/…" },
  { name: "key", label: "Name of the key", hint: "cmk-orders" },
];
const IDENTITY: Field = {
  name: "identityId",
  label: "Resource id of the identity",
  hint: "/subscriptions/…/providers/Microsoft.ManagedIdentity/userAssignedIdentities/…",
};
const DATABASE: Field = {
  name: "databaseId",
  label: "Resource id of the database, where it exists",
  hint: "/subscriptions/…",
  optional: true,
};

const ON_DATABASE: Field = { name: "databaseId", label: "Resource id of the database", hint: "/subscriptions/…" };

const SCOPE: Field = { name: "scope", label: "URI of the key, or resource id of the database", hint: KEY_URI };

export const FORMS: Record<OperationName, Form> = {
  "check-requirements": {
    label: "Check requirements",
    about: "Says what a vault, a key and an identity lack for a customer-managed key. Nothing is written.",
    fields: [...ON_VAULT, { ...IDENTITY, optional: true }, DATABASE],
  },
  prepare: {
    label: "Prepare",
    about: "Makes what is lacking for a customer-managed key.",
    fields: [
      ...ON_VAULT,
      IDENTITY,
      DATABASE,
      { name: "purgeProtection", label: "Purge protection, which can't be turned off again", hint: "true", optional: true, isText: false },
      { name: "confirm", label: "The name of the vault, to confirm that", hint: "kv-orders", optional: true },
    ],
  },
  "rotate-key": {
    label: "Rotate a key",
    about: "Makes a new version and sees every database on it; the one before stays.",
    fields: [{ name: "keyUri", label: "URI of the key", hint: KEY_URI }],
  },
  revoke: {
    label: "Revoke",
    about:
      "Takes a key away from every database that wraps with it, or the grant on it from a database's identity, on purpose: they go out of service.",
    fields: [SCOPE, { name: "confirm", label: "The name of the key or the database, to confirm", hint: "cmk-orders" }],
  },
  "switch-key": {
    label: "Switch to another key",
    about: "Moves a database to another key.",
    fields: [ON_DATABASE, { name: "keyUri", label: "URI of the key", hint: KEY_URI }],
  },
  "switch-identity": {
    label: "Switch to another identity",
    about: "Lets a database reach its key by another identity.",
    fields: [ON_DATABASE, IDENTITY],
  },
  "enable-cmk": {
    label: "Give an account its first key",
    about: "Looks at every document id first; then Azure encrypts what is there. An account with a key can never be without one again.",
    fields: [
      ON_DATABASE,
      { name: "keyUri", label: "URI of the key", hint: KEY_URI },
      { ...IDENTITY, optional: true },
      {
        name: "requestUnits",
        label: "Request units a second, at most, to look at document ids",
        hint: "100",
        optional: true,
        isText: false,
      },
      { name: "confirm", label: "The name of the account, to confirm", hint: "orders" },
    ],
  },
  restore: {
    label: "Restore",
    about: "Gives back what was revoked, and sees that the service has noticed.",
    fields: [SCOPE],
  },
};

/** What a form says, without what was left empty. */
export function bodyOf(
  operation: OperationName,
  values: Readonly<Record<string, string>>,
  reason: string,
  dryRun: boolean,
): Record<string, unknown> {
  const said = FORMS[operation].fields.flatMap(({ name, isText = true }): [string, unknown][] => {
    const value = values[name]?.trim() ?? "";
    return value === "" ? [] : [[name, isText ? value : memberIn(value)]];
  });
  return { operation, reason: reason.trim(), dryRun, ...Object.fromEntries(said) };
}

export const isWhole = (operation: OperationName, values: Readonly<Record<string, string>>, reason: string): boolean =>
  reason.trim() !== "" && FORMS[operation].fields.every(({ name, optional }) => optional || (values[name] ?? "").trim() !== "");

/** The settings that name Keymend's own identities, by what each is for, and what they may do beside. */
import * as v from "valibot";
import { ALLOWABLE, IDENTITIES, type Principals } from "./domain/capability.ts";

export const GUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i;
export const list = (item: string): string[] =>
  item
    .split(",")
    .map((part) => part.trim())
    .filter((part) => part !== "");

const ID = GUID.source.slice(1, -1);
const ENTRY = new RegExp(String.raw`^(?<capability>${IDENTITIES.join("|")})\s*=\s*(?<clientId>${ID})\s*:\s*(?<principalId>${ID})$`);
const part = (entry: RegExpExecArray, name: "capability" | "clientId" | "principalId"): string => entry.groups![name]!;
const byCapability = (entries: readonly RegExpExecArray[], name: "clientId" | "principalId"): Principals =>
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- each is a capability by the expression, and one is observe by the check
  Object.fromEntries(entries.map((entry) => [part(entry, "capability"), part(entry, name)])) as Principals;
export const allowed = v.pipe(
  v.string(),
  v.transform(list),
  v.array(v.picklist(ALLOWABLE, `every entry must be one of: ${ALLOWABLE.join(", ")}`)),
);
export const identities = v.pipe(
  v.string(),
  v.transform((text) => list(text.toLowerCase()).map((one) => ENTRY.exec(one))),
  v.check(
    (entries) => entries.every((entry) => entry !== null),
    `every entry must be CAPABILITY=CLIENT_ID:PRINCIPAL_ID, with a capability of: ${IDENTITIES.join(", ")}`,
  ),
  v.transform((entries) => entries.filter((entry) => entry !== null)),
  v.check((entries) => new Set(entries.map((entry) => part(entry, "capability"))).size === entries.length, "names a capability twice"),
  v.check((entries) => entries.some((entry) => part(entry, "capability") === "observe"), "must name an identity for observe"),
  v.transform((entries) => ({ clientIds: byCapability(entries, "clientId"), principals: byCapability(entries, "principalId") })),
);

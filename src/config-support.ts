/** The setting that says in whose name Keymend asks Microsoft support. What a ticket needs: Azure/azure-rest-api-specs, support 2024-04-01, ContactProfile. */
import * as v from "valibot";
import { list } from "./config-identities.ts";
import type { SupportContact } from "./domain/settings.ts";

/** By member: what it must look like. */
const MEMBERS = new Map([
  ["firstname", /\S/],
  ["lastname", /\S/],
  ["email", /^[^\s@]+@[^\s@]+$/],
  ["country", /^[a-z]{3}$/i],
  ["timezone", /\S/],
  ["diagnostics", /^(yes|no)$/i],
]);

const WANTED =
  "must be firstName=..., lastName=..., email=..., country=<three letters>, timeZone=..., and diagnostics=yes where support may look";

type Pair = { key: string; value: string };
const pairIn = (part: string): Pair => {
  const [key = "", ...rest] = part.split("=");
  return { key: key.trim().toLowerCase(), value: rest.join("=").trim() };
};

const isMember = ({ key, value }: Pair): boolean => MEMBERS.get(key)?.test(value) === true;
const isWhole = (pairs: readonly Pair[]): boolean => {
  const keys = pairs.map(({ key }) => key);
  const needed = [...MEMBERS.keys()].filter((key) => key !== "diagnostics");
  return new Set(keys).size === keys.length && needed.every((key) => keys.includes(key));
};

export const supportContact = v.pipe(
  v.string(),
  v.transform((text) => list(text).map(pairIn)),
  v.check((pairs) => pairs.every(isMember) && isWhole(pairs), WANTED),
  v.transform((pairs): SupportContact => {
    const of = (key: string): string => pairs.find((pair) => pair.key === key)?.value ?? "";
    return {
      firstName: of("firstname"),
      lastName: of("lastname"),
      email: of("email"),
      country: of("country").toUpperCase(),
      timeZone: of("timezone"),
      diagnostics: of("diagnostics").toLowerCase() === "yes",
    };
  }),
);

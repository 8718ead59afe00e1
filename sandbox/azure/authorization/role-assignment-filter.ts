/**
 * The `$filter` of role and deny assignment lists: atScope(), assignedTo('oid'), principalId eq 'oid', alone or joined by `and`.
 * Source: Microsoft.Authorization 2022-04-01, Role Assignments - List For Scope; recorded: Azure/azure-cli test_role_assignment_no_graph.yaml.
 */
import { AzureError } from "../routes.ts";
import type { World } from "../world.ts";
import { identitiesOf } from "./evaluate.ts";
import { covers } from "./scope.ts";

export type Filter = {
  /** At the scope or above it, nothing below. */
  atScope: boolean;
  /** Whose assignments: null for everybody's. */
  principals: Set<string> | null;
};

const ASSIGNED_TO = /^assignedto\(\s*'([^']*)'\s*\)$/i;
const PRINCIPAL = /^principalid\s+eq\s+'([^']*)'$/i;

export function parseFilter(world: World, raw: string | null): Filter {
  const filter: Filter = { atScope: false, principals: null };
  // `+` for a blank arrives decoded from a query string; some clients send it encoded twice.
  const text = (raw ?? "").replaceAll("+", " ").trim();
  if (text === "") return filter;
  for (const clause of text.split(/\s+and\s+/i)) {
    const assigned = ASSIGNED_TO.exec(clause)?.[1];
    const principal = PRINCIPAL.exec(clause)?.[1];
    if (/^atscope\(\s*\)$/i.test(clause)) filter.atScope = true;
    else if (assigned !== undefined) filter.principals = identitiesOf(world, assigned.toLowerCase());
    else if (principal !== undefined) filter.principals = new Set([principal.toLowerCase()]);
    else
      throw new AzureError(
        400,
        "UnsupportedQuery",
        "The filter is not supported. Supported filters are either 'atScope()' or 'principalId eq '{value}' or assignedTo('{value}')'.",
      );
  }
  return filter;
}

/** Without atScope() also what lies below is listed, as recorded for `principalId eq` at a subscription. */
export function isInList(world: World, filter: Filter, at: string, listed: { scope: string; principals: string[] }): boolean {
  const here = covers(world, listed.scope, at) || (!filter.atScope && covers(world, at, listed.scope));
  return here && (filter.principals === null || listed.principals.some((p) => filter.principals?.has(p)));
}

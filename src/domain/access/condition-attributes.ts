/**
 * Comparisons in a condition on whoever writes or deletes role assignments: what is asked for beside what the condition names. Formats:
 * Microsoft Learn, "Azure role assignment condition format and syntax"; attributes: "Authorization actions and attributes".
 */
import { sameText } from "../arm-id.ts";

/** Of the role assignment that is written or deleted, by the attribute's name. */
export type GrantAttributes = Readonly<Record<"RoleDefinitionId" | "PrincipalId" | "PrincipalType", string>>;

/** Of an assignment to come the request tells them, of one that goes what is there. */
const TOLD = /^@request .*\/write$|^@resource .*\/delete$/i;
const ATTRIBUTE = /^\[Microsoft\.Authorization\/roleAssignments:(RoleDefinitionId|PrincipalId|PrincipalType)\]$/i;
/** Each attribute has one value here: any of it is all of it. */
const OPERATOR = /^(?:For(?:Any|All)Of(Any|All)Values:)?(Guid|String)(Not)?Equals(IgnoreCase)?$/i;
const VALUE = /'[^']*'|[^\s,{}']+/g;

/** Of a value that the condition names; isAll: of each of them. Undefined: an operator that is not known. */
function comparison(operator: string, left: string): { isAll: boolean; holds: (right: string) => boolean } | undefined {
  const [, quantity, kind = "", not, ignoring] = OPERATOR.exec(operator) ?? [];
  if (kind === "") return undefined;
  const isAlike = sameText(kind, "guid") || ignoring ? sameText : (a: string, b: string): boolean => a === b;
  return { isAll: quantity?.toLowerCase() === "all", holds: (right) => isAlike(left, right) !== Boolean(not) };
}

const valueOf = (attributes: GrantAttributes, attribute: string): string | undefined => {
  const name = ATTRIBUTE.exec(attribute)?.[1]?.toLowerCase();
  return Object.entries(attributes).find(([known]) => known.toLowerCase() === name)?.[1];
};

/** words: `@Request`, `[...:PrincipalId]`, the operator and its values. Undefined: it can't be told, or not be read as a whole. */
export function holdsFor(attributes: GrantAttributes, action: string, words: readonly string[]): boolean | undefined {
  const [source, attribute, operator, operand] = words;
  if (operand === undefined || words.length > 4 || !TOLD.test(`${source} ${action}`)) return undefined;
  const left = valueOf(attributes, attribute!);
  const values = (operand.match(VALUE) ?? []).map((value) => value.replaceAll("'", ""));
  const by = left === undefined ? undefined : comparison(operator!, left);
  if (by === undefined || values.length === 0) return undefined;
  return by.isAll ? values.every(by.holds) : values.some(by.holds);
}

/**
 * `$filter` as Azure Resource Manager's lists take it (OData version 4.01, part 2, Common Expression Syntax): `name eq 'value'`, several joined by
 * `and`. Each says the same as the query parameter of its name. A quote within a value is doubled, as there.
 */
export type Chosen = { name: string; value: string };

const COMPARISON = /^\s*([a-z]\w*)\s+eq\s+'((?:[^']|'')*)'\s*/i;
const AND = /^and\s+/i;

/** A text where it is none of these: what is wrong, and where. Never throws. */
export function readFilter(filter: string): Chosen[] | string {
  const chosen: Chosen[] = [];
  for (let rest = filter; ;) {
    const found = COMPARISON.exec(rest);
    if (!found) return `must be name eq 'value', joined by and; it is not from '${rest.slice(0, 40)}' on`;
    chosen.push({ name: found[1]!, value: found[2]!.replaceAll("''", "'") });
    rest = rest.slice(found[0].length);
    if (rest === "") return chosen;
    const and = AND.exec(rest);
    if (!and) return `must be name eq 'value', joined by and; it is not from '${rest.slice(0, 40)}' on`;
    rest = rest.slice(and[0].length);
  }
}

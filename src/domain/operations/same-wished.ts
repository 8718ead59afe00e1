/** Whether two ask for the same. */
import { foldCase } from "../arm-id.ts";
import type { Wished } from "../wish.ts";

/** How fast it is done is no other thing to want. Ids, URIs and names compare without case. */
const said = ({ operation, params }: Wished): string =>
  foldCase(
    JSON.stringify([
      operation,
      ...Object.entries(params)
        .filter(([name]) => name !== "requestUnits")
        .toSorted(([a], [b]) => (a < b ? -1 : 1)),
    ]),
  );

export const isSameWished = (one: Wished, other: Wished): boolean => said(one) === said(other);

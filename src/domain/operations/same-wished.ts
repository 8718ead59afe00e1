/** Whether two ask for the same, or for what can't both be. */
import { foldCase, sameId } from "../arm-id.ts";
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

/** Each changes what one database encrypts with: the second would wait for good, for it finds another key or identity than it set out from. */
const MOVES = ["switch-key", "switch-identity", "enable-cmk"] as const;

const movedBy = (wished: Wished): string[] => {
  const { databaseId } = { databaseId: null, ...wished.params };
  return databaseId !== null && MOVES.some((name) => name === wished.operation) ? [databaseId] : [];
};

export const isRival = (one: Wished, other: Wished): boolean =>
  movedBy(one).some((id) => movedBy(other).some((their) => sameId(id, their)));

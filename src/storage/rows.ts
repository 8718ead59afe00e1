/** How a JSON value lies in a row: split over properties, for one holds 64 KB and a row 1 MB. */
import { InvariantError } from "../domain/errors.ts";

/** learn.microsoft.com/rest/api/storageservices/understanding-the-table-service-data-model: strings are stored as UTF-16, 64 KB each. */
const PART_CHARS = 32_000;
/** 15 parts are 960 KB; the rest of the 1 MB is for the other properties. */
const MAX_PARTS = 15;

/** Of the rows that this version writes. A row of a later one is never guessed at. */
const SCHEMA = 1;

type Row = Record<string, unknown>;

export function toRow(value: unknown, what: string): Record<string, string | number> {
  // Only ASCII, so that no cut can part a surrogate pair.
  const json = JSON.stringify(value).replace(/[\u0080-\uffff]/g, (char) => `\\u${char.charCodeAt(0).toString(16).padStart(4, "0")}`);
  const parts = Math.ceil(json.length / PART_CHARS);
  if (parts > MAX_PARTS) throw new InvariantError(`${what} has ${json.length} characters of JSON; a row holds ${MAX_PARTS * PART_CHARS}`);
  const row: Record<string, string | number> = { schema: SCHEMA, parts };
  for (let i = 0; i < parts; i++) row[`json${i}`] = json.slice(i * PART_CHARS, (i + 1) * PART_CHARS);
  return row;
}

/** The JSON of a row, whole again. */
export function jsonOf(row: Row, what: string): string {
  if (row["schema"] !== SCHEMA) {
    throw new InvariantError(`${what} was written with schema ${String(row["schema"])}; this version knows ${SCHEMA}`);
  }
  return Array.from({ length: Number(row["parts"]) }, (_, i) => row[`json${i}`]).join("");
}

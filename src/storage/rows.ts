/** How a JSON value lies in a row: split over properties, for one holds 64 KB and a row 1 MB; a long one packed. */
import { deflateRawSync, inflateRawSync } from "node:zlib";
import { InvariantError } from "../domain/errors.ts";

/** learn.microsoft.com/rest/api/storageservices/understanding-the-table-service-data-model: strings are stored as UTF-16, 64 KB each. */
const PART_CHARS = 32_000;
const PART_BYTES = 64_000;
/** 15 parts are 960 KB; the rest of the 1 MB is for the other properties. */
const MAX_PARTS = 15;

/** Of the rows that this version writes: 1 is text, 2 is packed (raw deflate of its UTF-8). A row of a later one is never guessed at. */
const TEXT = 1;
const PACKED = 2;

/**
 * Text where it takes one property, for whoever looks into the table; else packed: 1,024 access policies and 500 databases, the most that
 * one vault comes with, are some 100 KB then (seen in the tests), in one row that is written whole or not at all.
 */
const LONGEST_AS_TEXT = PART_CHARS;

type Row = Record<string, unknown>;
export type Packed = Record<string, string | number | Uint8Array>;

export function toRow(value: unknown, what: string): Packed {
  const text = JSON.stringify(value);
  // Only ASCII, so that its length is what counts.
  const json = text.replace(/[\u0080-\uffff]/g, (char) => `\\u${char.charCodeAt(0).toString(16).padStart(4, "0")}`);
  if (json.length <= LONGEST_AS_TEXT) return { schema: TEXT, parts: 1, json0: json };
  const bytes = deflateRawSync(json);
  const parts = Math.ceil(bytes.length / PART_BYTES);
  if (parts > MAX_PARTS) {
    throw new InvariantError(
      `${what} has ${json.length} characters of JSON, ${bytes.length} bytes packed; a row holds ${MAX_PARTS * PART_BYTES}`,
    );
  }
  const row: Packed = { schema: PACKED, parts };
  for (let i = 0; i < parts; i++) row[`zip${i}`] = bytes.subarray(i * PART_BYTES, (i + 1) * PART_BYTES);
  return row;
}

/** The JSON of a row, whole again. */
export function jsonOf(row: Row, what: string): string {
  const parts = Array.from({ length: Number(row["parts"]) }, (_, i) => i);
  if (row["schema"] === TEXT) return parts.map((i) => row[`json${i}`]).join("");
  if (row["schema"] === PACKED) return inflateRawSync(Buffer.concat(parts.map((i) => bytesOf(row[`zip${i}`], what)))).toString();
  throw new InvariantError(`${what} was written with schema ${String(row["schema"])}; this version knows ${TEXT} and ${PACKED}`);
}

function bytesOf(part: unknown, what: string): Uint8Array {
  if (part instanceof Uint8Array) return part;
  throw new InvariantError(`${what} lacks a part of its bytes`);
}

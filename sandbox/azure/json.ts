/** Looks into JSON of unknown shape without believing it: the wrong type reads as absent. */
import type { Json, JsonObject } from "./world.ts";

export const isObject = (value: Json | undefined): value is JsonObject =>
  typeof value === "object" && value !== null && !Array.isArray(value);

/** The object, or an empty one. */
export const objectAt = (value: Json | undefined): JsonObject => (isObject(value) ? value : {});

/** The text, or "". */
export const textAt = (value: Json | undefined): string => (typeof value === "string" ? value : "");

/** The list, or an empty one. */
export const listAt = (value: Json | undefined): Json[] => (Array.isArray(value) ? value : []);

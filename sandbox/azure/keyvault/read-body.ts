/** Reads request bodies: what a client sent, or a refusal in Azure's form where it has the wrong type. */
import { AzureError } from "../routes.ts";
import type { Json, JsonObject } from "../world.ts";

const isObject = (value: Json | undefined): value is JsonObject => typeof value === "object" && value !== null && !Array.isArray(value);

/** An object, or an empty one where nothing was sent. */
export function objectOf(value: Json | undefined, refuse: (what: string) => AzureError, what = "body"): JsonObject {
  if (value === undefined || value === null) return {};
  if (!isObject(value)) throw refuse(what);
  return value;
}

export function arrayOf(value: Json | undefined, refuse: (what: string) => AzureError, what: string): Json[] {
  if (value === undefined || value === null) return [];
  if (!Array.isArray(value)) throw refuse(what);
  return value;
}

export function textOf(value: Json | undefined, refuse: (what: string) => AzureError, what: string): string | undefined {
  if (value === undefined || value === null) return undefined;
  if (typeof value !== "string") throw refuse(what);
  return value;
}

export function booleanOf(value: Json | undefined, refuse: (what: string) => AzureError, what: string): boolean | undefined {
  if (value === undefined || value === null) return undefined;
  if (typeof value !== "boolean") throw refuse(what);
  return value;
}

export function integerOf(value: Json | undefined, refuse: (what: string) => AzureError, what: string): number | undefined {
  if (value === undefined || value === null) return undefined;
  if (typeof value !== "number" || !Number.isInteger(value)) throw refuse(what);
  return value;
}

export function textsOf(value: Json | undefined, refuse: (what: string) => AzureError, what: string): string[] {
  return arrayOf(value, refuse, what).map((item) => textOf(item, refuse, what) ?? "");
}

export function tagsOf(value: Json | undefined, refuse: (what: string) => AzureError): Record<string, string> {
  return Object.fromEntries(Object.entries(objectOf(value, refuse, "tags")).map(([k, v]) => [k, textOf(v, refuse, `tags.${k}`) ?? ""]));
}

/** Management plane. */
export const badRequest = (what: string): AzureError => new AzureError(400, "BadRequest", `An invalid value was provided for '${what}'.`);

/** Data plane. */
export const badParameter = (what: string): AzureError => new AzureError(400, "BadParameter", `Property  has invalid value\r\n${what}`);

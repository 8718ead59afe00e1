/** Holds answers of the operations API against its description: status, content type, shape, and no member that it does not have. */
import type { HttpResponseInit } from "@azure/functions";
import { Ajv2020, type ValidateFunction } from "ajv/dist/2020.js";
import { type Route, ROUTES, type RouteName, templateOf } from "../../src/api/routes.ts";
import { describeApi } from "../../scripts/openapi/describe.ts";

type Dict = Record<string, unknown>;
type Described = { content: Record<string, { schema: Dict }>; headers?: Dict };

const isDict = (value: unknown): value is Dict => typeof value === "object" && value !== null && !Array.isArray(value);

/** Readers pass over members that are new; the app has none that is not described. */
function closed(schema: unknown): unknown {
  if (Array.isArray(schema)) return schema.map(closed);
  if (!isDict(schema)) return schema;
  const inner = Object.fromEntries(Object.entries(schema).map(([name, value]) => [name, closed(value)]));
  return isDict(inner["properties"]) && inner["additionalProperties"] === undefined ? { ...inner, additionalProperties: false } : inner;
}

const document = describeApi("0") as { paths: Record<string, Record<string, { responses: Record<string, Described> }>>; components: Dict };

const ajv = new Ajv2020({ formats: { "date-time": /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z$/ }, strict: false });
ajv.addSchema({ $id: "api", components: closed(document.components) as Dict });

const compiled = new Map<string, ValidateFunction>();

function validatorFor(key: string, schema: Dict): ValidateFunction {
  const known = compiled.get(key);
  if (known) return known;
  const local = JSON.parse(JSON.stringify(closed(schema)).replaceAll('"#/components/', '"api#/components/')) as Dict;
  const made = ajv.compile(local);
  compiled.set(key, made);
  return made;
}

/** Throws where the answer is not as described. */
export function asDescribed(name: RouteName, response: HttpResponseInit): HttpResponseInit {
  const route: Route = ROUTES[name];
  const status = response.status ?? 200;
  const described = document.paths[templateOf(route)]?.[route.method.toLowerCase()]?.responses[status];
  if (!described) throw new Error(`${name} answers ${status}, which its description does not have`);
  const headers = (response.headers ?? {}) as Record<string, string>;
  const type = headers["content-type"] ?? "application/json";
  const schema = described.content[type]?.schema;
  if (!schema) throw new Error(`${name} answers ${status} as ${type}, which its description does not have`);
  const lacking = Object.keys(described.headers ?? {}).filter((header) => headers[header.toLowerCase()] === undefined);
  if (lacking.length > 0) throw new Error(`${name} answers ${status} without ${lacking.join(", ")}`);
  const validate = validatorFor(`${name} ${status} ${type}`, schema);
  if (!validate(JSON.parse(JSON.stringify(response.jsonBody))))
    throw new Error(`${name} answers ${status} otherwise than described: ${ajv.errorsText(validate.errors)}`);
  return response;
}

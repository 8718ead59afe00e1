/** The operations API as an OpenAPI 3.1 document, from the very schemas that check what is sent and say what is answered. */
import { type ConversionConfig, toJsonSchema } from "@valibot/to-json-schema";
import type * as v from "valibot";
import * as answers from "../../src/api/answers.ts";
import { type Route, ROUTES, templateOf } from "../../src/api/routes.ts";

type Json = Record<string, unknown>;

/** Shapes that have a name of their own. */
const NAMED: Record<string, v.GenericSchema> = {
  Problem: answers.PROBLEM,
  Incident: answers.INCIDENT,
  IncidentSummary: answers.INCIDENT_SUMMARY,
  Plan: answers.PLAN,
  Target: answers.TARGET,
  TargetSummary: answers.TARGET_SUMMARY,
  Operation: answers.OPERATION,
  OperationSummary: answers.OPERATION_SUMMARY,
  Rehearsal: answers.REHEARSAL,
  Diagnosis: answers.DIAGNOSIS,
  AuditRow: answers.AUDIT_ROW,
};

/** What no JSON schema can say (that a text is a resource id) is said by the request's answer; the description names it. */
const UNSAID = ["check", "trim"];

function schemaOf(schema: v.GenericSchema, typeMode: NonNullable<ConversionConfig["typeMode"]>, self?: string): Json {
  const definitions = Object.fromEntries(Object.entries(NAMED).filter(([name]) => name !== self));
  const converted: Json = {
    ...toJsonSchema(schema, {
      typeMode,
      target: "draft-2020-12",
      ignoreActions: UNSAID,
      definitions,
      overrideRef: ({ referenceId }) => `#/components/schemas/${referenceId}`,
    }),
  };
  const { $schema: _, $defs: __, ...rest } = converted;
  return rest;
}

const TITLES: Record<number, string> = {
  200: "Done",
  202: "Taken; where to look and when stands in Location and Retry-After",
  400: "The request is wrong; errors names each wrong field",
  401: "No token, or one that is not accepted",
  403: "The token lacks the role",
  404: "There is no such thing",
  409: "It has changed meanwhile, or can't be",
  424: "Keymend can't see it with the roles that it has",
  503: "Azure or storage does not answer just now; Retry-After says when to come again",
};

const REFUSED = { "application/problem+json": { schema: { $ref: "#/components/schemas/Problem" } } };

const header = (description: string, schema: Json): Json => ({ description, schema });
const TAKEN = { Location: header("Where to look", { type: "string" }), "Retry-After": header("Seconds", { type: "integer" }) };
const placed = (status: number): Json => (status === 202 ? { headers: TAKEN } : {});

function responsesOf({ answers: good, refusals }: Route): Json {
  const refused = [400, 401, 403, 503, ...refusals].map((status): [string, Json] => [
    String(status),
    { description: TITLES[status], content: REFUSED },
  ]);
  const described = Object.entries(good).map(([status, schema]): [string, Json] => [
    status,
    {
      description: TITLES[Number(status)],
      ...placed(Number(status)),
      content: { "application/json": { schema: schemaOf(schema, "output") }, ...(status === "503" ? REFUSED : {}) },
    },
  ]);
  return Object.fromEntries([...refused, ...described]);
}

function parametersOf(route: Route): Json[] {
  const { query } = route;
  const { properties = {}, required = [] } = schemaOf(query, "output") as { properties?: Record<string, Json>; required?: string[] };
  const inPath = [...templateOf(route).matchAll(/\{(\w+)\}/g)].map(([, name]) => ({
    name,
    in: "path",
    required: true,
    schema: { type: "string" },
  }));
  const inQuery = Object.entries(properties).map(([name, { description, default: fallback, ...schema }]) => ({
    name,
    in: "query",
    ...(description === undefined ? {} : { description }),
    // What has a default is there once it is read, and need not be sent. It is written as a query has it: as text.
    required: required.includes(name) && fallback === undefined,
    schema: { ...schema, ...(fallback === undefined ? {} : { default: schema["type"] === "integer" ? Number(fallback) : fallback }) },
  }));
  return [...inPath, ...inQuery];
}

function operationOf(name: string, route: Route): Json {
  const { tag, summary, roles, body, isOpen = false } = route;
  const parameters = parametersOf(route);
  return {
    operationId: name,
    tags: [tag],
    summary,
    description: `${isOpen ? "Without a token the least that it says. " : ""}For the app roles ${roles.join(", ")}.`,
    ...(isOpen ? { security: [{}, { entra: [] }] } : {}),
    ...(parameters.length === 0 ? {} : { parameters }),
    ...(body === null ? {} : { requestBody: { required: true, content: { "application/json": { schema: schemaOf(body, "input") } } } }),
    responses: responsesOf(route),
  };
}

const TAGS: Record<Route["tag"], string> = {
  Incidents: "A vault's trouble, from the first signal to its outcome, and what is decided about it",
  Databases: "What Keymend keeps alive",
  Operations: "What is done on purpose",
  Writing: "Whether Keymend may write at all",
  Proof: "Who did what, when and why",
  App: "The app itself",
};

export function describeApi(version: string): Json {
  const paths: Record<string, Json> = {};
  for (const [name, route] of Object.entries(ROUTES) as [string, Route][]) {
    const path = (paths[templateOf(route)] ??= {});
    path[route.method.toLowerCase()] = operationOf(name, route);
  }
  return {
    openapi: "3.1.1",
    info: {
      title: "Keymend operations API",
      version,
      summary: "What operators, approvers and readers ask of a deployment of Keymend, and say to it.",
      license: { name: "MIT", identifier: "MIT" },
    },
    servers: [
      { url: "https://{host}/api", variables: { host: { default: "localhost:7071", description: "Host name of the function app" } } },
    ],
    security: [{ entra: [] }],
    tags: Object.entries(TAGS).map(([name, description]) => ({ name, description })),
    paths,
    components: {
      securitySchemes: {
        entra: {
          type: "http",
          scheme: "bearer",
          bearerFormat: "JWT",
          description: "An access token of Microsoft Entra for the app's audience, with one of its app roles.",
        },
      },
      schemas: Object.fromEntries(Object.entries(NAMED).map(([name, schema]) => [name, schemaOf(schema, "output", name)])),
    },
  };
}

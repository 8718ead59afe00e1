/** Every operation of the API, once: who may, where it is, what it takes and what it answers. What runs, what is described and what calls it go by this. */
import * as v from "valibot";
import * as answers from "./answers.ts";
import { ALIVE, HEALTH } from "./health-answer.ts";
import * as requests from "./requests.ts";
import { SUPPORT } from "./support-answer.ts";
import { WISH } from "./wish-body.ts";

export type Role = "Keymend.Reader" | "Keymend.Operator" | "Keymend.Approver";

export type Route = {
  method: "GET" | "POST";
  /** As Azure Functions has it, without the prefix `api/`. */
  path: string;
  tag: "Incidents" | "Databases" | "Operations" | "Writing" | "Proof" | "App";
  summary: string;
  /** Any of them. */
  roles: readonly Role[];
  /** Without a token it answers all the same, and less. */
  isOpen?: boolean;
  query: v.GenericSchema;
  /** Null where none is read. */
  body: v.GenericSchema | null;
  /** By status. Refusals are problem documents. */
  answers: Partial<Record<200 | 202 | 503, v.GenericSchema>>;
  /** Of the refusals those that are of its own; that the request, the token or the role is wrong can be of any. */
  refusals: readonly (404 | 409 | 424)[];
};

const READ: readonly Role[] = ["Keymend.Reader", "Keymend.Operator", "Keymend.Approver"];
const OPERATE: readonly Role[] = ["Keymend.Operator"];
const APPROVE: readonly Role[] = ["Keymend.Approver"];

const GET = { method: "GET", roles: READ, query: requests.NO_QUERY, body: null, refusals: [] } as const;
const POST = { method: "POST", query: requests.NO_QUERY, refusals: [] } as const;

/** By the name of its function. */
export const ROUTES = {
  incidents: {
    ...GET,
    path: "incidents",
    tag: "Incidents",
    summary: "Lists incidents, the newest first",
    query: requests.INCIDENTS,
    answers: { 200: answers.INCIDENT_LIST },
  },
  incident: {
    ...GET,
    path: "incidents/{id}",
    tag: "Incidents",
    summary: "Reads one incident",
    answers: { 200: answers.INCIDENT },
    refusals: [404],
  },
  support: {
    ...GET,
    path: "incidents/{id}/support",
    tag: "Incidents",
    summary: "All that is on record of one incident in one piece, for whoever helps",
    answers: { 200: SUPPORT },
    refusals: [404],
  },
  decide: {
    ...POST,
    path: "incidents/{id}/decision",
    tag: "Incidents",
    summary: "Approves or rejects what waits, by the plan's hash",
    roles: APPROVE,
    body: requests.DECIDE,
    answers: { 202: answers.DECISION },
    refusals: [404, 409],
  },
  heal: {
    ...POST,
    path: "heal",
    tag: "Incidents",
    summary: "Looks at a vault or database now, and mends what may be mended",
    roles: OPERATE,
    body: requests.HEAL,
    answers: { 202: answers.LOOK },
    refusals: [404, 424],
  },
  diagnose: {
    ...POST,
    path: "diagnose",
    tag: "Incidents",
    summary: "Diagnosis and plan of facts read now; nothing is written",
    roles: ["Keymend.Reader", "Keymend.Operator"],
    body: requests.DIAGNOSE,
    answers: { 200: answers.DIAGNOSIS },
    refusals: [404, 424],
  },
  lift: {
    ...POST,
    path: "lift",
    tag: "Incidents",
    summary: "Lifts a tag that Azure does not let go of a database",
    roles: APPROVE,
    body: requests.LIFT,
    answers: { 202: answers.LIFTED },
    refusals: [404, 409, 424],
  },
  targets: {
    ...GET,
    path: "targets",
    tag: "Databases",
    summary: "Lists every database that Keymend keeps alive, by its id, as the last look found it",
    query: requests.TARGETS,
    answers: { 200: answers.TARGET_LIST },
  },
  target: {
    ...GET,
    // A resource id has slashes: it is the rest of the path, as it is, or escaped.
    path: "targets/{*id}",
    tag: "Databases",
    summary: "Reads one database; its resource id is the rest of the path",
    answers: { 200: answers.TARGET },
    refusals: [404],
  },
  operations: {
    ...GET,
    path: "operations",
    tag: "Operations",
    summary: "Lists planned operations, the newest first",
    query: requests.OPERATIONS,
    answers: { 200: answers.OPERATION_LIST },
  },
  startOperation: {
    ...POST,
    path: "operations",
    tag: "Operations",
    summary: "Puts a planned operation on record, or rehearses it (dryRun)",
    roles: OPERATE,
    body: WISH,
    answers: { 200: answers.REHEARSAL, 202: answers.OPERATION },
    refusals: [404, 409, 424],
  },
  operation: {
    ...GET,
    path: "operations/{id}",
    tag: "Operations",
    summary: "Reads one planned operation",
    answers: { 200: answers.OPERATION },
    refusals: [404],
  },
  cancelOperation: {
    ...POST,
    path: "operations/{id}/cancel",
    tag: "Operations",
    summary: "Calls a planned operation off, before its next write",
    roles: OPERATE,
    body: requests.CANCEL,
    answers: { 202: answers.OPERATION },
    refusals: [404, 409],
  },
  paused: { ...GET, path: "pause", tag: "Writing", summary: "Says whether Keymend writes, and why not", answers: { 200: answers.WRITING } },
  pause: {
    ...POST,
    path: "pause",
    tag: "Writing",
    summary: "Stops all writing",
    roles: OPERATE,
    body: requests.PAUSE,
    answers: { 200: answers.WRITING },
  },
  resume: {
    ...POST,
    path: "resume",
    tag: "Writing",
    summary: "Ends a pause, and a storm's",
    roles: OPERATE,
    body: requests.RESUME,
    answers: { 200: answers.WRITING },
  },
  audit: {
    ...GET,
    path: "audit",
    tag: "Proof",
    summary: "The audit of an incident, oldest first, and whether its chain holds",
    query: requests.AUDIT,
    answers: { 200: answers.AUDIT_LIST },
    refusals: [404],
  },
  openapi: {
    ...GET,
    path: "openapi.json",
    tag: "App",
    summary: "This description",
    answers: { 200: v.looseObject({ openapi: v.string() }) },
  },
  health: {
    ...GET,
    path: "health",
    tag: "App",
    summary: "Says that the app runs; to who may read, how well Keymend itself is",
    isOpen: true,
    answers: { 200: v.union([ALIVE, HEALTH]), 503: HEALTH },
  },
} as const satisfies Record<string, Route>;

/** Where a route is, as OpenAPI writes it. */
export const templateOf = ({ path }: Route): string => `/${path.replace("{*", "{")}`;

export type RouteName = keyof typeof ROUTES;
export type QueryOf<N extends RouteName> = v.InferOutput<(typeof ROUTES)[N]["query"]>;
export type BodyOf<N extends RouteName> = (typeof ROUTES)[N]["body"] extends v.GenericSchema
  ? v.InferOutput<(typeof ROUTES)[N]["body"]>
  : null;

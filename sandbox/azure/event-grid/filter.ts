/**
 * Which events a subscription wants: event types, beginning and end of the subject, advanced filters. Texts compare without case.
 * Source: MicrosoftDocs/azure-docs articles/event-grid/event-filtering.md.
 */
import { listAt, objectAt, textAt } from "../json.ts";
import type { EventSubscription, Json, JsonObject, SourceEvent } from "../world.ts";

type Comparison = (actual: Json | undefined, wanted: Json[]) => boolean;

export function passes(subscription: EventSubscription, event: SourceEvent, topic: string): boolean {
  const filter = objectAt(subscription.properties["filter"]);
  return (
    passesType(filter["includedEventTypes"], event.eventType) &&
    passesSubject(filter, event.subject) &&
    listAt(filter["advancedFilters"]).every((f) => passesAdvanced(objectAt(f), filter, event, topic))
  );
}

function passesType(included: Json | undefined, eventType: string): boolean {
  if (!Array.isArray(included)) return true;
  return included.some((t) => ["all", eventType.toLowerCase()].includes(textAt(t).toLowerCase()));
}

function passesSubject(filter: JsonObject, subject: string): boolean {
  const fold = (text: string): string => (filter["isSubjectCaseSensitive"] === true ? text : text.toLowerCase());
  const begins = fold(textAt(filter["subjectBeginsWith"]));
  const ends = fold(textAt(filter["subjectEndsWith"]));
  return fold(subject).startsWith(begins) && fold(subject).endsWith(ends);
}

function passesAdvanced(advanced: JsonObject, filter: JsonObject, event: SourceEvent, topic: string): boolean {
  const compare = COMPARISONS[textAt(advanced["operatorType"]).toLowerCase()];
  if (!compare) return false;
  const wanted = "values" in advanced ? listAt(advanced["values"]) : [advanced["value"] ?? null];
  const actual = valueAt(textAt(advanced["key"]), event, topic);
  if (Array.isArray(actual) && filter["enableAdvancedFilteringOnArrays"] === true) return actual.some((a) => compare(a, wanted));
  return compare(actual, wanted);
}

/** Envelope fields are named in any case; data is reached by path, as written. */
function valueAt(key: string, event: SourceEvent, topic: string): Json | undefined {
  const [head = "", ...path] = key.split(".");
  const fields: Record<string, Json> = {
    subject: event.subject,
    topic,
    source: topic,
    eventtype: event.eventType,
    type: event.eventType,
    dataversion: event.dataVersion,
  };
  if (head.toLowerCase() !== "data") return fields[head.toLowerCase()];
  let value: Json | undefined = event.data;
  for (const step of path) {
    if (typeof value !== "object" || value === null || Array.isArray(value)) return undefined;
    value = value[step];
  }
  return value;
}

const text = (test: (actual: string, wanted: string) => boolean): Comparison => {
  return (actual, wanted) => typeof actual === "string" && wanted.some((w) => test(actual.toLowerCase(), textAt(w).toLowerCase()));
};
const number = (test: (actual: number, wanted: number) => boolean): Comparison => {
  return (actual, wanted) => typeof actual === "number" && wanted.some((w) => test(actual, Number(w)));
};
/** A key that is not there passes every "not" ("the key doesn't exist ... evaluated as matched"). */
const none =
  (comparison: Comparison): Comparison =>
  (actual, wanted) =>
    !comparison(actual, wanted);
const inRange: Comparison = (actual, wanted) =>
  typeof actual === "number" && wanted.some((w) => Array.isArray(w) && actual >= Number(w[0]) && actual <= Number(w[1]));

const stringIn = text((a, w) => a === w);
const stringContains = text((a, w) => a.includes(w));
const stringBeginsWith = text((a, w) => a.startsWith(w));
const stringEndsWith = text((a, w) => a.endsWith(w));
const numberIn = number((a, w) => a === w);

const COMPARISONS: Record<string, Comparison> = {
  stringin: stringIn,
  stringnotin: none(stringIn),
  stringcontains: stringContains,
  stringnotcontains: none(stringContains),
  stringbeginswith: stringBeginsWith,
  stringnotbeginswith: none(stringBeginsWith),
  stringendswith: stringEndsWith,
  stringnotendswith: none(stringEndsWith),
  numberin: numberIn,
  numbernotin: none(numberIn),
  numberlessthan: number((a, w) => a < w),
  numberlessthanorequals: number((a, w) => a <= w),
  numbergreaterthan: number((a, w) => a > w),
  numbergreaterthanorequals: number((a, w) => a >= w),
  numberinrange: inRange,
  numbernotinrange: none(inRange),
  boolequals: (actual, wanted) => typeof actual === "boolean" && wanted.includes(actual),
  isnullorundefined: (actual) => actual === undefined || actual === null,
  isnotnull: (actual) => actual !== undefined && actual !== null,
};

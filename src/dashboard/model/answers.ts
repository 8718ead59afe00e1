/** What the API answers, by the names that the dashboard has for it. */
import type { AnswerOf } from "../../client/client.ts";

export type Incident = AnswerOf<"incident">;
export type IncidentRow = AnswerOf<"incidents">["value"][number];
export type Plan = NonNullable<Incident["plan"]>;
export type Step = Plan["steps"][number];
export type Target = AnswerOf<"targets">["value"][number];
export type Operation = AnswerOf<"operation">;
export type Requirement = Operation["requirements"][number];
export type AuditRow = AnswerOf<"audit">["value"][number];

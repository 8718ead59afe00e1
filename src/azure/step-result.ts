/** How one write to Azure may end, and how an answer becomes such an ending. */
import * as v from "valibot";
import type { StepName, StepParams } from "../domain/steps/step.ts";
import type { ArmAnswer } from "./arm.ts";
import type { Failure } from "./classify-error.ts";

export type RefusalReason = "NotPermitted" | "Locked" | "Firewall" | "NotAccepted" | "Conflict";

export type StepResult =
  /** In force as far as Azure answers for it; `detail` is one sentence for the audit. */
  | { kind: "done"; detail: string }
  /** Azure works on it: ask `poll` with this, later. */
  | { kind: "submitted"; poller: string }
  | { kind: "refused"; reason: RefusalReason; code: string; detail: string };

/** One function per step. Each looks first whether the step is already done: activities run at least once. */
export type Writes<N extends StepName> = { [K in N]: (params: StepParams[K]) => Promise<StepResult> };

export const done = (detail: string): StepResult => ({ kind: "done", detail });

export const refused = (reason: RefusalReason, code: string, detail: string): StepResult => ({ kind: "refused", reason, code, detail });

/** Conflicts that stay until a person does something; every other one is a race with another change. */
const LASTING_CONFLICTS = new Set(["ResourceGroupBeingDeleted", "VaultAlreadyExists", "ObjectIsDeletedButRecoverable"]);

/** A refusal as an ending; undefined for what a retry may cure. */
export function refusal(failure: Failure): StepResult | undefined {
  const reason = reasonOf(failure);
  return reason === null ? undefined : refused(reason, failure.code, failure.message);
}

function reasonOf({ kind, code }: Failure): RefusalReason | null {
  switch (kind) {
    case "denied":
      return "NotPermitted";
    case "firewall":
      return "Firewall";
    case "conflict":
      if (code === "ScopeLocked") return "Locked";
      return LASTING_CONFLICTS.has(code) ? "Conflict" : null;
    case "invalid":
      // The directory has not heard of a new identity yet. learn.microsoft.com/azure/role-based-access-control/troubleshooting
      return code === "PrincipalNotFound" ? null : "NotAccepted";
    case "notFound":
      return "NotAccepted";
    case "preconditionFailed": // of Cosmos DB: another operation is still running
    case "throttled":
    case "transient":
      return null;
  }
}

const resource = v.object({ properties: v.nullish(v.object({ provisioningState: v.nullish(v.string()) })) });

/** The answer to a change as an ending. `resourceUrl` is polled where Azure names no operation but has not finished. */
export function fromAnswer(answer: ArmAnswer, resourceUrl: string, detail: string): StepResult {
  const operation = answer.header("azure-asyncoperation") ?? answer.header("location");
  if (operation !== undefined && URL.canParse(operation)) return { kind: "submitted", poller: operation };
  const parsed = v.safeParse(resource, answer.body);
  const state = parsed.success ? parsed.output.properties?.provisioningState : undefined;
  const isFinished = answer.status !== 202 && (state === undefined || state === null || state === "Succeeded");
  return isFinished ? done(detail) : { kind: "submitted", poller: resourceUrl };
}

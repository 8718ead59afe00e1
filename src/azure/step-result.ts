/** How one write to Azure may end, and how an answer becomes such an ending. */
import * as v from "valibot";
import type { AzureRefusal } from "../domain/incident.ts";
import type { StepName, StepParams } from "../domain/steps/step.ts";
import type { ArmAnswer } from "./arm.ts";
import { classifyError, type Failure, type FailureKind } from "./classify-error.ts";

export type StepResult =
  /** In force as far as Azure answers for it; `detail` is one sentence for the audit. changedOn: when, by the service, this write changed it. */
  | { kind: "done"; detail: string; changedOn?: string }
  /** Azure works on it: ask `poll` with this, later. */
  | { kind: "submitted"; poller: string }
  | { kind: "refused"; reason: AzureRefusal; code: string; detail: string; changedOn?: string };

/** One function per step. Each looks first whether the step is already done: activities run at least once. */
export type Writes<N extends StepName> = { [K in N]: (params: StepParams[K]) => Promise<StepResult> };

export const done = (detail: string): StepResult => ({ kind: "done", detail });

export const refused = (reason: AzureRefusal, code: string, detail: string): StepResult => ({ kind: "refused", reason, code, detail });

/** Never throws: that another value was answered must be told whatever comes of this. what: as it was before. */
export async function takeBack(what: string, put: () => Promise<unknown>): Promise<string> {
  try {
    await put();
    return `put back ${what}`;
  } catch (error) {
    return `could not be put back to ${what}: ${classifyError(error).message}`;
  }
}

const REASONS: Partial<Record<FailureKind, AzureRefusal>> = {
  denied: "NotPermitted",
  firewall: "Firewall",
  invalid: "NotAccepted",
  notFound: "NotAccepted",
};

/** Conflicts that stay until a person does something; every other one is a race with another change. */
const LASTING_CONFLICTS = new Map(
  Object.entries<AzureRefusal>({
    ScopeLocked: "Locked",
    ResourceGroupBeingDeleted: "Conflict",
    VaultAlreadyExists: "Conflict",
    ObjectIsDeletedButRecoverable: "Conflict",
  }),
);

/** A refusal as an ending; undefined for what a retry may cure, such as 412: another operation runs on the account. */
export function refusal({ kind, code, message }: Failure): StepResult | undefined {
  // The directory has not heard of a new identity yet. learn.microsoft.com/azure/role-based-access-control/troubleshooting
  if (code === "PrincipalNotFound") return undefined;
  const reason = kind === "conflict" ? LASTING_CONFLICTS.get(code) : REASONS[kind];
  return reason === undefined ? undefined : refused(reason, code, message);
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

/**
 * Makes the one change that a step stands for and says how it ended. Decides nothing about whether it may be made. Throws
 * TransientError for what a retry may cure; a refusal is a value.
 */
import * as v from "valibot";
import { isKeyId } from "../domain/arm-id.ts";
import type { Capability } from "../domain/capability.ts";
import { InvariantError, TransientError } from "../domain/errors.ts";
import { stepSpecs, subjectOf } from "../domain/steps/index.ts";
import { actions } from "../domain/steps/spec.ts";
import type { StepDraft, StepName, StepParams } from "../domain/steps/step.ts";
import { isArmUrl, type Arm } from "./arm.ts";
import { callAzure, toTransientError } from "./call-azure.ts";
import { classifyError } from "./classify-error.ts";
import type { Clients, Sides } from "./clients.ts";
import { refusal } from "./step-result.ts";
import type { StepResult, Writes } from "./step-result.ts";
import { createAccessWrites } from "./write-access.ts";
import { createAccountWrites } from "./write-account.ts";
import { createClusterWrites } from "./write-cluster.ts";
import { createEventWrites } from "./write-events.ts";
import { createIdentityWrites } from "./write-identity.ts";
import { createKeyWrites } from "./write-key.ts";
import { createVaultWrites } from "./write-vault.ts";

export type PollResult =
  | { kind: "running" }
  | { kind: "succeeded" }
  | { kind: "failed"; code: string; detail: string }
  | { kind: "unknown"; detail: string };

export type StepWriter = {
  submit: (step: StepDraft) => Promise<StepResult>;
  poll: (poller: string) => Promise<PollResult>;
};

function createWrites(sides: Sides<keyof Clients, keyof Clients>): Writes<StepName> {
  const account = createAccountWrites(sides);
  const cluster = createClusterWrites(sides);
  return {
    ...createKeyWrites(sides),
    ...createVaultWrites(sides),
    ...createEventWrites(sides),
    ...createAccessWrites(sides),
    ...createIdentityWrites(sides),
    ...account,
    ...cluster,
    DetachIdentity: (params) => (params.targetKind === "account" ? account : cluster).DetachIdentity(params),
  };
}

/** clientsOf: by capability. The step's own file says under which identity it is written; all that it looks at is read by `observe`. */
export function createStepWriter(clientsOf: (capability: Capability) => Clients): StepWriter {
  const write = <N extends StepName>(step: { name: N; params: StepParams[N] }): Promise<StepResult> =>
    createWrites({ reads: clientsOf("observe"), writes: clientsOf(stepSpecs[step.name].capability) })[step.name](step.params);

  return {
    submit: async (step) => {
      try {
        return await write(step);
      } catch (error) {
        if (error instanceof TransientError || error instanceof InvariantError) throw error;
        const failure = classifyError(error);
        const ending = refusal(failure);
        if (ending !== undefined) return ending;
        throw toTransientError(step.name, subjectOf(step), failure, error);
      }
    },
    poll: (poller) => pollOperation(clientsOf("observe").arm, poller),
  };
}

/**
 * Permission, beside that to read what was written. Where an account's change is asked for stands in "Azure permissions for databases"
 * (Microsoft Learn); what clusters answer with, below `locations`, does not.
 */
export const READ_OPERATION = actions(
  "Microsoft.DocumentDB/locations/*/read",
  "Microsoft.DocumentDB/databaseAccounts/operationResults/read",
);

const operation = v.object({
  status: v.nullish(v.string()),
  error: v.nullish(v.object({ code: v.nullish(v.string()), message: v.nullish(v.string()) })),
  properties: v.nullish(v.object({ provisioningState: v.nullish(v.string()) })),
});

/** The URL is called as it came: since 2024 it is signed. Recorded: Azure/azure-cli-extensions cosmosdb-preview test_cosmosdb_mongocluster_crud.yaml */
export async function pollOperation(arm: Arm, url: string): Promise<PollResult> {
  const answer = await callAzure("poll an operation", url.split("?")[0] ?? url, () => arm.send("GET", url));
  if (!answer.ok) {
    const { kind, code, message } = answer.failure;
    // A key that is being recovered is not there yet.
    if (kind === "notFound" && isKeyUrl(url)) return { kind: "running" };
    // The write was accepted: that its progress may not be read says nothing about it.
    return { kind: "unknown", detail: `${code}: ${message}` };
  }
  if (answer.value.status === 202) return { kind: "running" };
  return readOperation(v.parse(operation, answer.value.body ?? {}));
}

function readOperation(body: v.InferOutput<typeof operation>): PollResult {
  const state = (body.status ?? body.properties?.provisioningState ?? "Succeeded").toLowerCase();
  if (state === "succeeded") return { kind: "succeeded" };
  if (!["failed", "canceled", "cancelled"].includes(state)) return { kind: "running" };
  return { kind: "failed", code: body.error?.code ?? "OperationFailed", detail: body.error?.message ?? `the operation ended as ${state}` };
}

const isKeyUrl = (url: string): boolean => isArmUrl(url) && isKeyId(new URL(url).pathname);

/**
 * Azure's own ids of the requests that made a write: its support goes by them (Microsoft Learn, "Request limits and throttling" and
 * "View deployment history": x-ms-request-id, x-ms-correlation-request-id, which the activity log has as its correlation id).
 */
import { AsyncLocalStorage } from "node:async_hooks";
import type { WriteRequest } from "../domain/incident.ts";
import type { StepDraft } from "../domain/steps/step.ts";
import type { Request } from "../domain/telling/trace.ts";
import type { StepResult } from "./step-result.ts";
import type { StepWriter } from "./write-step.ts";

/** Its ending, with what was sent for it. */
export type Noting = <T extends object>(write: () => Promise<T>) => Promise<T & { requests: WriteRequest[] }>;

const READS = ["GET", "HEAD"];

export function createWriteRequests() {
  const underWay = new AsyncLocalStorage<WriteRequest[]>();
  const noting: Noting = (write) =>
    underWay.run([], async () => {
      const ending = await write();
      return { ...ending, requests: underWay.getStore()! };
    });

  return {
    hear(this: void, { method, url, status, requestId, correlationId }: Request): void {
      if (READS.includes(method)) return;
      const { origin, pathname } = new URL(url);
      underWay.getStore()?.push({ method, url: `${origin}${pathname}`, status, requestId, correlationId });
    },

    noting,

    /** A writer whose endings bear them. */
    noted: (writer: StepWriter) => ({
      ...writer,
      submit: (step: StepDraft): Promise<StepResult & { requests: WriteRequest[] }> => noting(() => writer.submit(step)),
    }),
  };
}

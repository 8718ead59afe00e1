/** The faults of the matrix: what can happen to a call to Azure. */
import type { Fault } from "../azure/faults.ts";

export type Column = {
  name: string;
  /** One sentence for the page. */
  what: string;
  /** writes: and nothing else. operations: writes that Azure goes on working on. */
  strikes: "all" | "writes" | "operations";
  /** Reads are struck at other moments than the first look too. */
  everyMoment?: boolean;
  /** The app has no right to it: no mishap that passes by itself. */
  refuses?: boolean;
  /** Every such call from then on. */
  forGood?: boolean;
  fault: (host: string) => Fault;
};

const status = (code: number) => (): Fault => ({ kind: "status", status: code });

/** Azure Resource Manager names it otherwise than a vault's data plane (recorded: Azure/azure-cli, cloud-custodian). */
const forbidden = (host: string): Fault => ({
  kind: "status",
  status: 403,
  code: host.endsWith(".vault.azure.net") ? "Forbidden" : "AuthorizationFailed",
});

export const columns: readonly Column[] = [
  { name: "429", what: "throttled, Retry-After 30 s", strikes: "all", fault: () => ({ kind: "status", status: 429, retryAfter: 30 }) },
  { name: "500", what: "internal server error", strikes: "all", fault: status(500) },
  { name: "503", what: "service unavailable", strikes: "all", everyMoment: true, fault: status(503) },
  { name: "timeout", what: "silence, then the connection breaks; nothing was done", strikes: "all", fault: () => ({ kind: "timeout" }) },
  {
    name: "reset",
    what: "the connection breaks; nothing was done",
    strikes: "all",
    everyMoment: true,
    fault: () => ({ kind: "reset" }),
  },
  { name: "409", what: "conflict with another change", strikes: "all", fault: status(409) },
  { name: "412", what: "precondition failed", strikes: "all", fault: status(412) },
  { name: "403", what: "refused for lack of rights", strikes: "all", everyMoment: true, refuses: true, fault: forbidden },
  { name: "lost answer", what: "done, and the answer never arrives", strikes: "writes", fault: () => ({ kind: "lostAnswer" }) },
  {
    name: "operation fails",
    what: "accepted, and Azure's work ends as Failed",
    strikes: "operations",
    fault: () => ({ kind: "operationFails" }),
  },
  { name: "503 for good", what: "service unavailable from then on", strikes: "writes", forGood: true, fault: status(503) },
  { name: "403 for good", what: "refused for lack of rights from then on", strikes: "writes", forGood: true, fault: forbidden },
];

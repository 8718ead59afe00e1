/** Microsoft support as Keymend asks it, against the sandbox's: what is sent is taken, and each right is needed that its identity has. */
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { createSupportDesk, OPEN_TICKETS } from "../../src/azure/support-desk.ts";
import { createWriteRequests } from "../../src/azure/write-requests.ts";
import type { TicketDraft } from "../../src/domain/turn/support.ts";
import { CONTACT } from "../support/builders.ts";
import { type Sandbox, startSandbox } from "./sandbox-azure.ts";

let sandbox: Sandbox;
beforeEach(async () => {
  sandbox = await startSandbox();
});
afterEach(() => sandbox.close());

const deskOf = () => createSupportDesk(() => sandbox.clientsOf("support").arm, createWriteRequests().noting);

const draftOf = (kind: TicketDraft["kind"]): TicketDraft => {
  const [database] = sandbox.patient(kind, "rbac").databases;
  return {
    name: `keymend-i1-${kind}`,
    subscriptionId: sandbox.world.subscriptionId,
    kind,
    targetIds: [database!.id],
    title: "the service takes no notice",
    description: "what is so",
    since: "2026-11-02T10:00:00.000Z",
  };
};

async function ask(kind: TicketDraft["kind"]) {
  const [desk, draft] = [deskOf(), draftOf(kind)];
  const filedUnder = await desk.choose(kind);
  if ("kind" in filedUnder) throw new Error(filedUnder.detail);
  return { desk, draft, answer: await desk.open(draft, filedUnder, CONTACT) };
}

test.each(["account", "cluster"] as const)("a ticket of a %s is filed where it belongs, followed, and found by its name", async (kind) => {
  const { desk, draft, answer } = await ask(kind);
  if (answer.kind !== "submitted") throw new Error(`it was ${answer.kind}`);
  expect([await desk.find(draft), await desk.poll(answer.poller)]).toEqual([undefined, { kind: "running" }]);
  await sandbox.pass(1);
  expect(await desk.poll(answer.poller)).toEqual({ kind: "succeeded" });
  const [ticket] = sandbox.world.supportTickets.values();
  expect(await desk.find(draft)).toEqual({ kind: "open", number: ticket!.number });
  expect(ticket!.properties).toMatchObject({ technicalTicketDetails: { resourceId: draft.targetIds[0] }, severity: "critical" });
});

test("a plan that has no tickets is told by its operation", async () => {
  sandbox.world.switches["supportPlan"] = "Developer";
  const { desk, answer } = await ask("account");
  if (answer.kind !== "submitted") throw new Error(`it was ${answer.kind}`);
  await sandbox.pass(1);
  expect(await desk.poll(answer.poller)).toMatchObject({ kind: "failed", code: "InvalidSupportPlan" });
});

describe("without", () => {
  const leave = (taken: string): void => {
    const role = [...sandbox.world.roleDefinitions.values()].find(({ roleName }) => roleName.startsWith("Keymend Support Caller"))!;
    role.permissions = role.permissions.map((one) => ({ ...one, actions: one.actions.filter((action) => action !== taken) }));
  };
  const OUTCOMES: Record<string, () => Promise<void>> = {
    "Microsoft.Support/supportTickets/write": async () => {
      expect((await ask("account")).answer).toMatchObject({ kind: "refused", code: "AuthorizationFailed" });
    },
    "Microsoft.Support/supportTickets/read": async () => {
      expect(await deskOf().find(draftOf("account"))).toMatchObject({ kind: "refused", code: "AuthorizationFailed" });
    },
    "Microsoft.Support/operationsStatus/read": async () => {
      const { desk, answer } = await ask("account");
      expect(await desk.poll("poller" in answer ? answer.poller : "")).toMatchObject({ kind: "unknown" });
    },
  };

  test("any right that its identity has something is refused, and no more is asked for", () => {
    expect(Object.keys(OUTCOMES).toSorted()).toEqual(OPEN_TICKETS.actions.toSorted());
  });

  test.each(Object.keys(OUTCOMES))("%s", async (action) => {
    leave(action);
    await OUTCOMES[action]!();
  });
});

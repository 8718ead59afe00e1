/** docs/permissions.md: what each identity is given, where, for what, and what it could do with it at worst; read from what is deployed. */
import { CAPABILITIES, type Capability, readSupportCaller } from "../../sandbox/estate/deployed-roles.ts";
import { READ_INVENTORY } from "../../src/azure/inventory.ts";
import { READ_ACCESS, READ_HELD } from "../../src/azure/read-access.ts";
import { READ_ACTIVITY_LOG } from "../../src/azure/read-activity-log.ts";
import { READ_DATABASE } from "../../src/azure/read-database.ts";
import { READ_EVENT_SUBSCRIPTIONS } from "../../src/azure/read-event-subscriptions.ts";
import { READ_IDENTITY } from "../../src/azure/read-identity.ts";
import { READ_KEY } from "../../src/azure/read-key.ts";
import { READ_VAULT } from "../../src/azure/read-vault.ts";
import { READ_UNDELIVERED } from "../../src/azure/read-undelivered.ts";
import { READ_OPERATION } from "../../src/azure/write-step.ts";
import { stepSpecs } from "../../src/domain/steps/index.ts";
import type { Permission } from "../../src/domain/steps/spec.ts";
import { code, table } from "../markdown.ts";
import { type Action, deployedActions, type Missed, nameOf, UNSHOWN } from "./actions.ts";
import { worst } from "./worst.ts";

const READS: readonly [what: string, permission: Permission][] = [
  ["the inventory", READ_INVENTORY],
  ["databases", READ_DATABASE],
  ["vaults", READ_VAULT],
  ["keys", READ_KEY],
  ["identities", READ_IDENTITY],
  ["who has access to a key", READ_ACCESS],
  ["who has access to a vault", READ_HELD],
  ["who made a change", READ_ACTIVITY_LOG],
  ["event subscriptions", READ_EVENT_SUBSCRIPTIONS],
  ["lost events", READ_UNDELIVERED],
  ["how a write went", READ_OPERATION],
];

const has = ({ actions, dataActions }: Permission, action: string): boolean => [...actions, ...dataActions].includes(action);

function takenBy(capability: Capability, action: string): string[] {
  if (capability === "observe") return READS.flatMap(([what, permission]) => (has(permission, action) ? [what] : []));
  return Object.entries(stepSpecs).flatMap(([name, { permission }]) =>
    (["account", "cluster"] as const).some((targetKind) => has(permission({ targetKind }), action)) ? [`\`${name}\``] : [],
  );
}

const PLACES = { subscription: "subscription", vaultGroup: "vaults' group" };

/** Only what is looked for is told of `worst`: an action without a word throws. */
function worstOf(action: string): string {
  const text = worst[action];
  if (text === undefined) throw new Error(`scripts/permissions/worst.ts does not say what ${action} could do at worst`);
  return text;
}

/** What was played without it. */
function withoutIt(action: Action, missed: readonly Missed[]): string {
  const found = missed.find((one) => one.capability === action.capability && nameOf(one) === nameOf(action));
  if (found) return `\`${found.story}\` (${found.kind}) ends ${found.came === "nothing" ? "before it is through" : found.came}`;
  return `no story ends otherwise: ${UNSHOWN[action.action] ?? "why it is given is not known"}`;
}

const rowsOf = (capability: Capability, missed: readonly Missed[]): string[] =>
  deployedActions()
    .filter((one) => one.capability === capability)
    .map((one) => {
      const { action, isData, at } = one;
      const shown = `\`${action}\`${isData ? " (data)" : ""}`;
      const places = at.map((place) => PLACES[place]).join(", ");
      return `| ${shown} | ${places} | ${takenBy(capability, action).join(", ")} | ${worstOf(action)} | ${withoutIt(one, missed)} |`;
    });

/** No capability of repairs: it is there only where somebody wants tickets. */
const supportLines = (): string[] => [
  "Asks Microsoft support, where `supportContact` is given (`support.bicep`). `test/contract/support-desk.test.ts` takes each action away in turn: without those of tickets none is opened, without that of how an operation went a ticket is looked for by its name alone.",
  "",
  ...table(
    ["Action", "Assigned at", "At worst"],
    readSupportCaller("").permissions.flatMap(({ actions }) =>
      actions.map((action) => [code(action), PLACES.subscription, worstOf(action)]),
    ),
  ),
];

const ABOUT: Record<Capability, string> = {
  observe:
    "Reads. The app runs as it: beside this it has its own storage and publishes its own telemetry (`app-access.bicep`, `records.bicep`), and where `logWorkspaceResourceId` is given it reads the two tables of key vaults' audit log there (`log-reader.bicep`). It has no other right that changes anything.",
  keys: "Changes attributes of keys, rotates and recovers them, and makes new ones by Azure Resource Manager. On vaults with access policies it has `update`, `rotate` and `recover` there.",
  access:
    "Gives access back, and, where that is deployed, takes it away where somebody revokes it on purpose. Its role is assigned with a condition: one role, given to and taken from service principals alone, and never Keymend's own identities.",
  databases: "Points databases back at their identity and key.",
  vaults:
    "Recovers vaults, lets trusted services in, and has events delivered. At the identity that keeps what could not be delivered, and there alone, it has `Microsoft.ManagedIdentity/userAssignedIdentities/assign/action` (`dead-letterer.bicep`), to make topics with it: at worst it could give that identity, whose one role is to write to the container `dead-letters`, to something else.",
};

/** missed: what was played. */
export const permissionsPage = (missed: readonly Missed[]): string =>
  [
    "# What each identity may do",
    "",
    "Written by `npm run permissions` from the roles that are deployed (`infra/modules`), what the steps and the reads take, and `scripts/permissions/worst.ts`. `test/infra/permissions.test.ts` holds that an identity is given this and no more; `test/contract` takes each action away in turn, and the step or the read that needs it fails; `npm run permissions -- --missing` plays stories under a deployment that lacks it, and names the one that then does not end as it must. With every `allow...` switch on; [deploy.md](deploy.md) says how to leave parts out.",
    ...CAPABILITIES.flatMap((capability) => [
      "",
      `## \`${capability}\``,
      "",
      ABOUT[capability],
      "",
      "| Action | Assigned at | For | At worst | Without it |",
      "| --- | --- | --- | --- | --- |",
      ...rowsOf(capability, missed),
    ]),
    "",
    "## `support`",
    "",
    ...supportLines(),
    "",
  ].join("\n");

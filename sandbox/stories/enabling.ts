/** An account without a key, on a vault that has one for it, and documents in it; and how it is wanted that it gets the key. */
import { addAccount } from "../azure/documentdb/build.ts";
import { addContainer, dataOf, type Document } from "../azure/documentdb/data.ts";
import { defaultIdentityId } from "../azure/documentdb/key-path.ts";
import { keyUriOf } from "../azure/keyvault/build.ts";
import type { Account, JsonObject, World } from "../azure/world.ts";
import { DATA } from "../estate/patient.ts";
import { type Operation, untilOver, want } from "./wanting.ts";
import type { Story, StoryContext } from "./story.ts";

type Arranged = Pick<Parameters<NonNullable<Story["arrange"]>>[0], "world" | "patient" | "estate">;

const ACCOUNT = "ledger";
const DATA_READER = "00000000-0000-0000-0000-000000000001";

type Plain = {
  /** It uses no identity of its own. */
  bare?: boolean;
  continuousBackup?: boolean;
  properties?: JsonObject;
  documents?: Document[];
  /** Keymend may not read what it holds. */
  unread?: boolean;
};

/** Ids as long as they may be, in bytes: of letters of one byte, and of more. */
export const WHOLE: Document[] = [
  { id: "x".repeat(990), tenant: "a" },
  { id: "€".repeat(330), tenant: "b" },
  ...Array.from({ length: 1_200 }, (_, i): Document => ({ id: `entry-${i}`, tenant: String(i % 7) })),
];

export function addPlainAccount({ world, patient, estate }: Arranged, { bare, unread, documents = WHOLE, ...spec }: Plain = {}): Account {
  const account = addAccount(world, {
    name: ACCOUNT,
    resourceGroup: DATA,
    location: "West US 2",
    ...spec,
    ...(bare ? {} : { identities: [patient.identity.id] }),
  });
  addContainer(world, account, { database: "books", container: "entries", paths: ["/tenant"], documents, partitions: 3 });
  addContainer(world, account, { database: "books", container: "settings", documents: [{ id: "only one" }] });
  addContainer(world, account, { database: "archive", container: "empty", documents: [] });
  const role = { name: "reads-ids", roleDefinition: DATA_READER, principalId: estate.keymend.observe.principalId, scope: "/" };
  if (!unread) dataOf(account).roles.set(role.name, role);
  return account;
}

const accountIn = (world: World): Account => [...world.accounts.values()].find(({ name }) => name === ACCOUNT)!;

/** Until it has come to an end, which may take Azure a while. */
export async function wantKey(context: StoryContext, more: JsonObject = {}, outcome: "Completed" | "Refused" = "Completed") {
  const { vault, keyName } = context.patient;
  const account = accountIn(context.world);
  context.focus([account]);
  const body = { databaseId: account.id, keyUri: keyUriOf(vault, keyName), confirm: ACCOUNT, reason: "all data under our own keys" };
  const { id } = await want(context, { operation: "enable-cmk", ...body, ...more });
  return untilOver(context, id, { outcome, limitMs: 24 * 3_600_000 });
}

export function requireState({ requirements }: Operation, name: string, state: string): Operation["requirements"][number] {
  const found = requirements.find((one) => one.name === name);
  if (found?.state !== state) throw new Error(`'${name}' is not ${state}: ${JSON.stringify(requirements)}`);
  return found;
}

/** In Azure's own books: the very key, reached by the identity where one was named. */
export function requireEncrypted({ world, patient }: StoryContext, identityId?: string): void {
  const { keyVaultKeyUri, defaultIdentity } = accountIn(world);
  const reached = identityId === undefined || defaultIdentityId(world, defaultIdentity)?.toLowerCase() === identityId.toLowerCase();
  if (keyVaultKeyUri !== keyUriOf(patient.vault, patient.keyName) || !reached)
    throw new Error(`not encrypted as it was wanted: ${JSON.stringify({ keyVaultKeyUri, defaultIdentity })}`);
}

/** By chance: that it may not look at all is no chance. */
const couldNotLook = ({ requirements }: Operation, { unread }: Plain): boolean =>
  requirements.some(({ name, detail }) => name === "document ids" && (unread ? /: (409|412): / : /: 4\d\d: /).test(detail));

/** A story of which nothing is written, as a requirement is not met. look: after it was refused; for what could not be read it is wanted again. */
export const refusedEnabling = (
  { name, title, plain }: { name: string; title: string; plain: Plain },
  look: (ended: Operation, context: StoryContext) => void,
): Story => ({
  name,
  title,
  kinds: ["account"],
  phases: ["grace"],
  causes: [],
  maxWrites: 0,
  outcome: { grace: "Refused" },
  reason: "RequirementsUnmet",
  vault: "rbac",
  arrange: (context) => void addPlainAccount(context, plain),
  async break(context) {
    const ended = await wantKey(context, {}, "Refused");
    const again = ended && couldNotLook(ended, plain) ? await wantKey(context, {}, "Refused") : ended;
    if (again) look(again, context);
  },
});

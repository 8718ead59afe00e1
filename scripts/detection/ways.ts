/** In which ways causes come about here, when each begins to show, and of which ones no event tells. */
import type { Kind } from "../../sandbox/estate/estate.ts";
import { stories } from "../../sandbox/stories/index.ts";
import type { Story } from "../../sandbox/stories/story.ts";
import type { CauseCode } from "../../src/domain/cause-code.ts";
import { causes } from "../../src/domain/causes/index.ts";
import { showings, storyFile } from "../causes/examples.ts";

/** A cause, brought about by a story with one kind of database. */
export type Way = { cause: CauseCode; story: Story; kind: Kind; file: string };

/** Stories beside the one that shows a cause best: what they do is told by something else. One kind of database is enough. */
const ALSO: readonly string[] = ["blind", "identity-recreated", "key-in-another-subscription", "parent-scope-role-removed", "vault-moved"];

const alsoOf = (code: CauseCode): Way[] =>
  stories
    .filter(({ name, causes: [first] }) => ALSO.includes(name) && first === code)
    .map((story) => ({ cause: code, story, kind: story.kinds[0]!, file: storyFile(story) }));

/** Every cause in every way, in the registry's order. */
export const ways: readonly Way[] = causes.flatMap(({ code }) => [
  ...showings.flatMap(({ code: shown, story, kinds }) =>
    shown === code ? kinds.map((kind) => ({ cause: code, story, kind, file: storyFile(story) })) : [],
  ),
  ...alsoOf(code),
]);

/**
 * From when on a cause can be seen. break: what its story does is done. word: the service itself says that it has no access, at its next
 * check, and nothing tells before. repair: the key path is whole again, and the service has not noticed.
 */
export type Shows = "break" | "word" | "repair";

const SHOWS: Partial<Record<CauseCode, Shows>> = {
  ManagedHsm: "word",
  OtherTenant: "word",
  VaultUnreachable: "word",
  Revalidating: "repair",
};

export const showsFrom = (cause: CauseCode): Shows => SHOWS[cause] ?? "break";

/** Why no event tells of a cause, and where that is said. */
export type Silence = { why: string; source: string };

const RESOURCE_EVENTS =
  'Microsoft Learn, "Azure subscription as an Event Grid source": events are made of PUT, PATCH, POST and DELETE at management.azure.com';

const DATA_PLANE: Silence = {
  why: "a key is changed at the vault's own host, and of what is done there Key Vault's events tell new versions and expiry alone",
  source:
    'Microsoft Learn, "Azure subscription as an Event Grid source": operations sent to the data plane make no event; "Azure Key Vault as Event Grid source": its list of event types',
};

const OLD_VERSION: Silence = {
  why: "expiry is told of versions that were made after somebody subscribed to it, and never of a date that is moved to the past",
  source: 'Microsoft Learn, "Monitoring Key Vault with Azure Event Grid": triggered only on new versions, and after subscribing',
};

const OWN_CHECK: Silence = {
  why: "nothing here shows it but the service's own hourly check, which is no request to Resource Manager",
  source: `${RESOURCE_EVENTS}; both troubleshooting guides of Cosmos DB: within 60 minutes`,
};

/** The story puts it into the world as it is left behind, without the write by which it came about. */
const withoutWrite = (write: string): Silence => ({
  why: `its story leaves out the write that Azure would tell of (\`${write}\`), since nobody could send it today or since it takes hours`,
  source: RESOURCE_EVENTS,
});

/** Held against what is played: a cause that an event has told of first does not belong here, one that none has does. */
export const SILENT: Partial<Record<CauseCode, Silence>> = {
  ManagedHsm: OWN_CHECK,
  OtherTenant: OWN_CHECK,
  OtherRegion: withoutWrite("Microsoft.DocumentDB/mongoClusters/write"),
  KeyUriMalformed: withoutWrite("Microsoft.DocumentDB/databaseAccounts/write"),
  KeyGone: DATA_PLANE,
  KeyDeleted: DATA_PLANE,
  KeyDisabled: DATA_PLANE,
  KeyNotYetValid: DATA_PLANE,
  KeyExpired: OLD_VERSION,
  KeyNearExpiry: OLD_VERSION,
  KeyOperationsRemoved: DATA_PLANE,
  BorrowedIdentity: withoutWrite("Microsoft.DocumentDB/databaseAccounts/write"),
  AccessDenied: {
    why: "only Azure's own services make deny assignments, and its documentation names no request of theirs",
    source: 'Microsoft Learn, "Understand Azure deny assignments": created and managed by Azure',
  },
  ProvisioningFailed: {
    why: "a write that fails ends in `ResourceWriteFailure`, to which Keymend does not subscribe: what never came up has lost nothing",
    source: 'Microsoft Learn, "Azure subscription as an Event Grid source": raised when a create or update operation fails',
  },
  VaultUnreachable: OWN_CHECK,
  Revalidating: {
    why: "nobody changes anything: it comes of Keymend's own repair, and its own looks afterwards see it",
    source: 'the account troubleshooting guide of Cosmos DB: the service takes "upwards to one hour" to notice',
  },
};

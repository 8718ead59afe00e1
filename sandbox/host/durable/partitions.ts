/**
 * Which control queues this host reads. Instances are spread over them by their ids, each queue has one reader at a time, and a lease says who:
 * renewed every 10 s, over after 30 s (1 min where it was only just claimed), and then anybody's. A host that has fewer than its share asks for some of another's,
 * which first ends what it is at. Source: Microsoft Learn, "Azure Storage provider (Azure Functions)", on control queues and their leases;
 * Azure/durabletask TablePartitionManager.cs, AzureStorageOrchestrationServiceSettings.cs.
 */
import type { Lease, Store } from "./store.ts";

const SECOND = 1000;
const TURN_MS = 10 * SECOND;
/** While a queue changes hands. */
const SOON_MS = SECOND;
const LEASE_MS = 30 * SECOND;
const CLAIM_MS = 60 * SECOND;

export type PartitionsParts = {
  store: Store;
  now: () => number;
  count: number;
  /** Its name among the hosts of its hub. Undefined: it is the only one, and all is its own. */
  hostName: string | undefined;
};

export class Partitions {
  readonly #parts: PartitionsParts;
  #owned: readonly number[] = [];
  #nextTurn: number | undefined;

  constructor(parts: PartitionsParts) {
    this.#parts = parts;
  }

  /** Of an instance. */
  of(id: string): number {
    let hash = 0;
    for (const letter of id) hash = (Math.imul(hash, 31) + letter.codePointAt(0)!) >>> 0;
    return hash % this.#parts.count;
  }

  isMine(id: string): boolean {
    return this.#owned.includes(this.of(id));
  }

  /** As the store takes them. */
  get mine(): string {
    return JSON.stringify(this.#owned);
  }

  start(): void {
    const { store, hostName, count } = this.#parts;
    if (hostName === undefined) this.#owned = Array.from({ length: count }, (_, partition) => partition);
    else {
      store.transaction(() => {
        if (store.leases().length === 0) for (let partition = 0; partition < count; partition++) store.saveLease(free(partition));
      });
      this.#nextTurn = this.#parts.now();
    }
  }

  nextTurn(): number | undefined {
    return this.#nextTurn;
  }

  /** Looks through the leases where it is time to. inHand: of what it is at. Whether it was. */
  turn(inHand: (partition: number) => boolean): boolean {
    const { store, now, hostName } = this.#parts;
    if (hostName === undefined || this.#nextTurn === undefined || this.#nextTurn > now()) return false;
    store.transaction(() => {
      const leases = store.leases();
      for (const lease of leases) this.#tend(lease, hostName, inHand);
      steal(leases, hostName);
      for (const lease of leases) store.saveLease(lease);
      this.#owned = leases.filter(({ owner, isDraining }) => owner === hostName && !isDraining).map(({ partition }) => partition);
      const isChanging = leases.some(({ owner, nextOwner }) => nextOwner !== null && (owner === hostName || nextOwner === hostName));
      this.#nextTurn = now() + (isChanging ? SOON_MS : TURN_MS);
    });
    return true;
  }

  #tend(lease: Lease, hostName: string, inHand: (partition: number) => boolean): void {
    const now = this.#parts.now();
    const isLetGo = lease.owner === null && (lease.nextOwner ?? hostName) === hostName;
    if (isLetGo || now >= lease.expiresAt) {
      Object.assign(lease, { owner: hostName, nextOwner: null, expiresAt: now + CLAIM_MS, isDraining: false });
    } else if (lease.owner === hostName) {
      lease.expiresAt = now + LEASE_MS;
      if (lease.nextOwner === null) return;
      // Asked for: no more is read of it, and once nothing of it is in hand any more it is let go.
      if (lease.isDraining && !inHand(lease.partition)) lease.owner = null;
      lease.isDraining = true;
    }
  }
}

const free = (partition: number): Lease => ({ partition, owner: null, nextOwner: null, expiresAt: 0, isDraining: false });

/** Asks for as many as it lacks of its share, of those who have more than theirs. */
function steal(leases: readonly Lease[], hostName: string): void {
  const held = Map.groupBy(leases, ({ owner, nextOwner }) => nextOwner ?? owner ?? hostName);
  const others = [...held].filter(([name]) => name !== hostName).map(([, theirs]) => theirs);
  const share = Math.floor(leases.length / (others.length + 1));
  let lacking = share - (held.get(hostName)?.length ?? 0);
  for (const theirs of others) {
    const wanted = theirs.slice(0, Math.max(0, Math.min(lacking, theirs.length - share)));
    for (const lease of wanted) lease.nextOwner = hostName;
    lacking -= wanted.length;
  }
}

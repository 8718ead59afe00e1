/** What a story is: a documented way to break things, told to Azure through its own front door, and what must come of it. */
import type { Actor } from "../running/actor.ts";
import type { Estate, Kind, Patient } from "../estate/estate.ts";
import type { FaultSpec } from "../azure/faults.ts";
import type { Disturbance } from "../azure/event-grid/disturb.ts";
import type { Random } from "../time/random.ts";
import type { Account, Cluster, World } from "../azure/world.ts";

export type StoryPhase = "grace" | "revoked";

export type StoryContext = {
  readonly world: World;
  readonly random: Random;
  readonly kind: Kind;
  readonly phase: StoryPhase;
  /** The vault that the story is about, with everything that depends on it. */
  readonly patient: Patient;
  /** Owner of the subscription, and the one who may approve in the app. */
  readonly operator: Actor;
  readonly approver: Actor;
  /** Somebody else of the tenant, by name. */
  person: (name: string) => Actor;
  /** One line of what happens, for people. */
  tell: (what: string) => void;
  /** The story is about these databases from now on, and no others: for those that come into being with the break. */
  focus: (databases: readonly (Account | Cluster)[]) => void;
  /** How much the app has said so far; asking it again is pointless while that stays the same. */
  news: () => number;
  /** The app has closed an incident since the break, or since the story went on from there. */
  isOver: () => boolean;
  /** What the app has closed so far is the story's past: what it must come to is the end of what follows. */
  goOn: () => void;
  /** The app has looked since the break, and either found nothing to do or brought it to an end. */
  hasLooked: () => boolean;
  /** What goes wrong with deliveries from now on. */
  disturb: (disturbance: Disturbance) => void;
  /** Sends a function what no publisher sent, as Event Grid would. */
  deliver: (functionName: string, body: string) => Promise<void>;
  /** What goes wrong with requests from now on. */
  arm: (fault: FaultSpec) => void;
  /** The host dies as soon as Azure has carried out the app's next write, before the app hears of it, and is started again. */
  killHostAtWrite: () => void;
  /** Lets virtual time pass. */
  wait: (ms: number) => Promise<void>;
  /** Lets virtual time pass until it holds; fails the story if it does not within the time (default 4 hours). */
  until: (what: string, condition: () => boolean | Promise<boolean>, limitMs?: number) => Promise<void>;
};

export type Story = {
  name: string;
  /** In plain words, for the list. */
  title: string;
  kinds: readonly Kind[];
  phases: readonly StoryPhase[];
  /** What the app must name, and how it must end; never told to the app. */
  causes: readonly string[];
  steps?: readonly string[];
  /** Those of its steps that Azure may refuse without keeping it from its end: a tag tells others what is on record all the same. */
  optional?: readonly string[];
  anySteps?: readonly string[];
  /** Most writes allowed. */
  maxWrites?: number;
  outcome: Partial<Record<StoryPhase, string>>;
  /** Why it ends so, where the story is about that; of an end that calls a person it is the story's one cause unless said here. */
  reason?: string;
  /** Its success leaves the databases out of reach: that was wanted. */
  healthyAfter?: false;
  /** A person must have been asked: the story is about that. */
  asks?: true;
  /** How many tickets Microsoft support must have by the end; none unless said. */
  tickets?: number;
  /** Databases concerned, at least. */
  targets?: number;
  mode?: "observe" | "approve" | "heal";
  /** More app settings. */
  settings?: Record<string, string>;
  /** And those that name somebody of the estate. */
  settingsOf?: (estate: Estate) => Record<string, string>;
  /** Which kind of vault it plays on. */
  vault: "rbac" | "policies";
  /** How long Azure may take to make the break felt; the service's next check comes after that. Default one minute. */
  feltWithinMs?: number;
  /** Phase grace: the service's next check comes this many minutes after the break, drawn from the seed. Default 20 to 55. */
  checkInMinutes?: readonly [number, number];
  /** Changes the sample estate before anything runs. */
  arrange?: (context: Pick<StoryContext, "world" | "patient" | "kind" | "random"> & { estate: Estate }) => void;
  break: (context: StoryContext) => Promise<void> | void;
  /** What people do once it is broken: approve, reject, mend it by hand. Runs beside the app's own work. */
  after?: (context: StoryContext) => Promise<void>;
};

/** Ends that call a person. */
const CALLS: ReadonlySet<string | undefined> = new Set(["Escalated", "Unrecoverable"]);

/** Whoever is called is told the true reason; undefined: any will do. */
export const reasonOf = ({ reason, causes, outcome }: Story, phase: StoryPhase): string | undefined =>
  reason ?? (CALLS.has(outcome[phase]) ? causes[0] : undefined);

/** The service checks within the first half hour: later it sees the same, and each five minutes cost a look of the app's. */
export const soon = (story: Story, within: readonly [number, number] = [20, 27]): Story => ({
  ...story,
  checkInMinutes: story.checkInMinutes ?? within,
});

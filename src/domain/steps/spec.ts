/** What is known of a step beside its values: what it needs, how to undo it, the az command that does the same, when it may run. */
import { normalId, sameId } from "../arm-id.ts";
import type { Facts, KeyFacts, KeyVersionFacts, LiveVault, TargetFacts } from "../facts.ts";
import type { StepName, StepParams } from "./step.ts";

/** `todo` it may run and would change something; `done` it is so already; `stale` the facts it rests on have changed. */
export type Precondition = "todo" | "done" | { stale: string };

export type StepSpec<N extends StepName> = {
  /** Actions and data actions, joined by ", " where it takes more than one. */
  permission: (params: StepParams[N]) => string;
  undo: (params: StepParams[N]) => string | null;
  /** Command lines a person can run instead, in order. */
  az: (params: StepParams[N]) => string[];
  /** What it acts on: an ARM id, or a key version's URL. */
  on: (params: StepParams[N]) => string;
  /** Steps of one name that agree in this are one step. */
  key: (params: StepParams[N]) => string[];
  /** What it sets, as far as only a new decision changes it: part of the id, so that an approval is for exactly this. */
  sets?: (params: StepParams[N]) => string[];
  precondition: (params: StepParams[N], facts: Facts) => Precondition;
};

export const stale = (why: string): { stale: string } => ({ stale: why });

type Or<T> = T | { stale: string };

export const isStale = (value: object): value is { stale: string } => "stale" in value;

export function findVault(facts: Facts, vaultId: string): Or<LiveVault> {
  const { vault } = facts;
  if (vault?.state !== "live" || !sameId(vault.id, vaultId)) return stale(`vault ${vaultId} is not there`);
  return vault;
}

type OnKey = StepParams["RecoverKey"];

export function findKey(facts: Facts, { vaultId, key: name }: OnKey): Or<KeyFacts> {
  const vault = findVault(facts, vaultId);
  if (isStale(vault)) return vault;
  return facts.keys.find((key) => key.name.toLowerCase() === name.toLowerCase()) ?? stale(`key ${name} was not read`);
}

type OnKeyVersion = StepParams["EnableKeyVersion"];

export function findVersion(facts: Facts, params: OnKeyVersion): Or<KeyVersionFacts> {
  const key = findKey(facts, params);
  if (isStale(key)) return key;
  if (key.state !== "live") return stale(`key ${params.key} is ${key.state}`);
  return (
    key.versions.find(({ version }) => version === params.version) ?? stale(`version ${params.version} of key ${params.key} is not there`)
  );
}

export function findTarget(facts: Facts, targetId: string): Or<TargetFacts> {
  return facts.targets.find(({ id }) => sameId(id, targetId)) ?? stale(`database ${targetId} was not read`);
}

export const keyUrl = ({ vaultUri, key }: OnKey): string => `${vaultUri}/keys/${key}`;
export const versionUrl = (params: OnKeyVersion): string => `${keyUrl(params)}/${params.version}`;
export const onVersion = (params: OnKeyVersion): string[] => [versionUrl(params).toLowerCase()];
export const onId = (...ids: string[]): string[] => ids.map(normalId);

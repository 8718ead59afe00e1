/**
 * The rows of what an operation asks for, made here alone: one that does not hold comes with what is to be done about it, a line that meets it
 * or looks, or words where no line can.
 */
import type { RequirementName } from "../requirement.ts";
import { type Lines, say } from "../steps/az.ts";
import type { Requirement } from "../wish.ts";

export type State = Requirement["state"];

export const met = (name: RequirementName, detail: string): Requirement => ({ name, state: "met", detail, az: [] });

/** state: or whether it holds. todo: of one that is met nothing is to be done. */
export const requirement = (name: RequirementName, state: State | boolean, detail: string, ...todo: Lines): Requirement =>
  state === true || state === "met" ? met(name, detail) : { name, state: state === false ? "unmet" : state, detail, az: todo };

/** Nothing is refused for it. */
export const advised = (row: Requirement): Requirement => ({ ...row, advised: true });

/** Told beforehand, and nothing to be met. */
export const told = (name: RequirementName, detail: string): Requirement => advised(met(name, detail));

/** It is being found out: what is to be done is to wait. */
export const pending = (name: RequirementName, detail: string): Requirement => ({ name, state: "unknown", detail, az: [], pending: true });

export const OUT_OF_SIGHT = say("what a person can read and Keymend can't: its identity lacks a role (docs/deploy.md)");

/** Of what is to be well before anything is begun. */
export const HEAL_FIRST = say(
  "the incident of its vault has what heals it, as lines too (GET /api/incidents): ask for this again after that",
);

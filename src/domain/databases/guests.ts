/** Databases that may be written in the course of a look at one vault: its own, and those that are to come to it. Only its own are judged by it. */
import type { Facts, TargetFacts } from "../facts.ts";

export const databasesIn = ({ targets, guests = [] }: Pick<Facts, "targets" | "guests">): TargetFacts[] => [...targets, ...guests];

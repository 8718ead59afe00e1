/** `keymend incidents` and `keymend databases`: what there is. */
import { PHASES, STATES } from "../api/requests.ts";
import { type Command, EXIT, type Given, isOn, text, UsageError } from "./command.ts";
import { databaseTable, incidentTable } from "./deployment/tell.ts";
import type { Ways } from "./deployment/ways.ts";

/** At most so many, of however many pages. */
async function take<T>(all: AsyncGenerator<T>, most: number): Promise<T[]> {
  const taken: T[] = [];
  for await (const one of all) {
    if (taken.length === most) break;
    taken.push(one);
  }
  return taken;
}

function countOf(given: Given, fallback: number): number {
  const said = text(given, "top");
  if (said === undefined) return fallback;
  const count = Number(said);
  if (!Number.isInteger(count) || count < 1) throw new UsageError("--top takes a whole number from 1 on");
  return count;
}

export function oneOf<const T extends readonly string[]>(given: Given, option: string, words: T): T[number] | undefined {
  const said = text(given, option);
  const found = words.find((word) => word === said);
  if (said !== undefined && found === undefined) throw new UsageError(`--${option} takes one of ${words.join(", ")}`);
  return found;
}

export const incidents = (ways: Ways): Command => ({
  name: "incidents",
  does: "Lists incidents, the newest first",
  takes: "",
  about: "",
  options: {
    state: { type: "string", value: "STATE", does: `of that state alone: ${STATES.join(", ")}` },
    vault: { type: "string", value: "ID", does: "of that vault alone, by its resource id or its name" },
    top: { type: "string", value: "N", does: "so many at most; 50 unless said" },
  },
  examples: [
    { run: "keymend incidents --state waiting", does: "lists what waits for a person" },
    { run: "keymend incidents --json | jq '.value[].id'", does: "lists ids alone" },
  ],
  run: async (given) => {
    const state = oneOf(given, "state", STATES);
    const vaultId = text(given, "vault");
    const top = countOf(given, 50);
    const query = { ...(state && { state }), ...(vaultId === undefined ? {} : { vaultId }), $top: String(Math.min(top, 200)) };
    const value = await take(ways.connect(given).all("incidents", query), top);
    given.terminal.print(isOn(given, "json") ? JSON.stringify({ value }) : incidentTable(value, given.terminal.paint));
    return EXIT.nothing;
  },
});

export const databases = (ways: Ways): Command => ({
  name: "databases",
  does: "Lists the databases that the deployment keeps alive, worst first",
  takes: "",
  about: "",
  options: {
    phase: { type: "string", value: "PHASE", does: `of that phase alone: ${PHASES.join(", ")}` },
    vault: { type: "string", value: "ID", does: "of that vault alone, by its resource id or its name" },
  },
  examples: [{ run: "keymend databases --phase revoked", does: "lists those that are out of reach of their key" }],
  run: async (given) => {
    const phase = oneOf(given, "phase", PHASES);
    const vaultId = text(given, "vault");
    const query = { ...(phase && { phase }), ...(vaultId === undefined ? {} : { vaultId }), $top: "1000" };
    const value = await take(ways.connect(given).all("targets", query), Infinity);
    given.terminal.print(isOn(given, "json") ? JSON.stringify({ value }) : databaseTable(value, given.terminal.paint));
    return EXIT.nothing;
  },
});

/** `keymend incident`: one incident, and how it goes on. */
import { ApiError, type Client } from "../client/client.ts";
import { type Command, EXIT, type Given, isOn } from "./command.ts";
import { ended, type Incident, incidentText, timelineFrom } from "./deployment/tell.ts";
import { plain } from "./terminal.ts";
import { idOf, type Ways } from "./deployment/ways.ts";

/** What a script wants to know of how it ended. */
function exitOf({ state, outcome }: Incident): number {
  if (state !== "closed") return EXIT.nothing;
  if (outcome === "Observed") return EXIT.warnings;
  return ["Refused", "Escalated", "Unrecoverable"].includes(outcome ?? "") ? EXIT.trouble : EXIT.nothing;
}

const EVERY_MS = 5000;

/** Until it has ended. That the deployment does not answer for a while ends nothing. */
async function follow(given: Given, { sleep }: Ways, client: Client, first: Incident): Promise<Incident> {
  const { terminal } = given;
  let last = first;
  while (last.state !== "closed") {
    await sleep(EVERY_MS);
    try {
      const next = await client.call("incident", { id: first.id });
      // The oldest lines make room for new ones: what is new is what comes after the last that was told.
      const told = last.timeline.at(-1);
      const from = next.timeline.findLastIndex(({ at, what }) => at === told?.at && what === told.what) + 1;
      if (isOn(given, "json")) {
        if (JSON.stringify(next) !== JSON.stringify(last)) terminal.print(JSON.stringify(next));
      } else for (const line of timelineFrom(next, from)) terminal.print(line);
      last = next;
    } catch (error) {
      if (!(error instanceof ApiError && error.passes)) throw error;
      terminal.say(`${error.message} (asking again)`);
    }
  }
  return last;
}

export const incident = (ways: Ways): Command => ({
  name: "incident",
  does: "Shows one incident",
  takes: "ID [--follow]",
  about: "Exit codes: 0 under way or ended well, 1 only observed, 2 refused, escalated or unrecoverable.",
  options: {
    follow: { type: "boolean", short: "f", does: "prints what happens until it has ended; with --json the incident anew, a line each" },
  },
  examples: [
    { run: "keymend incident 20261102T100000000Z-0123abcd", does: "shows what was found, planned and done" },
    { run: "keymend incident 20261102T100000000Z-0123abcd --follow", does: "stays with it" },
  ],
  run: async (given) => {
    const client = ways.connect(given);
    const found = await client.call("incident", { id: idOf(given) });
    const { print, paint } = given.terminal;
    print(isOn(given, "json") ? JSON.stringify(found) : incidentText(found, paint));
    if (!isOn(given, "follow") || found.state === "closed") return exitOf(found);
    const last = await follow(given, ways, client, found);
    if (!isOn(given, "json")) print(`ended as ${ended(last)}: ${plain(last.detail)}`);
    return exitOf(last);
  },
});

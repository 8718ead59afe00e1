/** `keymend support`: all that belongs to one incident in one file, for whoever helps: Microsoft's support, a colleague, oneself later. */
import { writeFile } from "node:fs/promises";
import { ApiError } from "../client/client.ts";
import { type Command, EXIT, text } from "./command.ts";
import { incidentText } from "./deployment/tell.ts";
import { addressOf, idOf, type Ways } from "./deployment/ways.ts";

/** What can't be had now is no reason to leave out the rest; it says why it is not there. */
const orWhy = <T>(asked: Promise<T>): Promise<T | { notThere: string }> =>
  asked.catch((error: unknown) => {
    if (error instanceof ApiError) return { notThere: error.message };
    throw error;
  });

export const support = (ways: Ways): Command => ({
  name: "support",
  does: "Puts all that belongs to an incident into one file",
  takes: "ID",
  about:
    "What the deployment has on record (the incident with its timeline and what was tried, what Microsoft support is asked, its audit with\n" +
    "the facts that each look rested on, the databases of its vault, whether Keymend writes), and a diagnosis of now. No secret is in it;\n" +
    "names, ids and times of your resources are.",
  options: { out: { type: "string", short: "o", value: "FILE", does: "where to; - prints it; keymend-ID.json unless said" } },
  examples: [
    { run: "keymend support 20261102T100000000Z-0123abcd", does: "writes keymend-20261102T100000000Z-0123abcd.json" },
    { run: "keymend audit verify --file keymend-20261102T100000000Z-0123abcd.json", does: "checks the audit in it" },
  ],
  run: async (given) => {
    const id = idOf(given);
    const client = ways.connect(given);
    const onRecord = await client.call("support", { id });
    const { incident } = onRecord;
    const bundle = {
      ...onRecord,
      deployment: addressOf(given).url,
      inWords: incidentText(incident, (_, words) => words).split("\n"),
      diagnosisNow: await orWhy(client.call("diagnose", { body: { id: incident.vaultId } })),
    };
    const out = text(given, "out") ?? `keymend-${id}.json`;
    if (out === "-" || given.values["json"] === true) given.terminal.print(JSON.stringify(bundle));
    else {
      await writeFile(out, `${JSON.stringify(bundle, null, 2)}\n`);
      given.terminal.print(`${out}: ${onRecord.audit.rows.length} rows of audit, ${incident.timeline.length} lines of timeline`);
    }
    return EXIT.nothing;
  },
});

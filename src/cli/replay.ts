/** `keymend replay`: what the rules of this version would have made of an incident of the past. */
import { existsSync } from "node:fs";
import { type Replayed, replay as replayRows } from "../domain/plan/replay.ts";
import { type Command, EXIT, isOn } from "./command.ts";
import { configFor } from "./doctor/settings.ts";
import { exportAudit, readExport } from "./deployment/records.ts";
import { when } from "./deployment/tell.ts";
import { idOf, type Ways } from "./deployment/ways.ts";
import { plain, type Terminal } from "./terminal.ts";

/** Settings that name no tenant of their own: the rules ask the facts. */
const NO_TENANT = "00000000-0000-0000-0000-000000000000";

/** No incident's id has any of these. */
const IS_PATH = /[./\\]/;

function linesOf(look: Replayed, paint: Terminal["paint"]): string[] {
  if ("cut" in look) return [`${when(look.at)}  ${paint("yellow", look.cut)}`];
  if (look.differences.length === 0) return [`${when(look.at)}  the same: ${plain(look.today.causes.join(", ")) || "no cause"}`];
  return [`${when(look.at)}  ${paint("red", "otherwise")}`, ...look.differences.map((line) => `    ${plain(line)}`)];
}

export const replay = (ways: Ways): Command => ({
  name: "replay",
  does: "Runs the rules of this version over what an incident's looks saw, and shows what would be decided otherwise",
  takes: "ID|FILE",
  about:
    "ID is an incident's; FILE an export of its audit or a support bundle, and then no deployment is asked. KEYMEND_ settings in the\n" +
    "environment count as they would in a deployment. Exit codes: 0 the same, 1 a look is not whole in the audit, 2 something would be otherwise.",
  options: {},
  examples: [
    { run: "keymend replay 20261102T100000000Z-0123abcd", does: "replays what a deployment has on record" },
    { run: "keymend replay keymend-20261102T100000000Z-0123abcd.json --json", does: "replays a support bundle" },
  ],
  run: async (given) => {
    const { print, paint } = given.terminal;
    const what = idOf(given, "an incident's id or a file");
    const { settings } = configFor(given.env, NO_TENANT);
    const { rows } =
      existsSync(what) || IS_PATH.test(what)
        ? await readExport(what)
        : await exportAudit(ways.connect(given), what, ways.now().toISOString());
    const looks = replayRows(
      rows.map(({ entryId, kind, at, data }) => ({ entryId, kind, at, data })),
      settings,
    );
    if (isOn(given, "json")) print(JSON.stringify({ looks }));
    else if (looks.length === 0) print("no look left what it saw: nothing to replay");
    else for (const line of looks.flatMap((look) => linesOf(look, paint))) print(line);
    if (looks.some((look) => "differences" in look && look.differences.length > 0)) return EXIT.trouble;
    return looks.length === 0 || looks.some((look) => "cut" in look) ? EXIT.warnings : EXIT.nothing;
  },
});

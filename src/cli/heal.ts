/** `keymend heal`, `keymend pause` and `keymend resume`: what an operator says. */
import { type Command, EXIT, isOn, text } from "./command.ts";
import { writingText } from "./deployment/tell.ts";
import { idOf, REASON, reasonOf, type Ways } from "./deployment/ways.ts";

export const heal = (ways: Ways): Command => ({
  name: "heal",
  does: "Has a vault or database looked at now, and mended where that is allowed",
  takes: "ID",
  about: "",
  options: { reason: REASON },
  examples: [
    {
      run: 'keymend heal /subscriptions/.../vaults/kv-orders --reason "the pager rang"',
      does: "looks now; keymend incidents --vault ID says what came of it",
    },
  ],
  run: async (given) => {
    const body = { id: idOf(given, "the resource id of a vault or a database"), reason: reasonOf(given) };
    const woken = await ways.connect(given).call("heal", { body });
    given.terminal.print(isOn(given, "json") ? JSON.stringify(woken) : `It is looked at. keymend incidents --vault ${woken.vaultId}`);
    return EXIT.nothing;
  },
});

export const pause = (ways: Ways): Command => ({
  name: "pause",
  does: "Stops all writing; without a reason only says whether Keymend writes",
  takes: "",
  about: "",
  options: { reason: REASON, until: { type: "string", value: "WHEN", does: "a duration such as PT4H, or a time; else until resumed" } },
  examples: [
    { run: 'keymend pause --reason "we move the vaults tonight" --until PT4H', does: "stops for four hours" },
    { run: "keymend pause", does: "says whether it writes, and why not" },
  ],
  run: async (given) => {
    const client = ways.connect(given);
    const until = text(given, "until");
    const writing =
      given.values["reason"] === undefined && until === undefined
        ? await client.call("paused")
        : await client.call("pause", { body: { reason: reasonOf(given), ...(until === undefined ? {} : { until }) } });
    given.terminal.print(isOn(given, "json") ? JSON.stringify(writing) : writingText(writing));
    return EXIT.nothing;
  },
});

export const resume = (ways: Ways): Command => ({
  name: "resume",
  does: "Ends a pause, and a storm's",
  takes: "",
  about: "",
  options: { reason: REASON },
  examples: [{ run: 'keymend resume --reason "the move is done"', does: "lets Keymend write again" }],
  run: async (given) => {
    const writing = await ways.connect(given).call("resume", { body: { reason: reasonOf(given) } });
    given.terminal.print(isOn(given, "json") ? JSON.stringify(writing) : writingText(writing));
    return EXIT.nothing;
  },
});

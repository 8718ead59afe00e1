/** `keymend approve` and `keymend reject`: a person's word, bound to the plan that the person was shown. */
import { decidable } from "../domain/turn/decidable.ts";
import { type Command, EXIT, isOn, text } from "./command.ts";
import { planLines } from "./deployment/tell.ts";
import { idOf, isAgreed, REASON, reasonOf, type Ways, YES } from "./deployment/ways.ts";

const WORDS = { approve: "Approve", reject: "Reject" };

const decide =
  (decision: "approve" | "reject", does: string) =>
  (ways: Ways): Command => ({
    name: decision,
    does,
    takes: "ID",
    about: "Shows what waits, asks, and sends the hash of the very plan that was shown: where it has changed since, nothing is decided.",
    options: {
      reason: REASON,
      yes: YES,
      "plan-hash": { type: "string", value: "HASH", does: "only where the plan is still this one" },
    },
    examples: [
      { run: `keymend ${decision} 20261102T100000000Z-0123abcd --reason "change 42"`, does: "shows the plan and asks" },
      {
        run: `keymend ${decision} 20261102T100000000Z-0123abcd --reason "change 42" --plan-hash HASH --yes`,
        does: "decides on a plan that was read before",
      },
    ],
    run: async (given) => {
      const { terminal } = given;
      const id = idOf(given);
      const reason = reasonOf(given);
      const client = ways.connect(given);
      const incident = await client.call("incident", { id });
      const { plan } = incident;
      const asked = decidable(decision, incident);
      if (!plan || asked.length === 0) {
        terminal.say(`${id} is ${incident.state}: no step waits for a decision.`);
        return EXIT.failed;
      }
      const expected = text(given, "plan-hash");
      if (expected !== undefined && expected !== plan.hash) {
        terminal.say(`The plan is another by now (${plan.hash}): read the incident again.`);
        return EXIT.failed;
      }
      for (const line of planLines({ ...plan, steps: asked }, incident, terminal.paint)) terminal.say(line);
      if (!(await isAgreed(given, ways, `${WORDS[decision]} ${asked.length === 1 ? "this step" : `these ${asked.length} steps`}?`))) {
        terminal.say("Nothing was decided.");
        return EXIT.failed;
      }
      const said = await client.call("decide", { id, body: { planHash: plan.hash, decision, reason } });
      terminal.print(
        isOn(given, "json")
          ? JSON.stringify(said)
          : `On record: ${decision} of ${said.steps.length} at ${said.at}. keymend incident ${id} --follow`,
      );
      return EXIT.nothing;
    },
  });

export const approve = decide("approve", "Approves what an incident waits for");
export const reject = decide("reject", "Rejects what an incident waits for, and what was approved and is not written yet");

/**
 * `npm run permissions`: writes docs/permissions.md anew, from the roles that are deployed and from docs/permissions-missing.json.
 * --missing   first plays, for each action that was not played yet, stories under a deployment that lacks it, until one does not end as it must
 * --all   plays those too that were played before   --action TEXT   those alone with that in their name   --tries N   stories for each (8)
 */
import { execFileSync } from "node:child_process";
import { writeFileSync } from "node:fs";
import { flagsOf, numberOf, text } from "../sandbox/play/flags.ts";
import { stories } from "../sandbox/stories/index.ts";
import { orUsage } from "./kept-results.ts";
import { type Action, deployedActions, MISSING, nameOf, readMissed, UNSHOWN } from "./permissions/actions.ts";
import { playMissing } from "./permissions/missing.ts";
import { permissionsPage } from "./permissions/page.ts";

const PAGE = "docs/permissions.md";

const options = orUsage(() => {
  const flags = flagsOf(process.argv.slice(2), { missing: "boolean", all: "boolean", action: "string", tries: "string" });
  return {
    isPlayed: flags["missing"] === true || flags["all"] === true,
    isAll: flags["all"] === true,
    action: text(flags["action"]) ?? "",
    tries: numberOf("tries", text(flags["tries"]), 1) ?? 8,
  };
});

const actions = deployedActions();
const isOf = (action: Action) => (one: Action) => one.capability === action.capability && nameOf(one) === nameOf(action);
// What is not deployed any more goes.
let missed = readMissed().filter((one) => actions.some(isOf(one)));

function write(): void {
  writeFileSync(MISSING, `[\n${missed.map((one) => JSON.stringify(one)).join(",\n")}\n]\n`);
  writeFileSync(PAGE, permissionsPage(missed));
  execFileSync("oxfmt", [PAGE, MISSING]);
}

if (options.isPlayed) {
  const due = actions.filter((one) => nameOf(one).includes(options.action) && (options.isAll || !missed.some(isOf(one))));
  let n = 0;
  await playMissing(due, {
    stories,
    tries: options.tries,
    async tell(action, found) {
      n += 1;
      const said = found ? `${found.story} (${found.kind}) ends ${found.came}` : "no story ends otherwise";
      process.stderr.write(`${n} of ${due.length}  without ${nameOf(action)} of ${action.capability}: ${said}\n`);
      missed = [...missed.filter((one) => !isOf(action)(one)), ...(found ? [found] : [])];
      missed = actions.flatMap((one) => missed.filter(isOf(one)));
      write();
    },
  });
  if (actions.some((one) => !missed.some(isOf(one)) && !(one.action in UNSHOWN))) process.exitCode = 1;
}
write();

/** `npm run deploy`: from a subscription to a Keymend that watches it, by the Azure CLI alone (scripts/deploy/run.ts). */
import { styleText } from "node:util";
import { program } from "./deploy/az.ts";
import { answerOf } from "./deploy/health.ts";
import { runDeploy } from "./deploy/run.ts";

process.exitCode = await runDeploy(process.argv.slice(2), {
  call: program("az"),
  answerOf,
  out: (text) => process.stdout.write(text),
  err: (text) => process.stderr.write(text),
  // Node goes by the stream, and by NO_COLOR and FORCE_COLOR.
  paint: (color, text) => styleText(color, text, { stream: process.stderr }),
});

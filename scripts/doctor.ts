/**
 * `npm run doctor -- ARGS` is `keymend doctor ARGS`. With --sandbox the Azure that it looks at is the sandbox's: the sample estate with several
 * troubles, as the reader of that subscription sees it.
 */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { startAzureAlone } from "../sandbox/running/azure-alone.ts";
import { makeTrouble, TROUBLES_TAKE_MS } from "../sandbox/play/troubles.ts";

const SEED = 7;
const given = process.argv.slice(2);
const args = given.filter((argument) => argument !== "--sandbox");

async function doctor(env: NodeJS.ProcessEnv): Promise<number> {
  const child = spawn(process.execPath, ["dist/keymend.mjs", "doctor", ...args], { stdio: "inherit", env });
  const [code] = await once(child, "exit");
  return typeof code === "number" ? code : 1;
}

async function inSandbox(): Promise<number> {
  const alone = await startAzureAlone({ seed: SEED, start: Date.now() - TROUBLES_TAKE_MS });
  try {
    await makeTrouble(alone);
    alone.run();
    return await doctor({ ...process.env, ...alone.environmentOf(alone.estate.reader) });
  } finally {
    await alone.close();
  }
}

process.exitCode = given.length === args.length ? await doctor(process.env) : await inSandbox();

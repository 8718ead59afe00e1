/** A hook of `azd up`: scripts/deploy/azd.ts. */
import { DeployError, program } from "./deploy/az.ts";
import { runHook } from "./deploy/azd.ts";
import { answerOf } from "./deploy/health.ts";

try {
  const hook = { env: process.env, az: program("az"), azd: program("azd"), told: (line: string) => console.log(line), answerOf };
  await runHook(process.argv[2], hook);
} catch (error) {
  if (!(error instanceof DeployError)) throw error;
  console.error(`${error.message}\n  next: ${error.next}`);
  process.exitCode = 1;
}

/**
 * `npm run check`: every script of package.json whose name begins with check:, as many at a time as there are cores. What one of them
 * prints comes whole, once it has ended.
 */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { readFileSync } from "node:fs";
import { availableParallelism } from "node:os";

const { scripts }: { scripts: Record<string, string> } = JSON.parse(readFileSync("package.json", "utf8"));
const waiting = Object.entries(scripts).filter(([name]) => name.startsWith("check:"));

async function check([name, command]: [string, string]): Promise<boolean> {
  // Through npm, so that tools are found as the script itself finds them.
  const child = spawn("npm", ["run", "--silent", name], { stdio: ["ignore", "pipe", "pipe"] });
  let said = "";
  for (const stream of [child.stdout, child.stderr]) stream.on("data", (chunk: Buffer) => (said += chunk.toString()));
  await once(child, "close");
  const code = child.exitCode;
  process.stdout.write(`\n${code === 0 ? "ok" : "FAILED"}  ${name}  (${command})\n${said}`);
  return code === 0;
}

const failed: string[] = [];
async function work(): Promise<void> {
  for (let next = waiting.shift(); next; next = waiting.shift()) if (!(await check(next))) failed.push(next[0]);
}

await Promise.all(Array.from({ length: availableParallelism() }, work));
console.log(failed.length === 0 ? "\nevery check holds" : `\nFAILED: ${failed.join(", ")}`);
process.exitCode = failed.length === 0 ? 0 : 1;

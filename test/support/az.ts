/** The Azure CLI, where it is on PATH, pointed at a sandbox: the way a person on call would use it. */
import { execFile } from "node:child_process";
import { accessSync, constants } from "node:fs";
import { cp } from "node:fs/promises";
import { delimiter, join } from "node:path";

export const isAzFound = (process.env["PATH"] ?? "").split(delimiter).some((dir) => {
  try {
    accessSync(join(dir, "az"), constants.X_OK);
    return true;
  } catch {
    return false;
  }
});

export type Shell = {
  /** What one line of a shell prints; fails with what it complains about. */
  run(line: string): Promise<string>;
  /** The same login in a configuration of its own: two az at once do not get into each other's way. */
  another(name: string): Promise<Shell>;
};

type Where = { proxyUrl: string; caFile: string };

/** dir: where configurations go, each with a token cache of its own. */
export const azEnvironment = ({ proxyUrl, caFile }: Where, dir: string, config: string): Record<string, string | undefined> => ({
  PATH: process.env["PATH"],
  HOME: dir,
  AZURE_CONFIG_DIR: join(dir, config),
  AZURE_CORE_INSTANCE_DISCOVERY: "false",
  AZURE_CORE_COLLECT_TELEMETRY: "false",
  AZURE_CORE_ONLY_SHOW_ERRORS: "true",
  HTTPS_PROXY: proxyUrl,
  REQUESTS_CA_BUNDLE: caFile,
});

export function openShell({ proxyUrl, caFile }: Where, dir: string, name = "azure"): Shell {
  const env = azEnvironment({ proxyUrl, caFile }, dir, name);
  return {
    run: (line) =>
      new Promise((resolve, reject) => {
        execFile("sh", ["-c", line], { env }, (error, stdout, stderr) => {
          if (error) reject(new Error(`${line}\n${stderr || error.message}`));
          else resolve(stdout);
        });
      }),
    async another(other) {
      await cp(join(dir, name), join(dir, other), { recursive: true });
      return openShell({ proxyUrl, caFile }, dir, other);
    },
  };
}

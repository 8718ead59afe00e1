/** The Azure CLI, where it is on PATH, pointed at a sandbox: the way a person on call would use it. */
import { execFile, execFileSync } from "node:child_process";
import { accessSync, constants } from "node:fs";
import { cp } from "node:fs/promises";
import { delimiter, join } from "node:path";

const isOnPath = (process.env["PATH"] ?? "").split(delimiter).some((dir) => {
  try {
    accessSync(join(dir, "az"), constants.X_OK);
    return true;
  } catch {
    return false;
  }
});

/** Debian's 2.45 comes without modules that its own commands load (azure.keyvault.key_vault_id), and refuses role assignments by itself. */
const OLDEST = "2.60";

const versionOf = (): string => {
  const { "azure-cli": version } = JSON.parse(execFileSync("az", ["version", "--output", "json"], { encoding: "utf8" })) as Record<
    string,
    string
  >;
  return version!;
};

const isOlder = (version: string): boolean => version.localeCompare(OLDEST, "en", { numeric: true }) < 0;

/** Why no az can be asked; undefined where one can. */
export const azProblem: string | undefined = !isOnPath
  ? "az is not on the PATH"
  : isOlder(versionOf())
    ? `az ${versionOf()} is older than ${OLDEST}`
    : undefined;

if (azProblem !== undefined) console.info(`skipped, as ${azProblem}: what a real Azure CLI does`);

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

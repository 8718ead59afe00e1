/** The rules that the doctor judges by: those of a deployment in mode heal with every repair, and the settings that the environment names. */
import { type Config, readConfig } from "../../config.ts";
import { CAPABILITIES } from "../../domain/capability.ts";
import { ConfigError } from "../../domain/errors.ts";
import { UsageError } from "../command.ts";

export const NOBODY = "00000000-0000-0000-0000-000000000000";

/** What a deployment must be told, and no judgement rests on. */
const PLACEHOLDERS: Record<string, string> = {
  KEYMEND_SUBSCRIPTIONS: NOBODY,
  KEYMEND_API_AUDIENCE: "api://keymend",
  KEYMEND_TABLE_ENDPOINT: "https://tables.invalid",
  KEYMEND_IDENTITIES: CAPABILITIES.map((capability) => `${capability}=${NOBODY}:${NOBODY}`).join(","),
};

/** Of a deployment's records, and of where the other commands find one: no rule goes by them. */
const ELSEWHERE = ["KEYMEND_TABLE_CONNECTION_STRING", "KEYMEND_URL", "KEYMEND_AUDIENCE"];

export function configFor(env: Readonly<Record<string, string | undefined>>, tenantId: string): Config {
  const given = Object.fromEntries(Object.entries(env).filter(([name]) => name.startsWith("KEYMEND_")));
  for (const name of ELSEWHERE) delete given[name];
  try {
    return readConfig({ ...given, ...PLACEHOLDERS, KEYMEND_MODE: "heal", KEYMEND_TENANT_ID: tenantId });
  } catch (error) {
    if (error instanceof ConfigError) throw new UsageError(["The settings of the environment are wrong:", ...error.problems].join("\n  "));
    throw error;
  }
}

/** Reads the app settings: parse → normalize → rules, all problems at once. The only words for settings and their defaults; nothing else has them. */
import * as v from "valibot";
import { CLOUD_NAMES, CLOUDS, type CloudName } from "./domain/clouds.ts";
import { deadLetters, functionApp } from "./config-dead-letters.ts";
import { allowed, GUID, identities, list } from "./config-identities.ts";
import { type Listeners, listenersOf } from "./config-listeners.ts";
import { supportContact } from "./config-support.ts";
import type { Principals } from "./domain/capability.ts";
import { causes } from "./domain/causes/index.ts";
import type { CauseCode } from "./domain/cause-code.ts";
import { ConfigError } from "./domain/errors.ts";
import { MODES, type Settings } from "./domain/settings.ts";
import { parseQuietHours } from "./domain/telling/quiet-hours.ts";
import type { Pace } from "./domain/telling/letters.ts";
import { parseDuration } from "./domain/time.ts";

export type Config = {
  settings: Settings;
  /** Which of Azure's clouds all of this is in. */
  cloud: CloudName;
  tenantId: string;
  /** Where databases and vaults are looked for. */
  subscriptionIds: string[];
  /** Client ids of the user-assigned identities, by what each is for. */
  clientIds: Principals;
  firstPartyPrincipalId: string | null;
  /** Accepted audiences of the operations API. */
  apiAudiences: string[];
  /** What people sign in to from the dashboard: the client id among the audiences; null where none is. */
  dashboard: { clientId: string | null; loginHost: string };
  tables: { connectionString: string } | { endpoint: string };
  tableNames: { incidents: string; audit: string; baseline: string };
  /** Where the heads of the audit are kept out of reach, and for how long; null: nowhere. */
  anchors: { container: string; retentionMs: number } | null;
  /** NCRONTAB: six fields. */
  schedules: { sweep: string; recheck: string; housekeeping: string };
  telling: Telling;
  listeners: Listeners;
};

/** Who is told; null: nobody is by that way. */
export type Telling = {
  /** Endpoint of a custom Event Grid topic. */
  topic: string | null;
  /** Its URL is a secret. */
  teams: string | null;
  webhook: { url: string; secrets: string[] } | null;
  mail: { endpoint: string; from: string; to: string[] } | null;
  /** Where people read an incident, with `{id}` in it. */
  link: string | null;
  pace: Pace;
  /** Settings that hold a reference to a secret which Azure could not resolve: their channels are not set. */
  unresolved: string[];
};

const guid = v.pipe(v.string(), v.trim(), v.regex(GUID, "must be a GUID"), v.toLowerCase());
const guids = v.pipe(
  v.string(),
  v.transform(list),
  v.array(v.pipe(v.string(), v.regex(GUID, "every entry must be a GUID"), v.toLowerCase())),
);
const duration = v.pipe(
  v.string(),
  v.transform((text) => parseDuration(text.trim()) || undefined),
  v.number("must be an ISO 8601 duration longer than nothing, such as P30D or PT12H"),
);
const whole = (pattern: RegExp, range: string) =>
  v.pipe(v.string(), v.regex(pattern, `must be a whole number ${range}`), v.transform(Number));
// Table names: letters and digits, 3 to 63 (Microsoft Learn, "Understanding the Table service data model").
const tableName = v.pipe(v.string(), v.regex(/^[A-Za-z][A-Za-z0-9]{2,62}$/, "must be 3 to 63 letters and digits, beginning with a letter"));
const HTTPS = "must be an https:// URL";
const https = v.pipe(
  v.string(),
  v.regex(/^https:\/\/\S+$/, HTTPS),
  v.check((url) => URL.canParse(url), HTTPS),
);

// Plain only on this machine, where a sandbox plays the login host.
const loginHost = v.pipe(
  v.string(),
  v.trim(),
  v.regex(/^(https:\/\/[^\s/?#]+|http:\/\/(127\.0\.0\.1|localhost)(:\d+)?)$/, "must be the https:// address of a host, without a path"),
);
/** Standard Webhooks, "Signature scheme": 24 to 64 bytes, base64, after `whsec_`. */
const isSecret = (text: string): boolean => {
  const bytes = /^whsec_[A-Za-z0-9+/]+={0,2}$/.test(text) ? Buffer.from(text.slice("whsec_".length), "base64").length : 0;
  return bytes >= 24 && bytes <= 64;
};
const webhookSecrets = v.pipe(
  v.string(),
  v.transform(list),
  v.check((all) => all.length > 0 && all.every(isSecret), "every entry must be whsec_ and 24 to 64 bytes in base64"),
);
const address = v.pipe(v.string(), v.trim(), v.regex(/^[^\s@,]+@[^\s@,]+$/, "must be an e-mail address"));
const addresses = v.pipe(v.string(), v.transform(list), v.minLength(1, "must name at least one address"), v.array(address));
const quietHours = v.pipe(
  v.string(),
  v.transform((text) => parseQuietHours(text.trim()) ?? null),
  v.check((quiet) => quiet !== null, "must be hours of the day in UTC, 16 at most, such as 22:00-06:00"),
);
const link = v.pipe(https, v.includes("{id}", "must hold {id}, which an incident's id takes the place of"));

const ASKABLE = new Set<string>(causes.filter((cause) => cause.default !== "none").map((cause) => cause.code));
const isWish = ([code, wish, ...more]: string[]): boolean => ASKABLE.has(code!) && (wish === "auto" || wish === "ask") && more.length === 0;
const wishes = v.pipe(
  v.string(),
  v.transform((text) => list(text).map((part) => part.split("=").map((side) => side.trim()))),
  v.check((pairs) => pairs.every(isWish), `every entry must be CAUSE=auto or CAUSE=ask, with a cause of: ${[...ASKABLE].join(", ")}`),
  v.check((pairs) => new Set(pairs.map(([code]) => code)).size === pairs.length, "names a cause twice"),
  v.transform((pairs): Partial<Record<CauseCode, "auto" | "ask">> => Object.fromEntries(pairs)),
);

/** Six fields: {second} {minute} {hour} {day} {month} {day-of-week} (Microsoft Learn, "Timer trigger for Azure Functions"). */
const ncrontab = v.pipe(v.string(), v.trim(), v.regex(/^\S+(\s+\S+){5}$/, "must be an NCRONTAB expression of six fields"));

const settings = v.object({
  KEYMEND_MODE: v.optional(v.picklist(MODES, "must be observe, approve or heal"), "observe"),
  KEYMEND_CLOUD: v.optional(v.picklist(CLOUD_NAMES, `must be one of ${CLOUD_NAMES.join(", ")}`), "AzureCloud"),
  KEYMEND_SUBSCRIPTIONS: v.pipe(guids, v.minLength(1, "must name at least one subscription")),
  KEYMEND_TENANT_ID: guid,
  KEYMEND_IDENTITIES: identities,
  KEYMEND_ALLOWED_REPAIRS: v.optional(allowed, ""),
  KEYMEND_FIRST_PARTY_PRINCIPAL_ID: v.optional(guid),
  KEYMEND_API_AUDIENCE: v.pipe(v.string(), v.transform(list), v.minLength(1, "must name at least one audience")),
  KEYMEND_LOGIN_HOST: v.optional(loginHost),
  KEYMEND_TABLE_CONNECTION_STRING: v.optional(v.string()),
  KEYMEND_TABLE_ENDPOINT: v.optional(https),
  KEYMEND_TABLE_INCIDENTS: v.optional(tableName, "incidents"),
  KEYMEND_TABLE_AUDIT: v.optional(tableName, "audit"),
  KEYMEND_TABLE_BASELINE: v.optional(tableName, "baseline"),
  KEYMEND_ANCHOR_CONTAINER: v.optional(https),
  KEYMEND_ANCHOR_RETENTION: v.optional(duration, "P365D"),
  KEYMEND_SWEEP_SCHEDULE: v.optional(ncrontab, "0 */5 * * * *"),
  KEYMEND_RECHECK_SCHEDULE: v.optional(ncrontab, "30 */2 * * * *"),
  KEYMEND_HOUSEKEEPING_SCHEDULE: v.optional(ncrontab, "0 30 3 * * *"),
  KEYMEND_EXPIRY_LEAD: v.optional(duration, "P30D"),
  KEYMEND_EXPIRY_EXTENSION: v.optional(duration, "P90D"),
  KEYMEND_EXPIRY_MAX_EXTENSIONS: v.optional(whole(/^\d{1,3}$/, "from 0 to 999"), "3"),
  KEYMEND_EXPIRY_HORIZON: v.optional(duration, "P365D"),
  KEYMEND_APPROVAL_TTL: v.optional(duration, "P1D"),
  KEYMEND_KNOWN_GOOD_AFTER: v.optional(duration, "P1D"),
  KEYMEND_REPEAT_WINDOW: v.optional(duration, "P7D"),
  KEYMEND_SETTLE: v.optional(duration, "PT1M"),
  KEYMEND_MAX_AFFECTED_VAULTS: v.optional(whole(/^[1-9]\d{0,4}$/, "from 1 to 99999"), "10"),
  KEYMEND_STORM_WINDOW: v.optional(duration, "PT1H"),
  KEYMEND_MAX_VAULTS_AT_ONCE: v.optional(whole(/^[1-9]\d{0,2}$/, "from 1 to 999"), "10"),
  KEYMEND_QUORUM: v.optional(whole(/^[1-9]$/, "from 1 to 9"), "1"),
  KEYMEND_PRIVILEGED_CALLERS: v.optional(guids, ""),
  KEYMEND_LOG_WORKSPACE: v.optional(guid),
  KEYMEND_CAUSES: v.optional(wishes, ""),
  KEYMEND_SUPPORT_CONTACT: v.optional(supportContact),
  KEYMEND_FUNCTION_APP: v.optional(functionApp),
  KEYMEND_DEAD_LETTERS: v.optional(deadLetters),
  KEYMEND_ARM_FROM: v.optional(v.picklist(["approve", "heal"], "must be approve or heal"), "heal"),
  KEYMEND_OUTCOME_TOPIC_ENDPOINT: v.optional(https),
  KEYMEND_TEAMS_WEBHOOK: v.optional(https),
  KEYMEND_WEBHOOK: v.optional(https),
  KEYMEND_WEBHOOK_SECRET: v.optional(webhookSecrets),
  KEYMEND_MAIL_ENDPOINT: v.optional(https),
  KEYMEND_MAIL_FROM: v.optional(address),
  KEYMEND_MAIL_TO: v.optional(addresses),
  KEYMEND_LINK: v.optional(link),
  KEYMEND_DIGEST: v.optional(duration, "PT15M"),
  KEYMEND_QUIET_HOURS: v.optional(quietHours),
});

/** What one channel takes: all of it or none. */
const TOGETHER = [
  ["KEYMEND_WEBHOOK", "KEYMEND_WEBHOOK_SECRET"],
  ["KEYMEND_MAIL_ENDPOINT", "KEYMEND_MAIL_FROM", "KEYMEND_MAIL_TO"],
] as const;

/** What no single field can tell; each rule is tried as soon as the settings it is about can be read. */
const schema = v.pipe(
  settings,
  v.forward(
    v.partialCheck(
      [["KEYMEND_TABLE_CONNECTION_STRING"], ["KEYMEND_TABLE_ENDPOINT"]],
      (written) => written.KEYMEND_TABLE_CONNECTION_STRING !== undefined || written.KEYMEND_TABLE_ENDPOINT !== undefined,
      "set it (or KEYMEND_TABLE_CONNECTION_STRING for local development)",
    ),
    ["KEYMEND_TABLE_ENDPOINT"],
  ),
  v.forward(
    v.partialCheck(
      [["KEYMEND_TABLE_CONNECTION_STRING"], ["KEYMEND_TABLE_ENDPOINT"]],
      (written) => written.KEYMEND_TABLE_CONNECTION_STRING === undefined || written.KEYMEND_TABLE_ENDPOINT === undefined,
      "set either this or KEYMEND_TABLE_ENDPOINT, not both",
    ),
    ["KEYMEND_TABLE_CONNECTION_STRING"],
  ),
  v.forward(
    v.partialCheck(
      [["KEYMEND_CLOUD"], ["KEYMEND_OUTCOME_TOPIC_ENDPOINT"]],
      ({ KEYMEND_CLOUD, KEYMEND_OUTCOME_TOPIC_ENDPOINT }) =>
        KEYMEND_OUTCOME_TOPIC_ENDPOINT === undefined || CLOUDS[KEYMEND_CLOUD].eventGrid !== null,
      "must not be set in this cloud: what the tokens of Event Grid are for is not documented there",
    ),
    ["KEYMEND_OUTCOME_TOPIC_ENDPOINT"],
  ),
  // An extension that ends inside the lead time would be due again at once.
  v.forward(
    v.partialCheck(
      [["KEYMEND_EXPIRY_EXTENSION"], ["KEYMEND_EXPIRY_LEAD"]],
      (written) => written.KEYMEND_EXPIRY_EXTENSION > written.KEYMEND_EXPIRY_LEAD,
      "must be longer than KEYMEND_EXPIRY_LEAD",
    ),
    ["KEYMEND_EXPIRY_EXTENSION"],
  ),
  v.forward(
    v.partialCheck(
      [["KEYMEND_EXPIRY_HORIZON"], ["KEYMEND_EXPIRY_LEAD"]],
      (written) => written.KEYMEND_EXPIRY_HORIZON > written.KEYMEND_EXPIRY_LEAD,
      "must be longer than KEYMEND_EXPIRY_LEAD",
    ),
    ["KEYMEND_EXPIRY_HORIZON"],
  ),
);

type Written = v.InferOutput<typeof schema>;

/** Every setting with its default as it would be written, "" where there is none: for the checks of infra, sample and guide against this file. */
export const SETTING_DEFAULTS: Record<string, string> = Object.fromEntries(
  Object.entries(v.getDefaults(settings)).map(([name, value]) => [name, value ?? ""]),
);

export const SETTING_NAMES = Object.keys(SETTING_DEFAULTS);

const isSet = ([, value]: [string, string | undefined]): boolean => value !== undefined && value.trim() !== "";

/** env: the app settings; an empty setting counts as not set. Throws ConfigError with every problem, one a line. */
export function readConfig(env: Record<string, string | undefined>): Config {
  const known = Object.entries(env).filter(([name]) => name.startsWith("KEYMEND_"));
  const unknown = known.filter(([name]) => !SETTING_NAMES.includes(name)).map(([name]) => `${name}: there is no such setting`);
  const unresolved = known.filter(isUnresolved).map(([name]) => name);
  const lost = new Set(unresolved.flatMap((name) => TOGETHER.find((names) => names.some((one) => one === name)) ?? [name]));
  const set = Object.fromEntries(known.filter(isSet).filter(([name]) => !lost.has(name)));
  const parsed = v.safeParse(schema, set);
  const problems = [...new Set((parsed.issues ?? []).map(toProblem)), ...TOGETHER.flatMap((names) => lacking(names, set)), ...unknown];
  if (!parsed.success || problems.length > 0) throw new ConfigError(problems);
  return Object.freeze({
    ...normalize(parsed.output),
    telling: tellingOf(parsed.output, unresolved, dashboardAt(env["WEBSITE_HOSTNAME"])),
    listeners: listenersOf(env),
  });
}

/** Who is not told must not keep databases from being mended: a channel whose secret can't be had is none, and that is said. */
const SECRETS = ["KEYMEND_TEAMS_WEBHOOK", "KEYMEND_WEBHOOK", "KEYMEND_WEBHOOK_SECRET"];

/** "If a reference isn't resolved properly, the reference string is used instead" (Microsoft Learn, "Use Key Vault references as app settings"). */
const isUnresolved = ([name, value]: [string, string | undefined]): boolean =>
  SECRETS.includes(name) && value?.trim().toLowerCase().startsWith("@microsoft.keyvault(") === true;

const lacking = (names: readonly string[], set: object): string[] => {
  const missing = names.filter((name) => !(name in set));
  const [first] = names.filter((name) => name in set);
  return first === undefined ? [] : missing.map((name) => `${name}: is not set, and ${first} is`);
};

function toProblem({ path, kind, message }: v.BaseIssue<unknown>): string {
  const setting = path?.[0];
  return `${String(setting?.key)}: ${kind === "schema" && setting?.value === undefined ? "is not set" : message}`;
}

/** The rules have seen to it that exactly one of them is set. */
const tablesOf = ({ KEYMEND_TABLE_CONNECTION_STRING: connectionString, KEYMEND_TABLE_ENDPOINT: endpoint }: Written): Config["tables"] =>
  connectionString === undefined ? { endpoint: endpoint! } : { connectionString };

/** "The primary host name for the app" (Microsoft Learn, "Environment variables and app settings in Azure App Service"). */
const dashboardAt = (host: string | undefined): string | null => (host ? `https://${host}/api/dashboard/#/incidents/{id}` : null);

/** Each channel is set as a whole, or not at all. */
const tellingOf = (written: Written, unresolved: string[], dashboard: string | null): Telling => ({
  topic: written.KEYMEND_OUTCOME_TOPIC_ENDPOINT ?? null,
  teams: written.KEYMEND_TEAMS_WEBHOOK ?? null,
  webhook: written.KEYMEND_WEBHOOK === undefined ? null : { url: written.KEYMEND_WEBHOOK, secrets: written.KEYMEND_WEBHOOK_SECRET! },
  mail:
    written.KEYMEND_MAIL_ENDPOINT === undefined
      ? null
      : { endpoint: written.KEYMEND_MAIL_ENDPOINT, from: written.KEYMEND_MAIL_FROM!, to: written.KEYMEND_MAIL_TO! },
  link: written.KEYMEND_LINK ?? dashboard,
  pace: { digestMs: written.KEYMEND_DIGEST, quietHours: written.KEYMEND_QUIET_HOURS ?? null },
  unresolved,
});

function normalize(written: Written): Omit<Config, "telling" | "listeners"> {
  return {
    settings: {
      mode: written.KEYMEND_MODE,
      expiryLeadMs: written.KEYMEND_EXPIRY_LEAD,
      expiryExtensionMs: written.KEYMEND_EXPIRY_EXTENSION,
      expiryMaxExtensions: written.KEYMEND_EXPIRY_MAX_EXTENSIONS,
      expiryHorizonMs: written.KEYMEND_EXPIRY_HORIZON,
      approvalTtlMs: written.KEYMEND_APPROVAL_TTL,
      knownGoodAfterMs: written.KEYMEND_KNOWN_GOOD_AFTER,
      repeatWindowMs: written.KEYMEND_REPEAT_WINDOW,
      settleMs: written.KEYMEND_SETTLE,
      maxAffectedVaults: written.KEYMEND_MAX_AFFECTED_VAULTS,
      stormWindowMs: written.KEYMEND_STORM_WINDOW,
      maxVaultsAtOnce: written.KEYMEND_MAX_VAULTS_AT_ONCE,
      quorum: written.KEYMEND_QUORUM,
      causes: written.KEYMEND_CAUSES,
      privilegedCallers: written.KEYMEND_PRIVILEGED_CALLERS,
      logWorkspace: written.KEYMEND_LOG_WORKSPACE ?? null,
      functionAppId: written.KEYMEND_FUNCTION_APP ?? null,
      deadLetters: written.KEYMEND_DEAD_LETTERS ?? null,
      armFrom: written.KEYMEND_ARM_FROM,
      supportContact: written.KEYMEND_SUPPORT_CONTACT ?? null,
      principals: written.KEYMEND_IDENTITIES.principals,
      allowed: written.KEYMEND_ALLOWED_REPAIRS,
    },
    cloud: written.KEYMEND_CLOUD,
    tenantId: written.KEYMEND_TENANT_ID,
    subscriptionIds: written.KEYMEND_SUBSCRIPTIONS,
    clientIds: written.KEYMEND_IDENTITIES.clientIds,
    firstPartyPrincipalId: written.KEYMEND_FIRST_PARTY_PRINCIPAL_ID ?? null,
    apiAudiences: written.KEYMEND_API_AUDIENCE,
    dashboard: {
      clientId: written.KEYMEND_API_AUDIENCE.find((audience) => GUID.test(audience))?.toLowerCase() ?? null,
      loginHost: written.KEYMEND_LOGIN_HOST ?? CLOUDS[written.KEYMEND_CLOUD].login,
    },
    tables: tablesOf(written),
    tableNames: {
      incidents: written.KEYMEND_TABLE_INCIDENTS,
      audit: written.KEYMEND_TABLE_AUDIT,
      baseline: written.KEYMEND_TABLE_BASELINE,
    },
    anchors:
      written.KEYMEND_ANCHOR_CONTAINER === undefined
        ? null
        : { container: written.KEYMEND_ANCHOR_CONTAINER.replace(/\/+$/, ""), retentionMs: written.KEYMEND_ANCHOR_RETENTION },
    schedules: {
      sweep: written.KEYMEND_SWEEP_SCHEDULE,
      recheck: written.KEYMEND_RECHECK_SCHEDULE,
      housekeeping: written.KEYMEND_HOUSEKEEPING_SCHEDULE,
    },
  };
}

/** At the start: a wrong configuration stops it, with every problem on a line of its own. */
export function configure(env: Record<string, string | undefined>): Config {
  try {
    return readConfig(env);
  } catch (error) {
    if (error instanceof ConfigError)
      console.error(["The app settings are wrong:", ...error.problems.map((problem) => `  ${problem}`)].join("\n"));
    throw error;
  }
}

import { globSync, readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { readConfig, SETTING_DEFAULTS, SETTING_NAMES } from "../src/config.ts";
import { ConfigError } from "../src/domain/errors.ts";
import { DAY, HOUR } from "../src/domain/time.ts";

const GUID = "0b1f6471-1bf0-4dda-aec3-cb9272f09590";
const OTHER = "22222222-0000-4000-8000-00000000000A";

type Env = Record<string, string | undefined>;

/** The least that works. */
const LEAST: Env = {
  KEYMEND_SUBSCRIPTIONS: GUID,
  KEYMEND_TENANT_ID: GUID,
  KEYMEND_IDENTITIES: `observe=${GUID}:${OTHER}`,
  KEYMEND_API_AUDIENCE: "api://keymend",
  KEYMEND_TABLE_ENDPOINT: "https://keymend.table.core.windows.net",
};

function problemsOf(env: Env): string[] {
  try {
    readConfig(env);
  } catch (error) {
    if (error instanceof ConfigError) return error.problems;
    throw error;
  }
  return [];
}

const problemsWith = (over: Env): string[] => problemsOf({ ...LEAST, ...over });

test("no sentence but the guide's tells a default", () => {
  const files = [...globSync("src/**/*.ts"), ...globSync("{README,docs/*}.md")].filter((file) => file !== "docs/settings.md");
  const told = /KEYMEND\\?_[\w\\]+(?:`? \(|, )(?:\d+|[a-z]+) (?:day|hour|minute|second)s?\)/;
  expect(files.length).toBeGreaterThan(50);
  expect(files.filter((file) => told.test(readFileSync(file, "utf8")))).toEqual([]);
  expect("`KEYMEND_SETTLE` (a minute)").toMatch(told);
});

test("the least that works has the defaults, and writes nothing", () => {
  expect(readConfig(LEAST)).toEqual({
    settings: {
      mode: "observe",
      expiryLeadMs: 30 * DAY,
      expiryExtensionMs: 90 * DAY,
      expiryMaxExtensions: 3,
      expiryHorizonMs: 365 * DAY,
      approvalTtlMs: DAY,
      knownGoodAfterMs: DAY,
      repeatWindowMs: 7 * DAY,
      settleMs: 60_000,
      maxAffectedVaults: 10,
      maxVaultsAtOnce: 10,
      quorum: 1,
      stormWindowMs: HOUR,
      allowed: [],
      causes: {},
      privilegedCallers: [],
      logWorkspace: null,
      functionAppId: null,
      deadLetters: null,
      armFrom: "heal",
      supportContact: null,
      principals: { observe: OTHER.toLowerCase() },
    },
    cloud: "AzureCloud",
    tenantId: GUID,
    subscriptionIds: [GUID],
    clientIds: { observe: GUID },
    anchors: null,
    firstPartyPrincipalId: null,
    apiAudiences: ["api://keymend"],
    dashboard: { clientId: null, loginHost: "https://login.microsoftonline.com" },
    tables: { endpoint: "https://keymend.table.core.windows.net" },
    tableNames: { incidents: "incidents", audit: "audit", baseline: "baseline" },
    schedules: { sweep: "0 */5 * * * *", recheck: "30 */2 * * * *", housekeeping: "0 30 3 * * *" },
    telling: {
      topic: null,
      teams: null,
      webhook: null,
      mail: null,
      link: null,
      pace: { digestMs: 15 * 60_000, quietHours: null },
      unresolved: [],
    },
    listeners: { insights: null, otlp: false },
  });
});

test("can't be changed once it is read", () => {
  expect(Object.isFrozen(readConfig(LEAST))).toBe(true);
});

describe("every setting is read", () => {
  const settings = (name: string, value: string) => readConfig({ ...LEAST, [name]: value });
  const MODES = ["observe", "approve", "heal"];

  test.each(MODES)("mode %s", (mode) => {
    expect(settings("KEYMEND_MODE", mode).settings.mode).toBe(mode);
  });

  const APP = `/subscriptions/${GUID}/resourceGroups/rg/providers/Microsoft.Web/sites/func-keymend`;
  const EVENTS = `/subscriptions/${GUID}/resourceGroups/rg/providers/Microsoft.ManagedIdentity/userAssignedIdentities/id-events`;
  const STORAGE = `/subscriptions/${GUID}/resourceGroups/rg/providers/Microsoft.Storage/storageAccounts/st1`;
  const CONTACT = {
    firstName: "Ada",
    lastName: "King Lovelace",
    email: "ada@contoso.example",
    country: "GBR",
    timeZone: "GMT Standard Time",
    diagnostics: false,
  };
  const ROWS: [name: string, value: string, expected: object][] = [
    ["KEYMEND_CLOUD", "AzureChinaCloud", { cloud: "AzureChinaCloud" }],
    ["KEYMEND_SUBSCRIPTIONS", ` ${GUID} , ${OTHER},`, { subscriptionIds: [GUID, OTHER.toLowerCase()] }],
    ["KEYMEND_TENANT_ID", ` ${OTHER} `, { tenantId: OTHER.toLowerCase() }],
    [
      "KEYMEND_IDENTITIES",
      `Keys = ${OTHER}:${GUID}, observe=${GUID} : ${OTHER},`,
      {
        clientIds: { observe: GUID, keys: OTHER.toLowerCase() },
        settings: { principals: { observe: OTHER.toLowerCase(), keys: GUID } },
      },
    ],
    ["KEYMEND_ALLOWED_REPAIRS", "vaults, clusters,", { settings: { allowed: ["vaults", "clusters"] } }],
    ["KEYMEND_FIRST_PARTY_PRINCIPAL_ID", OTHER, { firstPartyPrincipalId: OTHER.toLowerCase() }],
    ["KEYMEND_API_AUDIENCE", `api://keymend, ${GUID}`, { apiAudiences: ["api://keymend", GUID] }],
    ["KEYMEND_API_AUDIENCE", `api://keymend, ${OTHER}`, { dashboard: { clientId: OTHER.toLowerCase() } }],
    ["KEYMEND_CLOUD", "AzureUSGovernment", { dashboard: { loginHost: "https://login.microsoftonline.us" } }],
    ["KEYMEND_LOGIN_HOST", " http://127.0.0.1:8080 ", { dashboard: { loginHost: "http://127.0.0.1:8080" } }],
    ["KEYMEND_TABLE_INCIDENTS", "Incidents2", { tableNames: { incidents: "Incidents2" } }],
    ["KEYMEND_TABLE_AUDIT", "a12", { tableNames: { audit: "a12" } }],
    ["KEYMEND_TABLE_BASELINE", "b".repeat(63), { tableNames: { baseline: "b".repeat(63) } }],
    ["KEYMEND_ANCHOR_CONTAINER", "https://a.example/b/", { anchors: { container: "https://a.example/b", retentionMs: 365 * DAY } }],
    ["KEYMEND_SWEEP_SCHEDULE", " 0 0 * * * * ", { schedules: { sweep: "0 0 * * * *" } }],
    ["KEYMEND_RECHECK_SCHEDULE", "0 * * * * *", { schedules: { recheck: "0 * * * * *" } }],
    ["KEYMEND_HOUSEKEEPING_SCHEDULE", "0 0 4 * * 1", { schedules: { housekeeping: "0 0 4 * * 1" } }],
    ["KEYMEND_EXPIRY_LEAD", "P14DT12H", { settings: { expiryLeadMs: 14 * DAY + 12 * HOUR } }],
    ["KEYMEND_EXPIRY_EXTENSION", " P31D ", { settings: { expiryExtensionMs: 31 * DAY } }],
    ["KEYMEND_EXPIRY_MAX_EXTENSIONS", "0", { settings: { expiryMaxExtensions: 0 } }],
    ["KEYMEND_EXPIRY_HORIZON", "P2Y", { settings: { expiryHorizonMs: 730 * DAY } }],
    ["KEYMEND_REPEAT_WINDOW", "P2D", { settings: { repeatWindowMs: 2 * DAY } }],
    ["KEYMEND_MAX_AFFECTED_VAULTS", "25", { settings: { maxAffectedVaults: 25 } }],
    ["KEYMEND_MAX_VAULTS_AT_ONCE", "3", { settings: { maxVaultsAtOnce: 3 } }],
    ["KEYMEND_QUORUM", "2", { settings: { quorum: 2 } }],
    ["KEYMEND_STORM_WINDOW", "PT10M", { settings: { stormWindowMs: 600_000 } }],
    ["KEYMEND_SETTLE", "PT30S", { settings: { settleMs: 30_000 } }],
    ["KEYMEND_APPROVAL_TTL", "PT8H", { settings: { approvalTtlMs: 8 * HOUR } }],
    ["KEYMEND_KNOWN_GOOD_AFTER", "P7D", { settings: { knownGoodAfterMs: 7 * DAY } }],
    ["KEYMEND_LOG_WORKSPACE", ` ${OTHER} `, { settings: { logWorkspace: OTHER.toLowerCase() } }],
    ["KEYMEND_PRIVILEGED_CALLERS", `${GUID},${OTHER}`, { settings: { privilegedCallers: [GUID, OTHER.toLowerCase()] } }],
    ["KEYMEND_CAUSES", "KeyDisabled=auto, KeyExpired = ask,", { settings: { causes: { KeyDisabled: "auto", KeyExpired: "ask" } } }],
    ["KEYMEND_FUNCTION_APP", ` ${APP}/`, { settings: { functionAppId: APP } }],
    [
      "KEYMEND_DEAD_LETTERS",
      ` ${EVENTS} = ${STORAGE}/blobServices/default/containers/dead-letters `,
      { settings: { deadLetters: { identityId: EVENTS, storageId: STORAGE, container: "dead-letters" } } },
    ],
    [
      "KEYMEND_SUPPORT_CONTACT",
      " firstName=Ada, lastName=King Lovelace, email=ada@contoso.example, country=gbr, TIMEZONE=GMT Standard Time,",
      { settings: { supportContact: CONTACT } },
    ],
    [
      "KEYMEND_SUPPORT_CONTACT",
      "timeZone=GMT Standard Time, country=GBR, email=ada@contoso.example, lastName=King Lovelace, firstName=Ada, diagnostics=yes",
      { settings: { supportContact: { ...CONTACT, diagnostics: true } } },
    ],
    ["KEYMEND_ARM_FROM", "approve", { settings: { armFrom: "approve" } }],
    ["KEYMEND_TEAMS_WEBHOOK", "https://t.example/w?sig=1", { telling: { teams: "https://t.example/w?sig=1" } }],
    ["KEYMEND_LINK", "https://k.example/#{id}", { telling: { link: "https://k.example/#{id}" } }],
    ["KEYMEND_DIGEST", "PT1H", { telling: { pace: { digestMs: HOUR } } }],
    ["KEYMEND_QUIET_HOURS", " 22:00-06:00 ", { telling: { pace: { quietHours: { fromMs: 22 * HOUR, toMs: 6 * HOUR } } } }],
    ["KEYMEND_OUTCOME_TOPIC_ENDPOINT", "https://t.example/api/events", { telling: { topic: "https://t.example/api/events" } }],
  ];
  test.each(ROWS)("%s=%s", (name, value, expected) => {
    expect(settings(name, value)).toMatchObject(expected);
    expect(readConfig(LEAST)).not.toMatchObject(expected);
  });

  test("KEYMEND_ANCHOR_RETENTION=P2Y", () => {
    const env = { ...LEAST, KEYMEND_ANCHOR_CONTAINER: "https://a.example/b", KEYMEND_ANCHOR_RETENTION: "P2Y" };
    expect(readConfig(env).anchors).toEqual({ container: "https://a.example/b", retentionMs: 730 * DAY });
  });

  const SECRET = `whsec_${Buffer.alloc(24, 7).toString("base64")}`;
  const WEBHOOK = { KEYMEND_WEBHOOK: "https://hooks.example/k", KEYMEND_WEBHOOK_SECRET: `${SECRET}, ${SECRET}` };
  const MAIL = {
    KEYMEND_MAIL_ENDPOINT: "https://m.example",
    KEYMEND_MAIL_FROM: " k@m.example ",
    KEYMEND_MAIL_TO: "a@m.example, b@m.example",
  };

  test("people read incidents on the app's own dashboard where nothing else is set", () => {
    const at = (env: Env) => readConfig({ ...LEAST, ...env }).telling.link;
    expect(at({ WEBSITE_HOSTNAME: "k.azurewebsites.net" })).toBe("https://k.azurewebsites.net/api/dashboard/#/incidents/{id}");
    expect(at({ WEBSITE_HOSTNAME: "k.azurewebsites.net", KEYMEND_LINK: "https://k.example/{id}" })).toBe("https://k.example/{id}");
    expect(at({})).toBeNull();
  });

  test("a channel that takes more than one setting: all of them or none", () => {
    expect(readConfig({ ...LEAST, ...WEBHOOK, ...MAIL }).telling).toMatchObject({
      webhook: { url: "https://hooks.example/k", secrets: [SECRET, SECRET] },
      mail: { endpoint: "https://m.example", from: "k@m.example", to: ["a@m.example", "b@m.example"] },
    });
    expect(problemsWith({ ...WEBHOOK, KEYMEND_WEBHOOK_SECRET: "" })).toEqual([
      "KEYMEND_WEBHOOK_SECRET: is not set, and KEYMEND_WEBHOOK is",
    ]);
    expect(problemsWith({ KEYMEND_MAIL_TO: "a@m.example" })).toEqual([
      "KEYMEND_MAIL_ENDPOINT: is not set, and KEYMEND_MAIL_TO is",
      "KEYMEND_MAIL_FROM: is not set, and KEYMEND_MAIL_TO is",
    ]);
  });

  test("a secret that Azure could not resolve costs its channel, not the start, and is named; nothing of any other is said in a problem", () => {
    const lost = "@Microsoft.KeyVault(SecretUri=https://kv.vault.azure.net/secrets/teams)";
    const { telling } = readConfig({ ...LEAST, ...WEBHOOK, ...MAIL, KEYMEND_TEAMS_WEBHOOK: lost, KEYMEND_WEBHOOK_SECRET: lost });
    expect(telling).toMatchObject({ teams: null, webhook: null, unresolved: ["KEYMEND_WEBHOOK_SECRET", "KEYMEND_TEAMS_WEBHOOK"] });
    expect(telling.mail).not.toBeNull();
    const secret = "whsec_short";
    expect(problemsWith({ ...WEBHOOK, KEYMEND_WEBHOOK_SECRET: secret, KEYMEND_TEAMS_WEBHOOK: secret }).join()).not.toContain(secret);
  });

  const ELSEWHERE = [
    ...Object.keys(WEBHOOK),
    ...Object.keys(MAIL),
    "KEYMEND_ANCHOR_RETENTION",
    "KEYMEND_MODE",
    "KEYMEND_TABLE_CONNECTION_STRING",
    "KEYMEND_TABLE_ENDPOINT",
  ];

  test("and none is declared that nobody reads: a row above shows what it changes", () => {
    expect([...new Set([...ROWS.map(([name]) => name), ...ELSEWHERE])].toSorted()).toEqual(SETTING_NAMES.toSorted());
  });

  test("and what is read of it is used", () => {
    const code = globSync("src/**/*.ts", { exclude: ["src/config.ts", "src/domain/settings.ts"] }).map((file) =>
      readFileSync(file, "utf8"),
    );
    const { settings: rules, ...edge } = readConfig(LEAST);
    const names = [...Object.keys(rules), ...Object.keys(edge)];
    expect(names.length).toBeGreaterThan(15);
    expect(names.filter((name) => !code.some((text) => new RegExp(String.raw`\b${name}\b`).test(text)))).toEqual([]);
  });

  test("KEYMEND_TABLE_CONNECTION_STRING instead of the endpoint", () => {
    const env = { ...LEAST, KEYMEND_TABLE_ENDPOINT: undefined, KEYMEND_TABLE_CONNECTION_STRING: "UseDevelopmentStorage=true" };
    expect(readConfig(env).tables).toEqual({ connectionString: "UseDevelopmentStorage=true" });
  });

  test("what is none of ours is not looked at", () => {
    expect(readConfig({ ...LEAST, PATH: "/bin", keymend_mode: "x", WEBSITE_SITE_NAME: "keymend" })).toEqual(readConfig(LEAST));
  });
});

describe("the defaults stand here alone", () => {
  const read = (file: string): string => readFileSync(file, "utf8");
  const isRequired = (name: string): boolean => problemsWith({ [name]: undefined }).length > 0;

  test("as each would be written", () => {
    for (const [name, value] of Object.entries(SETTING_DEFAULTS).filter(([, text]) => text !== ""))
      expect(readConfig({ ...LEAST, [name]: value })).toEqual(readConfig(LEAST));
    expect(SETTING_DEFAULTS).toMatchObject({ KEYMEND_MODE: "observe", KEYMEND_SWEEP_SCHEDULE: "0 */5 * * * *", KEYMEND_TENANT_ID: "" });
  });

  const sample = (JSON.parse(read("local.settings.sample.json")) as { Values: Env }).Values;
  const placeholders = ["SUBSCRIPTIONS", "TENANT_ID", "IDENTITIES", "API_AUDIENCE", "TABLE_CONNECTION_STRING"].map(
    (name) => `KEYMEND_${name}`,
  );

  test("the sample has every setting, with its default but where it must hold the place of another", () => {
    const named = Object.entries(sample).filter(([name]) => name.startsWith("KEYMEND_"));
    expect(named.map(([name]) => name)).toEqual(SETTING_NAMES);
    expect(Object.fromEntries(named.filter(([name]) => !placeholders.includes(name)))).toEqual(
      Object.fromEntries(Object.entries(SETTING_DEFAULTS).filter(([name]) => !placeholders.includes(name))),
    );
    const placeholder = { principals: { observe: "00000000-0000-0000-0000-000000000000" } };
    expect(readConfig(sample).settings).toEqual({ ...readConfig(LEAST).settings, ...placeholder });
  });

  const guide = [...read("docs/settings.md").matchAll(/^\| `(KEYMEND_\w+)` +\|.*\| (.*?) +\|$/gm)].map(([, name, said]) => [name!, said!]);

  test("the guide has every setting", () => {
    expect(guide.map(([name]) => name).toSorted()).toEqual(SETTING_NAMES.toSorted());
  });

  test.each(guide)("the guide says of %s: %s", (name, said) => {
    const value = /^`(.*)`$/.exec(said)?.[1];
    if (value !== undefined) expect(value).toBe(SETTING_DEFAULTS[name]);
    else {
      expect(SETTING_DEFAULTS[name]).toBe("");
      expect(said.startsWith("required")).toBe(isRequired(name));
    }
  });

  test("the deployment decides what has none, and has the others from parameters with the same", () => {
    const bicep = [...read("infra/modules/app.bicep").matchAll(/^ {2}(KEYMEND_\w+): (.*)$/gm)].map(([, name, value]) => ({
      name: name!,
      value: value!,
    }));
    expect(bicep.filter(({ name }) => !SETTING_NAMES.includes(name))).toEqual([]);
    expect(bicep.filter(({ value }) => value.includes("'") && !/^(?:join|resourceId)\(/.test(value))).toEqual([]);
    expect(SETTING_NAMES.filter((name) => isRequired(name) && !bicep.some((set) => set.name === name))).toEqual([]);
    const defaultOf = (parameter: string): string | undefined =>
      new RegExp(`^param ${parameter} string = '(\\w+)'`, "m").exec(read("infra/main.bicep"))?.[1];
    // Nobody is asked for the cloud: Azure knows.
    expect(bicep).toContainEqual({ name: "KEYMEND_CLOUD", value: "environment().name" });
    const decided = bicep.filter(({ name }) => SETTING_DEFAULTS[name] !== "" && name !== "KEYMEND_CLOUD");
    expect(decided.map(({ name }) => name)).toContain("KEYMEND_MODE");
    expect(decided.map(({ value }) => defaultOf(value))).toEqual(decided.map(({ name }) => SETTING_DEFAULTS[name]));
  });
});

describe("an empty setting counts as not set", () => {
  const optional = SETTING_NAMES.filter((name) => !(name in LEAST));

  test.each(optional)("%s", (name) => {
    expect(readConfig({ ...LEAST, [name]: " " })).toEqual(readConfig(LEAST));
  });

  test.each(Object.keys(LEAST).filter((name) => name !== "KEYMEND_TABLE_ENDPOINT"))("%s must be set", (name) => {
    for (const value of ["", "  ", undefined]) expect(problemsWith({ [name]: value })).toEqual([`${name}: is not set`]);
  });
});

describe("a wrong setting is named, with what is expected", () => {
  const causes = expect.stringMatching(/^KEYMEND_CAUSES: every entry must be CAUSE=auto or CAUSE=ask, with a cause of: .*KeyExpired/);
  const table = "must be 3 to 63 letters and digits, beginning with a letter";
  const duration = "must be an ISO 8601 duration longer than nothing, such as P30D or PT12H";
  const identity =
    "every entry must be CAPABILITY=CLIENT_ID:PRINCIPAL_ID, with a capability of: observe, keys, access, databases, vaults, support";
  const deadLetters = "must be IDENTITY=CONTAINER, by the resource ids of a user-assigned identity and of a blob container";
  const ID = `/subscriptions/${GUID}/resourceGroups/rg/providers/Microsoft.ManagedIdentity/userAssignedIdentities/id-events`;
  const contact =
    "must be firstName=..., lastName=..., email=..., country=<three letters>, timeZone=..., and diagnostics=yes where support may look";
  const whole = "firstName=Ada, lastName=King, email=ada@contoso.example, country=GBR, timeZone=GMT Standard Time";
  const schedule = "must be an NCRONTAB expression of six fields";

  test.each<[string, string, unknown]>([
    ["KEYMEND_MODE", "Heal", "must be observe, approve or heal"],
    ["KEYMEND_CLOUD", "AzureGermanCloud", "must be one of AzureCloud, AzureUSGovernment, AzureChinaCloud"],
    ["KEYMEND_SUBSCRIPTIONS", `${GUID},production`, "every entry must be a GUID"],
    ["KEYMEND_SUBSCRIPTIONS", ",", "must name at least one subscription"],
    ["KEYMEND_TENANT_ID", "contoso.onmicrosoft.com", "must be a GUID"],
    ["KEYMEND_IDENTITIES", `observe=${GUID}`, identity],
    ["KEYMEND_IDENTITIES", `observe=${GUID}:${GUID},secrets=${GUID}:${GUID}`, identity],
    ["KEYMEND_IDENTITIES", `keys=${GUID}:${GUID}`, "must name an identity for observe"],
    ["KEYMEND_IDENTITIES", `observe=${GUID}:${GUID},observe=${OTHER}:${GUID}`, "names a capability twice"],
    ["KEYMEND_ALLOWED_REPAIRS", "vaults,keys", "every entry must be one of: accessPolicies, vaults, identities, clusters, revocations"],
    ["KEYMEND_FIRST_PARTY_PRINCIPAL_ID", "{}", "must be a GUID"],
    ["KEYMEND_API_AUDIENCE", " , ", "must name at least one audience"],
    ["KEYMEND_LOGIN_HOST", "http://login.example", "must be the https:// address of a host, without a path"],
    ["KEYMEND_LOGIN_HOST", "https://login.example/tenant", "must be the https:// address of a host, without a path"],
    ["KEYMEND_TABLE_ENDPOINT", "http://keymend.table.core.windows.net", "must be an https:// URL"],
    ["KEYMEND_TEAMS_WEBHOOK", "https://hooks.example:port/w?sig=1", "must be an https:// URL"],
    ["KEYMEND_OUTCOME_TOPIC_ENDPOINT", "t.example", "must be an https:// URL"],
    ["KEYMEND_TEAMS_WEBHOOK", "http://t.example", "must be an https:// URL"],
    ["KEYMEND_LINK", "https://k.example/", "must hold {id}, which an incident's id takes the place of"],
    ["KEYMEND_SUPPORT_CONTACT", "on", contact],
    ["KEYMEND_SUPPORT_CONTACT", whole.replace("firstName=Ada, ", ""), contact],
    ["KEYMEND_SUPPORT_CONTACT", whole.replace("Ada", " "), contact],
    ["KEYMEND_SUPPORT_CONTACT", whole.replace("GBR", "UK"), contact],
    ["KEYMEND_SUPPORT_CONTACT", whole.replace("@", " at "), contact],
    ["KEYMEND_SUPPORT_CONTACT", `${whole}, phone=1`, contact],
    ["KEYMEND_SUPPORT_CONTACT", `${whole}, constructor=1`, contact],
    ["KEYMEND_SUPPORT_CONTACT", `${whole}, diagnostics=maybe`, contact],
    ["KEYMEND_SUPPORT_CONTACT", `${whole}, email=bob@contoso.example`, contact],
    ["KEYMEND_QUIET_HOURS", "22-6", "must be hours of the day in UTC, 16 at most, such as 22:00-06:00"],
    ["KEYMEND_DIGEST", "1h", "must be an ISO 8601 duration longer than nothing, such as P30D or PT12H"],
    ["KEYMEND_TABLE_INCIDENTS", "1st", table],
    ["KEYMEND_TABLE_AUDIT", "ab", table],
    ["KEYMEND_TABLE_BASELINE", "base-line", table],
    ["KEYMEND_SWEEP_SCHEDULE", "*/5 * * * *", schedule],
    ["KEYMEND_HOUSEKEEPING_SCHEDULE", "daily", schedule],
    ["KEYMEND_EXPIRY_LEAD", "30", duration],
    ["KEYMEND_EXPIRY_LEAD", "PT0S", duration],
    ["KEYMEND_EXPIRY_EXTENSION", "90 days", duration],
    ["KEYMEND_EXPIRY_HORIZON", "-P1D", duration],
    ["KEYMEND_APPROVAL_TTL", "P", duration],
    ["KEYMEND_EXPIRY_MAX_EXTENSIONS", "-1", "must be a whole number from 0 to 999"],
    ["KEYMEND_EXPIRY_MAX_EXTENSIONS", "3.5", "must be a whole number from 0 to 999"],
    ["KEYMEND_LOG_WORKSPACE", "/subscriptions/s/workspaces/log", "must be a GUID"],
    ["KEYMEND_PRIVILEGED_CALLERS", "ada@example.com", "every entry must be a GUID"],
    ["KEYMEND_DEAD_LETTERS", "id-events=dead-letters", deadLetters],
    ["KEYMEND_DEAD_LETTERS", `${ID}=${ID}`, deadLetters],
    ["KEYMEND_DEAD_LETTERS", ID, deadLetters],
    ["KEYMEND_CAUSES", "KeyExpired=auto,KeyExpired=ask", "names a cause twice"],
  ])("%s=%s", (name, value, problem) => {
    expect(problemsWith({ [name]: value })).toEqual([`${name}: ${String(problem)}`]);
  });

  test.each(["KeyExpired", "KeyExpired=auto=x", "KeyExpired=never", "keyexpired=auto", "NoSuchCause=ask", "KeyGone=auto", "=auto"])(
    "KEYMEND_CAUSES=%s",
    (value) => {
      expect(problemsWith({ KEYMEND_CAUSES: value })).toEqual([causes]);
    },
  );

  test("one that is wrong twice is told once", () => {
    expect(problemsWith({ KEYMEND_SUBSCRIPTIONS: "a,b" })).toEqual(["KEYMEND_SUBSCRIPTIONS: every entry must be a GUID"]);
  });

  test("no answer repeats a value, which may be a secret", () => {
    const secret = "AccountKey=abcdef";
    const env = {
      ...LEAST,
      KEYMEND_TABLE_CONNECTION_STRING: secret,
      KEYMEND_CAUSES: secret,
      KEYMEND_MODE: secret,
      KEYMEND_TENANT_ID: secret,
    };
    expect(problemsOf(env).join("\n")).not.toContain("abcdef");
  });
});

describe("rules over several settings", () => {
  const lead = "must be longer than KEYMEND_EXPIRY_LEAD";

  test.each<[string, Env, string[]]>([
    [
      "tables have to be somewhere",
      { KEYMEND_TABLE_ENDPOINT: undefined },
      ["KEYMEND_TABLE_ENDPOINT: set it (or KEYMEND_TABLE_CONNECTION_STRING for local development)"],
    ],
    [
      "but not in two places",
      { KEYMEND_TABLE_CONNECTION_STRING: "UseDevelopmentStorage=true" },
      ["KEYMEND_TABLE_CONNECTION_STRING: set either this or KEYMEND_TABLE_ENDPOINT, not both"],
    ],
    [
      "outcomes need a token that is documented in the cloud",
      { KEYMEND_CLOUD: "AzureUSGovernment", KEYMEND_OUTCOME_TOPIC_ENDPOINT: "https://t.example/api/events" },
      ["KEYMEND_OUTCOME_TOPIC_ENDPOINT: must not be set in this cloud: what the tokens of Event Grid are for is not documented there"],
    ],
    [
      "an extension that ends within the lead time would be due again at once",
      { KEYMEND_EXPIRY_EXTENSION: "P30D" },
      [`KEYMEND_EXPIRY_EXTENSION: ${lead}`],
    ],
    ["so would one that the horizon cuts short", { KEYMEND_EXPIRY_HORIZON: "P30D" }, [`KEYMEND_EXPIRY_HORIZON: ${lead}`]],
    [
      "a lead time longer than both",
      { KEYMEND_EXPIRY_LEAD: "P2Y" },
      [`KEYMEND_EXPIRY_EXTENSION: ${lead}`, `KEYMEND_EXPIRY_HORIZON: ${lead}`],
    ],
  ])("%s", (_, over, problems) => {
    expect(problemsWith(over)).toEqual(problems);
  });

  test("are no more than that: a day longer than the lead time is enough", () => {
    expect(problemsWith({ KEYMEND_EXPIRY_EXTENSION: "P31D", KEYMEND_EXPIRY_HORIZON: "P31D" })).toEqual([]);
  });

  test("about a setting that can't be read are not guessed at", () => {
    expect(problemsWith({ KEYMEND_EXPIRY_LEAD: "soon" })).toEqual([expect.stringMatching(/^KEYMEND_EXPIRY_LEAD: must be an ISO 8601/)]);
  });
});

describe("all problems come at once", () => {
  test("wrong, missing, contradicting and unknown settings in one error", () => {
    const env = {
      KEYMEND_MODE: "on",
      KEYMEND_SUBSCRIPTIONS: GUID,
      KEYMEND_API_AUDIENCE: "api://keymend",
      KEYMEND_EXPIRY_LEAD: "P100D",
      KEYMEND_EXPIRYLEAD: "P30D",
      KEYMEND_UNKNOWN: "",
    };
    expect(problemsOf(env)).toEqual([
      "KEYMEND_MODE: must be observe, approve or heal",
      "KEYMEND_TENANT_ID: is not set",
      "KEYMEND_IDENTITIES: is not set",
      "KEYMEND_TABLE_ENDPOINT: set it (or KEYMEND_TABLE_CONNECTION_STRING for local development)",
      "KEYMEND_EXPIRY_EXTENSION: must be longer than KEYMEND_EXPIRY_LEAD",
      "KEYMEND_EXPIRYLEAD: there is no such setting",
      "KEYMEND_UNKNOWN: there is no such setting",
    ]);
    expect(() => readConfig(env)).toThrow("the configuration has 7 problem(s): KEYMEND_MODE");
  });

  test("an unknown setting alone is a mistake too: it is a misspelt one", () => {
    expect(problemsWith({ KEYMEND_MODUS: "heal" })).toEqual(["KEYMEND_MODUS: there is no such setting"]);
  });
});

test.each<[string, Env, object]>([
  ["nobody", {}, { insights: null, otlp: false }],
  [
    "Application Insights",
    { APPLICATIONINSIGHTS_CONNECTION_STRING: "a=b" },
    { insights: { connectionString: "a=b", clientId: null }, otlp: false },
  ],
  [
    "Application Insights, as the identity that may write there",
    { APPLICATIONINSIGHTS_CONNECTION_STRING: "a=b", APPLICATIONINSIGHTS_AUTHENTICATION_STRING: `ClientId=${GUID};Authorization=AAD` },
    { insights: { connectionString: "a=b", clientId: GUID }, otlp: false },
  ],
  ["a collector", { OTEL_EXPORTER_OTLP_ENDPOINT: "http://127.0.0.1:4318" }, { insights: null, otlp: true }],
  [
    "nobody, where that is said",
    { OTEL_SDK_DISABLED: "TRUE", APPLICATIONINSIGHTS_CONNECTION_STRING: "a=b", OTEL_EXPORTER_OTLP_ENDPOINT: "http://x" },
    { insights: null, otlp: false },
  ],
])("traces and metrics are told to %s", (_, env, listeners) => expect(readConfig({ ...LEAST, ...env }).listeners).toEqual(listeners));

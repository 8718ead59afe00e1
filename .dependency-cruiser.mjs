import { fileURLToPath } from "node:url";

// Who may import whom: domain ← activities ← functions ← composition; domain ← orchestrations ← functions; domain ← azure, storage ← composition; composition ← main.
const barred = (name, from, to, comment) => ({ name, ...(comment && { comment }), severity: "error", from, to });

/** Of the house it may use what is allowed, and nothing else. */
const only = (name, from, allowed, comment) => barred(name, { path: from }, { path: "^(src|sandbox|test)/", pathNot: allowed }, comment);

/**
 * A floor plan: each room with the rooms below it that it may use, the lowest first. Nothing else of the house is open to it, so no arrow
 * leads up and there is no circle between rooms; one that is not in the plan may use nothing at all.
 */
const rooms = (name, house, plan) => [
  ...Object.entries(plan).map(([room, below]) =>
    barred(
      `${name}-${room}`,
      { path: `^${house}/${room}/` },
      { path: `^${house}/[^/]+/`, pathNot: `^${house}/(${[room, ...below].join("|")})/` },
    ),
  ),
  barred(`${name}-rooms-are-in-the-plan`, { path: `^${house}/[^/]+/`, pathNot: `^${house}/(${Object.keys(plan).join("|")})/` }, {}),
];

/** What stands there is known: anything else neither imports nor is imported. */
const known = (name, inside, all, comment) => [
  barred(name, { path: inside, pathNot: all }, {}, comment),
  barred(`${name}-for-all`, {}, { path: inside, pathNot: all }, comment),
];

const SRC = ["activities", "api", "azure", "cli", "client", "dashboard", "domain", "functions", "orchestrations", "storage", "telemetry"];

const DOMAIN = {
  databases: [],
  access: ["databases"],
  steps: ["databases", "access"],
  mending: ["databases", "access", "steps"],
  causes: ["databases", "access", "steps", "mending"],
  operations: ["databases", "access", "steps", "mending"],
  plan: ["databases", "access", "steps", "mending", "causes", "operations"],
  reads: ["databases"],
  roles: ["databases", "access", "steps", "reads"],
  turn: ["databases", "access", "steps", "roles"],
  doctor: ["databases", "access", "steps", "turn"],
  telling: ["databases", "operations", "turn"],
};

const SANDBOX = {
  time: [],
  azure: ["time"],
  network: ["azure"],
  estate: ["azure"],
  running: ["time", "azure", "network", "estate"],
  stories: ["time", "azure", "estate", "running"],
  play: ["time", "azure", "estate", "running", "stories"],
  matrix: ["azure", "estate", "running", "stories", "play"],
  unknowns: ["azure", "estate", "stories", "matrix"],
  // A process of its own: it knows the app and Azure by their protocols.
  host: [],
};

/** Azure's parts: what all providers share lowest, the lists over all of them last. Shapes and the wire stand in its root. */
const AZURE = {
  authorization: [],
  entra: [],
  kql: [],
  monitor: ["authorization", "entra", "kql"],
  storage: ["authorization", "entra"],
  receivers: ["entra"],
  arm: ["authorization", "entra", "monitor"],
  keyvault: ["authorization", "entra", "monitor", "arm"],
  documentdb: ["authorization", "entra", "arm", "keyvault"],
  "managed-identity": ["authorization", "arm"],
  "event-grid": ["authorization", "entra", "arm"],
  "resource-graph": ["authorization", "kql", "keyvault", "documentdb", "managed-identity", "event-grid"],
  resources: ["authorization", "monitor", "arm", "documentdb"],
  support: [],
};

/** @type {import("dependency-cruiser").IConfiguration} */
// oxlint-disable-next-line import/no-default-export -- the tool reads the default export
export default {
  forbidden: [
    only("domain-is-pure", "^src/domain/", "^src/domain/", "the domain decides from values alone"),
    barred("domain-has-no-packages", { path: "^src/domain/" }, { dependencyTypes: ["core", "npm", "npm-dev", "npm-optional", "npm-peer"] }),
    ...rooms("domain", "src/domain", DOMAIN),
    barred(
      "domain-shapes-know-no-room",
      { path: "^src/domain/[^/]+\\.ts$", pathNot: "^src/domain/(arming|baseline|cause|incident|plan|what-to-read)\\.ts$" },
      { path: "^src/domain/[^/]+/" },
      "shapes and the readers of ids, URIs and times are what all rooms stand on",
    ),
    barred(
      "domain-root-is-below-the-causes",
      { path: "^src/domain/[^/]+\\.ts$" },
      { path: "^src/domain/[^/]+/", pathNot: "^src/domain/(databases|access|steps)/" },
    ),
    barred(
      "domain-root-names-steps",
      { path: "^src/domain/[^/]+\\.ts$" },
      { path: "^src/domain/steps/", dependencyTypesNot: ["type-only"] },
      "by type: a plan, an incident and a cause hold steps, and ask nothing of them",
    ),
    barred(
      "causes-are-causes-only",
      { pathNot: "^src/domain/causes/index\\.ts$" },
      { path: "^src/domain/causes/", pathNot: "^src/domain/causes/index\\.ts$" },
      "what two causes share belongs to mending; a cause is known to the registry",
    ),
    barred(
      "causes-are-asked-by-the-plan",
      { pathNot: "^src/(domain/(causes|plan)/|cli/|config\\.ts$)|^scripts/" },
      { path: "^src/domain/causes/" },
      "and listed by the settings and by what prints them",
    ),
    barred(
      "mending-is-for-causes-operations-and-plan",
      { pathNot: "^src/domain/(mending|causes|operations|plan)/" },
      { path: "^src/domain/mending/" },
    ),
    barred(
      "orchestrations-coordinate",
      { path: "^src/orchestrations/" },
      { path: "^(src|sandbox|test)/", pathNot: "^src/(orchestrations|domain)/", dependencyTypesNot: ["type-only"] },
      "orchestrations know activities by type and name only",
    ),
    barred(
      "orchestrations-do-no-io",
      { path: "^src/orchestrations/" },
      { dependencyTypes: ["core", "npm"], pathNot: "node_modules/durable-functions" },
    ),
    only(
      "activities-know-no-edge",
      "^src/activities/",
      "^src/(activities|domain)/|^src/log\\.ts$",
      "adapters reach activities through the composition",
    ),
    only("azure-translates", "^src/azure/", "^src/(azure|domain)/", "adapters know the domain's words and the SDKs"),
    only(
      "storage-keeps",
      "^src/storage/",
      "^src/(storage|domain|azure/(call-azure|classify-error|clients))",
      "storage knows the domain's words and the SDKs",
    ),
    only("telemetry-tells", "^src/telemetry/", "^src/(telemetry|domain)/", "what is told is measured by who tells it"),
    barred(
      "telemetry-is-loaded-by-itself",
      { path: "^src/", pathNot: "^src/telemetry/" },
      {
        path: "node_modules/@opentelemetry/|node_modules/@azure/monitor-opentelemetry-exporter/|^src/telemetry/(main|emitter)\\.ts$",
        dependencyTypesNot: ["type-only"],
      },
      "it takes longer to load than all else",
    ),
    only(
      "functions-call",
      "^src/functions/",
      "^src/(functions|api|activities|orchestrations|domain)/|^src/log\\.ts$",
      "triggers parse and call",
    ),
    only(
      "cli-looks-and-calls",
      "^src/cli/",
      "^src/(api|cli|client|domain|azure)/|^src/storage/(audit-chain|canonical-json)\\.ts$|^src/config\\.ts$|^src/activities/(gather-facts|patients)\\.ts$",
      "a composition root of its own: a deployment is spoken to by its API",
    ),
    barred(
      "cli-writes-nothing",
      { path: "^src/cli/" },
      { path: "^src/azure/(write-|patch-|post\\.|tell-|step-result)", dependencyTypesNot: ["type-only"] },
      "who looks from a laptop has no way to a write",
    ),
    barred("cli-is-a-top", { pathNot: "^src/cli/" }, { path: "^src/cli/" }, "the app knows nothing of it"),
    only("client-calls-by-the-contract", "^src/client/", "^src/(client|api)/", "what runs in a browser, too"),
    only(
      "api-is-said-in-values",
      "^src/api/",
      "^src/api/|^src/domain/[^/]+\\.ts$",
      "what is taken and answered is known to whoever calls, too: shapes and readers, and no rule",
    ),
    only(
      "dashboard-shows",
      "^src/dashboard/",
      "^src/(dashboard|client|api)/|^src/domain/([^/]+|turn/decidable|steps/step)\\.ts$",
      "a page in a browser: the client, the domain's words, and nothing that decides or runs beside Azure",
    ),
    barred(
      "dashboard-is-a-page",
      { path: "^src/", pathNot: "^src/dashboard/" },
      { path: "^src/dashboard/" },
      "what ships to browsers is built by itself (scripts/build.ts)",
    ),
    barred(
      "dashboard-needs-few",
      { path: "^src/dashboard/" },
      {
        dependencyTypes: ["core", "npm", "npm-dev", "npm-optional", "npm-peer"],
        pathNot: "node_modules/(preact|@azure/msal-browser|canonicalize)/",
      },
    ),
    ...known("src-rooms-are-known", "^src/[^/]+/", `^src/(${SRC.join("|")})/`, "a new room comes with its rules"),
    ...known(
      "src-root-is-known",
      "^src/[^/]+\\.ts$",
      "^src/(main|composition|environment|config|config-dead-letters|config-identities|config-listeners|config-support|log)\\.ts$",
      "everything else has a room",
    ),
    only(
      "src-root-knows-the-domain",
      "^src/(?!(main|composition|environment)\\.ts)[^/]+\\.ts$",
      "^src/(domain/|config-(dead-letters|identities|listeners|support)\\.ts$)",
      "settings and log lines are read by all rooms",
    ),
    only(
      "main-is-the-top",
      "^src/(?!(main|composition)\\.ts)",
      "^src/(?!(main|composition|environment)\\.ts)",
      "nothing imports the entry, and what is put together stands below it alone",
    ),
    barred(
      "composition-is-loaded-when-called",
      { path: "^src/" },
      { path: "^src/composition\\.ts$", dynamic: false, dependencyTypesNot: ["type-only"] },
      "a start waits for nothing that only work needs",
    ),
    barred(
      "azure-sdks-only-in-azure",
      { path: "^src/", pathNot: "^src/(azure|storage|telemetry)/|^src/composition\\.ts$" },
      { path: "node_modules/@azure/(arm-|keyvault|identity|eventgrid|data-tables|cosmos|monitor-|core-)" },
    ),
    only("sandbox-is-independent", "^sandbox/", "^sandbox/", "a misreading shared with the product would agree with itself"),
    ...rooms("sandbox", "sandbox", SANDBOX),
    barred("sandbox-entry-is-the-top", {}, { path: "^sandbox/main\\.ts$" }, "nothing imports what starts it all"),
    ...known("sandbox-root-is-known", "^sandbox/[^/]+\\.ts$", "^sandbox/main\\.ts$", "its root holds its entry alone"),
    ...rooms("sandbox-azure", "sandbox/azure", AZURE),
    barred(
      "sandbox-azure-root-knows-no-room",
      { path: "^sandbox/azure/[^/]+\\.ts$", pathNot: "^sandbox/azure/(azure|hosts)\\.ts$" },
      { path: "^sandbox/azure/[^/]+/" },
      "but what puts them together, and who answers at which host",
    ),
    barred("sandbox-azure-is-put-together-on-top", { path: "^sandbox/azure/[^/]+/" }, { path: "^sandbox/azure/(azure|hosts)\\.ts$" }),
    barred("no-circular", {}, { circular: true }),
  ],
  options: {
    doNotFollow: { path: "node_modules" },
    tsPreCompilationDeps: "specify",
    tsConfig: { fileName: fileURLToPath(new URL("tsconfig.json", import.meta.url)) },
  },
};

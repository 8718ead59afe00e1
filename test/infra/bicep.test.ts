import { globSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { beforeAll, describe, expect, test } from "vitest";
import { Language, type Node, Parser } from "web-tree-sitter";
import { type Arming, armingOf, subscriptionArmingOf } from "../../src/domain/arming.ts";
import { OPERATIONS } from "../../src/domain/signal.ts";
import type { StepDraft } from "../../src/domain/steps/step.ts";
import { APP_ID, someFacts, SUBSCRIPTION, SUBSCRIPTION_ID } from "../support/builders.ts";
import { stepSpecs } from "../../src/domain/steps/index.ts";

const files = globSync("infra/**/*.bicep").sort();
let parser: Parser;

beforeAll(async () => {
  await Parser.init();
  parser = new Parser();
  parser.setLanguage(await Language.load("node_modules/tree-sitter-bicep/tree-sitter-bicep.wasm"));
});

const parse = (text: string): Node => parser.parse(text)!.rootNode;

function errorsIn(node: Node): string[] {
  const own =
    node.isError || node.isMissing ? [`${node.startPosition.row + 1}:${node.startPosition.column + 1} ${node.text.slice(0, 60)}`] : [];
  return node.hasError ? [...own, ...node.children.flatMap((child) => (child ? errorsIn(child) : []))] : own;
}

describe("the Bicep files", () => {
  test("are found, and the parser tells a slip", () => {
    expect(files.length).toBeGreaterThanOrEqual(6);
    expect(errorsIn(parse("resource x 'y@1' = {\n  name: \n"))).not.toEqual([]);
  });

  test.each(files)("%s has no syntax error", (file) => {
    expect(errorsIn(parse(readFileSync(file, "utf8")))).toEqual([]);
  });

  test.each(files)("every module and resource that %s names exists", (file) => {
    const modules = [...readFileSync(file, "utf8").matchAll(/^module \w+ '([^']+)'/gm)].map((match) => join(dirname(file), match[1]!));
    expect(modules.filter((module) => !files.includes(module))).toEqual([]);
  });

  test.each(files)("%s passes every parameter that a module needs, and no other", (file) => {
    const modules = [...readFileSync(file, "utf8").matchAll(/^module \w+ '([^']+)' =[^{]*(\{[\s\S]*?^\}\]?)$/gm)];
    expect(modules.length > 0).toBe(/^module /m.test(readFileSync(file, "utf8")));
    for (const [, path, body] of modules) {
      const declared = [...readFileSync(join(dirname(file), path!), "utf8").matchAll(/^param (\w+)/gm)].map((match) => match[1]).sort();
      const passed = [...body!.split("params: {")[1]!.matchAll(/^ {4}(\w+):/gm)].map((match) => match[1]).sort();
      expect({ path, passed }).toEqual({ path, passed: declared });
    }
  });
});

describe("what is deployed", () => {
  const all = files.map((file) => readFileSync(file, "utf8")).join("\n");

  /** Learn, "Troubleshoot Azure RBAC", RoleAssignmentUpdateNotPermitted: the name of an assignment stays with its first principal. */
  test("names each role assignment after the principal itself", () => {
    const names = [...all.matchAll(/^resource \w+ 'Microsoft\.Authorization\/roleAssignments@[\s\S]*?^ {2}name: (.*)$/gm)].map(
      ([, name]) => name!,
    );
    expect(names.length).toBeGreaterThanOrEqual(6);
    expect(names.filter((name) => !/^guid\(.*\bprincipal(Id|s\.\w+)\b.*\)$/.test(name))).toEqual([]);
  });

  test("has the id of each of Azure's own roles once, whichever files give it", () => {
    const ids = files.flatMap((file) => readFileSync(file, "utf8").match(/\b[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}\b/g) ?? []);
    expect(ids.length).toBeGreaterThanOrEqual(6);
    expect(ids.filter((id, at) => ids.indexOf(id) !== at)).toEqual([]);
  });

  test("refuses a setting that a parameter decides", () => {
    const main = readFileSync("infra/main.bicep", "utf8");
    const refused = /^var decidedByParameters = \[([^\]]*)\]/m.exec(main)![1]!.match(/\w+/g)!;
    const app = readFileSync("infra/modules/app.bicep", "utf8");
    // What follows from parameters of the module, by its variables too. By `environment().name` the cloud counts as well.
    const following = new Set([...app.matchAll(/^param (\w+)/gm)].map(([, name]) => name!));
    const follows = (value: string): boolean => (value.match(/\b[a-z]\w*/g) ?? []).some((name) => following.has(name));
    for (const [, name, value] of app.matchAll(/^var (\w+) = (.*)$/gm)) if (follows(value!)) following.add(name!);
    const set = [...app.matchAll(/^ {2}(KEYMEND_\w+): (.*)$/gm)];
    const decided = set.filter(([, , value]) => follows(value!));
    expect(decided.map(([, name]) => name!.toLowerCase()).toSorted()).toEqual(refused.toSorted());
    expect(refused).toContain("keymend_mode");
    expect(refused).toContain("keymend_dead_letters");
    const told = /^The parameter `settings` of a deployment .*?: (.*)\.$/m.exec(readFileSync("docs/settings.md", "utf8"))![1]!;
    expect([...told.matchAll(/`(\w+)`/g)].map(([, name]) => name!.toLowerCase()).toSorted()).toEqual(refused.toSorted());
    expect(main).toContain("overrides: empty(contradicting) ? settings : fail(");
  });

  /** Azure/azure-sdk-for-js, monitor-opentelemetry-exporter, Constants.ts; Azure/azure-sdk-for-net, Azure.Monitor.OpenTelemetry.Exporter, EnvironmentVariableConstants.cs. */
  test.each(["APPLICATION_INSIGHTS_NO_STATSBEAT", "APPLICATIONINSIGHTS_STATSBEAT_DISABLED"])(
    "sends no statistics of the exporters, of the app's and the host's: %s",
    (setting) => {
      expect(readFileSync("infra/modules/app.bicep", "utf8")).toMatch(new RegExp(`^ {2}${setting}: 'true'$`, "m"));
    },
  );

  /** Azure/azure-functions-host, StorageServiceUriOptions, and azure-functions-durable-extension, AzureStorageAccountOptions: a bare name is of the public cloud. */
  test("tells the host where its storage is: by a name in the public cloud, by the addresses that Azure gives in every other", () => {
    const app = readFileSync("infra/modules/app.bicep", "utf8");
    const [, cloud, name, addresses] =
      /^var hostStorage = environment\(\)\.name == '(\w+)'\n {2}\? \{ (.*) \}\n {2}: \{\n([\s\S]*?)^ {4}\}$/m.exec(app)!;
    expect([cloud, name]).toEqual(["AzureCloud", "AzureWebJobsStorage__accountName: storage.name"]);
    const given = ["blob", "queue", "table"].map(
      (kind) => `AzureWebJobsStorage__${kind}ServiceUri: storage.properties.primaryEndpoints.${kind}`,
    );
    expect(addresses!.trim().split(/\n */)).toEqual(given);
    expect(app).toContain("union(settings, hostStorage, overrides)");
  });

  /** Learn, "App settings reference for Azure Functions", Flex Consumption plan deprecations; Azure/terraform-azurerm-avm-res-web-site: newer regions refuse them (51021). */
  test("says nothing that Flex Consumption has under another name, or not at all", () => {
    const app = readFileSync("infra/modules/app.bicep", "utf8");
    const site = /^resource app 'Microsoft\.Web\/sites@[\s\S]*?^\}$/m.exec(app)![0];
    const config = /^ {4}siteConfig: \{\n([\s\S]*?)^ {4}\}$/m.exec(site)![1]!;
    expect([...config.matchAll(/^ {6}(\w+):/gm)].map(([, name]) => name)).toEqual(["minTlsVersion", "appSettings"]);
    const settings = [...app.matchAll(/^ {2}([A-Z]\w+): /gm)].map(([, name]) => name!);
    expect(settings).toContain("KEYMEND_MODE");
    const settledElsewhere = /^(?:FUNCTIONS_|WEBSITE|SCM_|ENABLE_ORYX|DOCKER_|WEBSITES_|TZ$|AzureWebJobsStorage$)/;
    expect(settings.filter((name) => settledElsewhere.test(name))).toEqual([]);
  });

  /** Learn, "Disable basic authentication in App Service deployments". */
  test("takes no publishing password", () => {
    const policies = [
      ...all.matchAll(/basicPublishingCredentialsPolicies@[^{]*\{\s+parent: app\s+name: '(\w+)'\s+properties: \{ allow: (\w+) \}/g),
    ];
    expect(policies.map(([, name, allowed]) => [name, allowed])).toEqual([
      ["scm", "false"],
      ["ftp", "false"],
    ]);
  });
});

describe("the guides", () => {
  test("of the deployment name every parameter", () => {
    const parameters = [...readFileSync("infra/main.bicep", "utf8").matchAll(/^param (\w+)/gm)].map((match) => match[1]!);
    const guide = readFileSync("docs/deploy.md", "utf8");
    expect(parameters.filter((name) => !guide.includes(`\`${name}\``))).toEqual([]);
  });

  test("of the deployment tell every parameter's default", () => {
    const said: Record<string, string> = { "''": "none", "[]": "none", "deployment().location": "the deployment's" };
    const declared = [...readFileSync("infra/main.bicep", "utf8").matchAll(/^param (\w+) [\w[\]]+(?: = (.+))?$/gm)];
    const defaults = declared.map(([, name, value = ""]) => [name!, said[value] ?? (value && `\`${value.replaceAll("'", "")}\``)]);
    const rows = [...readFileSync("docs/deploy.md", "utf8").matchAll(/^\| (`\w+`(?:, `\w+`)*) +\| .* \| +(.*?) *\|$/gm)];
    const told = rows.flatMap(([, names, cells]) => {
      const [all, each] = [names!.replaceAll("`", "").split(", "), cells!.split(", ")];
      return all.map((name, i) => [name, all.length === each.length ? each[i]! : cells!]);
    });
    const parameters = told.filter(([name]) => defaults.some(([declaredName]) => declaredName === name));
    expect(defaults.length).toBeGreaterThan(10);
    expect(Object.fromEntries(parameters)).toEqual(Object.fromEntries(defaults));
  });

  test("say beforehand each step that a vault's firewall rules out: those that take the data plane", () => {
    const guide = readFileSync("docs/deploy.md", "utf8");
    const said = /### Firewalls[\s\S]*?What that rules out, beforehand: (.*?), which end as/.exec(guide)![1]!;
    const onVault = Object.entries(stepSpecs).filter(([, { permission }]) =>
      (["account", "cluster"] as const).some((targetKind) => permission({ targetKind }).dataActions.length > 0),
    );
    expect([...said.matchAll(/`(\w+)`/g)].map(([, name]) => name).toSorted()).toEqual(onVault.map(([name]) => name).toSorted());
  });

  test("use only npm scripts that exist", () => {
    const { scripts } = JSON.parse(readFileSync("package.json", "utf8")) as { scripts: Record<string, string> };
    const guides = [...globSync("*.md"), ...globSync("docs/*.md")].map((file) => readFileSync(file, "utf8")).join("\n");
    const used = [...guides.matchAll(/\bnpm (?:--silent )?(?:run ([\w:]+)|(start|test))\b/g)].map((match) => match[1] ?? match[2]!);
    expect(used.length).toBeGreaterThan(5);
    expect(used.filter((name) => !(name in scripts))).toEqual([]);
  });
});

describe("the alerts and the workbook", () => {
  test("the workbook reads lines that the app writes, by fields that they have", () => {
    const { items } = JSON.parse(readFileSync("infra/modules/workbook.json", "utf8")) as { items: { content: { query?: string } }[] };
    const queries = items.flatMap(({ content }) => content.query ?? []);
    const src = globSync("src/**/*.ts")
      .map((file) => readFileSync(file, "utf8"))
      .join("\n");
    const events = new Set(queries.flatMap((query) => [...query.matchAll(/"event":"(\w+)"/g)].map(([, event]) => event!)));
    expect([...events].toSorted()).toEqual(["armed", "closed", "looked", "notArmed", "swept", "write"]);
    for (const event of events) expect(src).toMatch(new RegExp(`log\\.\\w+\\("${event}"`));
    const fields = new Set(queries.flatMap((query) => [...query.matchAll(/\bd\.(\w+)/g)].map(([, field]) => field!)));
    const written = [
      ...src.matchAll(/log\.(?:info|error)\("\w+", (?:fields|\{[^}]*\})|const fields = \{[^}]*\}|createLog[\s\S]{0,300}event,/g),
    ].join("\n");
    expect([...fields].filter((field) => !new RegExp(`\\b${field}\\b`).test(written))).toEqual([]);
  });

  const alerts = readFileSync("infra/modules/alerts.bicep", "utf8");

  test("the alerts read lines that the app writes, which sampling leaves alone", () => {
    const queries = new Set([...alerts.matchAll(/"event":"(\w+)"/g)].map(([, event]) => event!));
    const src = globSync("src/**/*.ts")
      .map((file) => readFileSync(file, "utf8"))
      .join("\n");
    expect([...queries].toSorted()).toEqual([
      "closed",
      "eventDropped",
      "eventsLost",
      "nothingToWatch",
      "otherValue",
      "outage",
      "revocationUndone",
      "storm",
      "swept",
    ]);
    for (const event of queries) expect(src).toMatch(new RegExp(`(?:log\\.\\w+\\(|kind === )"${event}"`));
    const { logging } = JSON.parse(readFileSync("host.json", "utf8")) as {
      logging: { applicationInsights: { samplingSettings: { excludedTypes: string } } };
    };
    expect(logging.applicationInsights.samplingSettings.excludedTypes.split(";")).toContain("Trace");
    // In this mode the host goes by these, and not by host.json (Microsoft Learn, "Use OpenTelemetry with Azure Functions").
    const app = readFileSync("infra/modules/app.bicep", "utf8");
    for (const said of [
      "telemetryMode: 'OpenTelemetry'",
      "OTEL_TRACES_SAMPLER: 'microsoft.fixed_percentage'",
      "OTEL_TRACES_SAMPLER_ARG: '1.0'",
    ])
      expect(app).toContain(said);
  });

  test("each thing that somebody is to be told of has an alert, and each error of the app's falls to one alone", () => {
    const queries = Object.fromEntries(
      [...alerts.matchAll(/name: '([\w-]+)'\n[\s\S]*?query: '(.*)'\n/g)].map(([, name, query]) => [name!, query!.replaceAll("\\'", "'")]),
    );
    expect(Object.keys(queries)).toEqual(["outcome", "unwell", "storm", "no-sweep", "dropped"]);
    const prefix = (event: string): string => `message startswith '{"event":"${event}"'`;
    // What assess.ts writes as an error of a database is no word on Keymend's own health.
    const ofDatabases = ["closed", "outage", "otherValue", "revocationUndone"].map(prefix);
    expect(queries["outcome"]).toBe(`traces | where severityLevel >= 3 and (${ofDatabases.join(" or ")})`);
    expect(queries["unwell"]).toContain(`not(${[...ofDatabases, prefix("storm")].join(" or ")})`);
  });

  /** Learn, "Overview of Azure Monitor alerts", alerts and state: one that resolves by itself fires no second time before, and then says so. */
  test("no incident is hidden behind another, and none is said to be over because its line is", () => {
    const rules = [
      ...alerts.matchAll(/name: '([\w-]+)'\n[\s\S]*?operator: '(\w+)'[\s\S]*?window: '(\w+)'\n +every: '(\w+)'\n +resolves: (\w+)/g),
    ];
    const told = rules.filter(([, , operator]) => operator === "GreaterThan");
    expect(told.map(([, name]) => name)).toEqual(["outcome", "unwell", "storm", "dropped"]);
    for (const [, name, , window, every, resolves] of told)
      expect({ name, every, resolves }).toEqual({ name, every: window, resolves: "false" });
    expect(rules.filter((rule) => !told.includes(rule)).map(([, name, , , , resolves]) => [name, resolves])).toEqual([
      ["no-sweep", "true"],
    ]);
    expect(alerts).toContain("autoMitigate: rule.resolves");
    expect(alerts).toContain("evaluationFrequency: rule.every");
  });

  test("events that were not delivered are told of each topic, whether they are kept or dropped", () => {
    const main = readFileSync("infra/main.bicep", "utf8");
    expect([...main.matchAll(/^module \w+ 'modules\/lost-events\.bicep'/gm)]).toHaveLength(2);
    const metrics = /^var metrics = concat\(([\s\S]*?)^\)$/m.exec(readFileSync("infra/modules/lost-events.bicep", "utf8"))![1]!;
    // What is kept can be dropped all the same, and is then no dead letter.
    expect(
      metrics
        .trim()
        .split("\n")
        .map((line) => line.trim()),
    ).toEqual(["[{ name: 'lost', metric: 'DroppedEventCount' }],", "areKept ? [{ name: 'kept', metric: 'DeadLetteredCount' }] : []"]);
  });

  test("an event subscription has a dead-letter container wherever its topic can have an identity", () => {
    const withTopic = files.map((file) => readFileSync(file, "utf8")).filter((text) => /^resource made .*systemTopics@/m.test(text));
    expect(withTopic).toHaveLength(2);
    for (const text of withTopic) expect(text.includes("deadLetterWithResourceIdentity")).toBe(!text.includes("location: 'global'"));
  });
});

describe("the events", () => {
  test("are filtered by the very operations that the app understands", () => {
    const values = /values: \[([\s\S]*?)\]/.exec(readFileSync("infra/modules/subscription-events.bicep", "utf8"))![1]!;
    const operations = [...values.matchAll(/'([^']+)'/g)].map((match) => match[1]!.toLowerCase());
    expect(operations.sort()).toEqual(Object.keys(OPERATIONS).sort());
  });

  const topic = { id: `${SUBSCRIPTION}/providers/t`, name: "t", location: "global" };
  test.each<[string, Arming | undefined]>([
    ["vault", armingOf(someFacts({ eventTopic: null }), { functionAppId: APP_ID, deadLetters: null })],
    ["subscription", subscriptionArmingOf(SUBSCRIPTION_ID, { topic, subscriptions: [] }, APP_ID)],
  ])("of a %s where they come by Keymend itself, or by its commands, are those of the deployment", (what, arming) => {
    const draft = arming?.state === "unarmed" ? arming.draft : null;
    const { filter, destination, retryPolicy, eventDeliverySchema } = (draft as Extract<StepDraft, { name: "RestoreEventSubscription" }>)
      .params.properties as Record<string, Record<string, unknown>>;
    const { resourceId, ...batch } = destination!["properties"] as Record<string, unknown>;
    const text = readFileSync(`infra/modules/${what}-events.bicep`, "utf8");
    const listed = /includedEventTypes: \[([^\]]*)\]/.exec(text)![1]!;
    expect([...listed.matchAll(/'([^']+)'/g)].map((match) => match[1]).toSorted()).toEqual(
      (filter!["includedEventTypes"] as string[]).toSorted(),
    );
    const words = Object.entries({ ...retryPolicy, ...batch }).map(([name, value]) => `${name}: ${Number(value)}`);
    expect(words.length).toBe(3);
    for (const said of words) expect(text).toContain(said);
    expect(/eventDeliverySchema: '(\w+)'/.exec(text)![1]).toBe(eventDeliverySchema);
    expect(/resourceId: '\$\{functionAppId\}(.*)'/.exec(text)![1]).toBe(String(resourceId).slice(APP_ID.length));
  });

  test("of two deployments are no one's alone: what stands at a topic that both use bears the name of each", () => {
    for (const file of ["vault-events", "subscription-events", "lost-events"]) {
      const text = readFileSync(`infra/modules/${file}.bicep`, "utf8");
      const made = [...text.matchAll(/^resource \w+ '(?!.*systemTopics@)[^']+' = [^']*?^ {2}(?:parent: topic\n {2})?name: (.*)$/gm)];
      expect({ file, names: made.map(([, name]) => /\$\{name\}/.test(name!)) }).toEqual({ file, names: [true] });
    }
  });

  test("come from the topic that is there already, in whichever resource group", () => {
    for (const file of ["main", "watch"]) {
      const modules = [
        ...readFileSync(`infra/${file}.bicep`, "utf8").matchAll(
          /^module \w+ 'modules\/(?:vault-events|subscription-events|lost-events)[\s\S]*?^ {2}scope: (.*)$/gm,
        ),
      ];
      expect(modules.length).toBe(file === "main" ? 4 : 1);
      for (const [, scope] of modules) expect(scope).toMatch(/Topics?(?:\[i\])?\.group\)$|\[\?4\] \?\? resourceGroupName\)$/);
    }
  });

  /** Learn, "Lock your resources to protect your infrastructure": what is in a locked account can't be deleted, and a stack that tries ends as failed. */
  test("that can't be delivered have their place beside the locked records for good", () => {
    expect(readFileSync("infra/main.bicep", "utf8")).toMatch(/^module deadLetters 'modules\/dead-letters\.bicep' = \{$/m);
  });

  test("go to functions that exist", () => {
    const named = files.flatMap((file) =>
      [...readFileSync(file, "utf8").matchAll(/resourceId: '.*\/functions\/(\w+)'/g)].map((match) => match[1]),
    );
    const main = readFileSync("src/main.ts", "utf8");
    expect(named.length).toBeGreaterThan(1);
    expect(named.filter((name) => !main.includes(`"${name}"`))).toEqual([]);
  });
});

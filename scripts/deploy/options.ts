/** What the deployment is asked for. */
import { existsSync, readFileSync } from "node:fs";
import { parseArgs } from "node:util";
import { MODES } from "../../src/domain/settings.ts";
import { DeployError, messageOf } from "./az.ts";
import { APP_ROLES, type Assignment } from "./registration.ts";
import type { Parameters } from "./stack.ts";

export const HELP = `Deploys Keymend into the subscription that \`az account show\` names: registration, resources, code, events. What is there already
as it should be is left alone, so the same again changes nothing; what is not said again stays as it was.

  npm run deploy -- --vault NAME [--vault NAME ...]

  --vault NAME|ID           a vault to watch; its resource id, or its name. Those given take the place of those before
  --mode MODE               observe (the default), approve or heal
  --location REGION         where the app goes, the first time                               (westeurope)
  --set NAME=VALUE          any other parameter of infra/main.bicep; JSON where it is no text
  --name NAME               of the stack and the resources                                   (keymend)
  --app-name NAME           of the app registration                                          (the same)
  --app-id ID               an app registration that is there already; what it lacks is added
  --audience VALUE          leaves Entra ID alone: the audience of your tokens, as it is
  --reader, --operator, --approver ID|me
                            who may call the operations API so: object ids
  --template FILE           Bicep or compiled JSON                                           (infra/main.bicep)
  --package FILE            the code; without it, it is made as by npm run package
  --again                   deploys and publishes also what is as it was: puts back what others have changed
  --dry-run                 asks, and tells the lines that would change something; changes nothing
  --wait MINUTES            how long new roles may take, and the app to start                (15)
  --pause SECONDS           between two attempts                                             (20)
  --json                    the result as JSON, the rest on standard error
  --help`;

const text = { type: "string" } as const;
const texts = { type: "string", multiple: true, default: [] as string[] } as const;
const flag = { type: "boolean", default: false } as const;
const options = {
  vault: texts,
  set: texts,
  reader: texts,
  operator: texts,
  approver: texts,
  mode: text,
  location: text,
  "app-name": text,
  "app-id": text,
  audience: text,
  package: text,
  name: { ...text, default: "keymend" },
  template: { ...text, default: "infra/main.bicep" },
  wait: { ...text, default: "15" },
  pause: { ...text, default: "20" },
  again: flag,
  "dry-run": flag,
  json: flag,
  help: flag,
} as const;

const parse = (args: readonly string[]) => parseArgs({ args: [...args], options, strict: true }).values;
export type Options = ReturnType<typeof parse>;

const usage = (message: string): DeployError => new DeployError(message, "npm run deploy -- --help says what there is");

function valueOf(value: string): unknown {
  try {
    return JSON.parse(value);
  } catch {
    // A parameter of text is written as it is.
    return value;
  }
}

const DECIDED = ["vaults", "mode", "location", "name", "apiAudience", "deployEvents", "packageUri"];

/** The parameters of the template that are said outright. */
export function parametersOf({ set, mode, name }: Options): Parameters {
  const pairs = set.map((one): [string, unknown] => {
    const [, parameter, value] = /^(\w+)=(.*)$/s.exec(one) ?? [];
    if (parameter === undefined || value === undefined) throw usage(`--set takes NAME=VALUE, not ${one}`);
    if (DECIDED.includes(parameter)) throw usage(`${parameter} has an option of its own, or is decided here`);
    return [parameter, valueOf(value)];
  });
  return { ...Object.fromEntries(pairs), name, ...(mode === undefined ? {} : { mode }) };
}

/** Those that the template has: it would refuse another one too, but only once the registration is made. */
function parameterNames(template: string): string[] {
  const content = readFileSync(template, "utf8");
  if (template.endsWith(".bicep")) return [...content.matchAll(/^param (\w+)/gm)].map(([, name]) => name!);
  const { parameters = {} }: { parameters?: object } = JSON.parse(content);
  return Object.keys(parameters);
}

export const assignmentsOf = (given: Options): Assignment[] =>
  (["reader", "operator", "approver"] as const).flatMap((option) =>
    given[option].map((objectId) => ({
      role: APP_ROLES.find(({ value }) => value.toLowerCase() === `keymend.${option}`)!.displayName,
      objectId,
    })),
  );

export function readOptions(args: readonly string[]): Options {
  let given: Options;
  try {
    given = parse(args);
  } catch (error) {
    throw usage(messageOf(error));
  }
  const parameters = parametersOf(given);
  for (const file of [given.template, given.package]) if (file !== undefined && !existsSync(file)) throw usage(`there is no file ${file}`);
  const known = parameterNames(given.template);
  const unknown = Object.keys(parameters).filter((name) => !known.includes(name));
  if (unknown.length > 0) throw usage(`${given.template} has no parameter ${unknown.join(", ")}`);
  // The template says so too, but only once the registration is made.
  if (given.mode !== undefined && !MODES.some((mode) => mode === given.mode))
    throw usage(`--mode is one of ${MODES.join(", ")}, not ${given.mode}`);
  if (!/^[a-z0-9]{3,11}$/.test(given.name)) throw usage(`--name takes 3 to 11 lower-case letters and digits, not ${given.name}`);
  for (const name of ["wait", "pause"] as const)
    if (!/^\d+(\.\d+)?$/.test(given[name])) throw usage(`--${name} takes a number, not ${given[name]}`);
  return given;
}

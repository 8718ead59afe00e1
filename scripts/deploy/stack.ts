/** The resources, as a deployment stack: what is no longer asked for goes. The stack itself says what it was made from, so the same again is no change. */
import { createHash } from "node:crypto";
import { globSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { isDeepStrictEqual } from "node:util";
import { type Az, DeployError } from "./az.ts";

export type Parameters = Record<string, unknown>;

type Outputs = { apiUrl: string; functionAppName: string; principalId: string; storageId: string };

type Told = {
  description?: string | null;
  provisioningState: string;
  parameters?: Record<string, { value?: unknown }> | null;
  outputs?: Record<string, { value: unknown }> | null;
};

/** As `az stack sub show` tells it: flat, or with what is Azure's own in `properties`. */
type Shown = Told & { location: string; properties?: Told };

export type Stack = { location: string; parameters: Parameters; outputs: Outputs; madeFrom: string; published: string };

const hash = (text: string): string => createHash("sha256").update(text).digest("hex").slice(0, 16);

/** What a template is: its own bytes, and for Bicep those of its modules and of what they load. */
export function digestOfTemplate(file: string): string {
  const files = file.endsWith(".bicep") ? globSync(join(dirname(file), "**/*.{bicep,json}")).toSorted() : [file];
  return hash(files.map((one) => readFileSync(one, "utf8")).join("\0"));
}

export const digestOfFile = (file: string): string => hash(readFileSync(file).toString("base64"));

const DESCRIPTION = /^Keymend from template (\w+) with package (\w+)$/;
export const describeStack = (template: string, published: string): string => `Keymend from template ${template} with package ${published}`;

const NONE = "none";

/** What there is before anything is: a dry run can't know what will be. */
export const NOTHING: Stack = {
  location: "westeurope",
  parameters: {},
  outputs: { apiUrl: "<api>", functionAppName: "<function app>", principalId: "<principal>", storageId: "<storage account>" },
  madeFrom: NONE,
  published: NONE,
};

function read(shown: Shown): Stack {
  const { location, description, parameters, outputs, provisioningState } = { ...shown, ...shown.properties };
  const [, template, published] = DESCRIPTION.exec(description ?? "") ?? [];
  const output = (name: keyof Outputs): string => {
    const value = outputs?.[name]?.value;
    return typeof value === "string" ? value : NOTHING.outputs[name];
  };
  const given = Object.entries(parameters ?? {}).filter(([, { value }]) => value !== undefined);
  return {
    location,
    parameters: Object.fromEntries(given.map(([name, { value }]) => [name, value])),
    outputs: {
      apiUrl: output("apiUrl"),
      functionAppName: output("functionAppName"),
      principalId: output("principalId"),
      storageId: output("storageId"),
    },
    // What did not succeed is made again.
    madeFrom: provisioningState.toLowerCase() === "succeeded" ? (template ?? NONE) : NONE,
    published: published ?? NONE,
  };
}

/** By its list: "there is none" then needs no reading of an error. */
export async function findStack(az: Az, name: string): Promise<Stack> {
  const names = await az.ask<string[]>("stack", "sub", "list", "--query", "[].name");
  return names.includes(name) ? read(await az.ask<Shown>("stack", "sub", "show", "--name", name)) : NOTHING;
}

const asArgument = ([name, value]: [string, unknown]): string => `${name}=${typeof value === "string" ? value : JSON.stringify(value)}`;

export type Deployment = {
  name: string;
  location: string;
  template: string;
  parameters: Parameters;
  description: string;
};

/** Undefined in a dry run. */
export async function deployStack(az: Az, wish: Deployment): Promise<Stack | undefined> {
  const { name, location, template, parameters, description } = wish;
  const what = ["--name", name, "--location", location, "--template-file", template, "--description", description];
  const how = ["--action-on-unmanage", "deleteResources", "--deny-settings-mode", "none", "--yes"];
  const given = Object.entries(parameters).map(asArgument);
  const shown = await az.change<Shown>("stack", "sub", "create", ...what, ...how, "--parameters", ...given);
  if (shown === undefined) return undefined;
  const stack = read(shown);
  if (stack.madeFrom === NONE)
    throw new DeployError(
      `the deployment stack ${name} ended as ${shown.provisioningState}`,
      `az stack sub show --name ${name} says what of; mend it and run this again`,
    );
  return stack;
}

/** Whether a stack has all of these parameters as they are; one that it does not tell has its default. */
export const hasParameters = (stack: Stack, parameters: Parameters): boolean =>
  Object.entries(parameters).every(([name, value]) => isDeepStrictEqual(stack.parameters[name], value));

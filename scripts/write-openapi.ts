/** `npm run openapi`: writes docs/openapi.json, which the app serves. */
import { readFileSync, writeFileSync } from "node:fs";
import { describeApi } from "./openapi/describe.ts";

const { version }: { version: string } = JSON.parse(readFileSync("package.json", "utf8"));
writeFileSync("docs/openapi.json", `${JSON.stringify(describeApi(version), null, 2)}\n`);

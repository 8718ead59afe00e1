/** `npm run permissions`: writes docs/permissions.md anew. */
import { execFileSync } from "node:child_process";
import { writeFileSync } from "node:fs";
import { permissionsPage } from "./permissions/page.ts";

const PAGE = "docs/permissions.md";
writeFileSync(PAGE, permissionsPage());
execFileSync("oxfmt", [PAGE]);

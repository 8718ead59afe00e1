/** Operation patterns of role definitions: `*` stands for any characters, slashes included, and casing does not count. */

type Permission = { actions: string[]; notActions: string[]; dataActions: string[]; notDataActions: string[] };

const compiled = new Map<string, RegExp>();

export function matchesPattern(pattern: string, operation: string): boolean {
  let expression = compiled.get(pattern);
  if (!expression) {
    const escaped = pattern.split("*").map((part) => part.replace(/[.*+?^${}()|[\]\\]/g, String.raw`\$&`));
    expression = new RegExp(`^${escaped.join(".*")}$`, "i");
    compiled.set(pattern, expression);
  }
  return expression.test(operation);
}

/** NotActions are subtracted within the one permission; they are no denial (Azure RBAC: role definitions, NotActions). */
export function permits(permission: Permission, operation: string, plane: "management" | "data"): boolean {
  const granted = plane === "data" ? permission.dataActions : permission.actions;
  const excluded = plane === "data" ? permission.notDataActions : permission.notActions;
  return granted.some((p) => matchesPattern(p, operation)) && !excluded.some((p) => matchesPattern(p, operation));
}

// The same rules, for the fixture that must break one.
import rules from "./.dependency-cruiser.mjs";

const moved = JSON.parse(JSON.stringify(rules.forbidden).replaceAll('"^src/domain/', '"^test/fixtures/imports/src/domain/'));
// oxlint-disable-next-line import/no-default-export -- the tool reads the default export
export default { ...rules, forbidden: moved };

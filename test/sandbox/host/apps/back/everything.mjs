// The same app when its next version is taken back: what is of that version fails.
// oxlint-disable-next-line import/no-unassigned-import
import "../everything.mjs";

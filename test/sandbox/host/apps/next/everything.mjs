// The same app as its next version: what is new stands in the host.json beside it.
// oxlint-disable-next-line import/no-unassigned-import
import "../everything.mjs";

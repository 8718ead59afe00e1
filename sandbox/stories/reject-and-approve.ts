import { readPlan, say, untilAsked } from "./acts.ts";
import { approvalRejected } from "./approval-rejected.ts";
import type { Story } from "./story.ts";

export const rejectAndApprove: Story = {
  ...approvalRejected,
  name: "reject-and-approve",
  title: "a key is disabled; of two who are asked, one says no and one says yes at the same moment: the no stands",
  async after(context) {
    if (!(await untilAsked(context))) return;
    const asked = await readPlan(context);
    if (!asked) throw new Error("the app has stopped asking before anybody could answer");
    const words = ["reject", "approve"] as const;
    // Which of the two comes first is chance.
    const both = context.random.int("story-first", 0, 1) === 0 ? words : words.toReversed();
    const answers = await Promise.all(both.map((word) => say(context, asked, word, word === "reject" ? "it was meant" : "put it back")));
    const no = answers[both.indexOf("reject")]!;
    if (no.status !== 202) throw new Error(`the no was answered ${no.status}: ${JSON.stringify(no.body)}`);
  },
};

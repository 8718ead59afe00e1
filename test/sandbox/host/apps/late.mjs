// Registers after start-up: in Azure that kills the worker.
import { app } from "@azure/functions";

app.http("late", {
  handler: () => {
    try {
      app.http("later", { handler: () => ({}) });
      return { body: "registered" };
    } catch (error) {
      return { body: error.message };
    }
  },
});

import { app } from "@azure/functions";

app.http("same", { handler: () => ({}) });
app.http("same", { handler: () => ({}) });

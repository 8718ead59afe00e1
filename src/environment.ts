/** The app's settings as this process was started with: the only reader of its environment. A wrong one stops the start, with every problem named. */
import { configure } from "./config.ts";
import { chooseCloud } from "./domain/clouds.ts";

export const config = configure(process.env);
chooseCloud(config.cloud);

/** Stories in which the service notices first, as Keymend is down. */
import { useSceneRunner } from "./scenes.ts";
import { testStories } from "./stories.ts";

testStories("revoked", useSceneRunner());

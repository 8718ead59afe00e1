/** Where it begins: who is it, and then what there is to see. */
import { render } from "preact";
import { createApi } from "./api.ts";
import { App } from "./app.tsx";
import { openSignIn, type SignIn, type SignInConfig } from "./sign-in.ts";

const root = document.querySelector("#app")!;

const Door = ({ said, begin }: { said: string; begin?: (() => Promise<void>) | undefined }) => (
  <main class="door">
    <img src="icon.svg" alt="" width={48} height={48} />
    <h1>Keymend</h1>
    <p>{said}</p>
    {begin ? (
      <button type="button" class="primary" onClick={() => void begin()}>
        Sign in
      </button>
    ) : null}
  </main>
);

const NO_CLIENT = "Nobody can sign in here: KEYMEND_API_AUDIENCE names no client id of an app registration.";

async function start(): Promise<void> {
  const config: SignInConfig = await (await fetch("config.json")).json();
  const { clientId } = config;
  if (clientId === null) return render(<Door said={NO_CLIENT} />, root);
  let signIn: SignIn;
  try {
    signIn = await openSignIn({ ...config, clientId });
  } catch (error) {
    const again = async (): Promise<void> => location.replace("./");
    return render(<Door said={`Signing in did not work: ${error instanceof Error ? error.message : String(error)}`} begin={again} />, root);
  }
  const { session, begin } = signIn;
  if (!session) return render(<Door said="Keeps databases with customer-managed keys alive." begin={begin} />, root);
  const onGone = (): void => render(<Door said="Your sign-in has ended." begin={begin} />, root);
  const token = async (fresh: boolean): Promise<string> => {
    try {
      return await session.token(fresh);
    } catch (error) {
      onGone();
      throw error;
    }
  };
  const api = createApi({ session: { token }, origin: location.origin, fetch: (url, init) => fetch(url, init), wall: () => Date.now() });
  render(<App here={{ api, session }} />, root);
}

void start();

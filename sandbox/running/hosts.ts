/** The hosts of an app on one task hub, mostly one: which of them run, which takes the next call, how one dies and comes back. */
import type { HostChild } from "./host-child.ts";

/** child: undefined while it does not run. */
type Place = { child: HostChild | undefined; url: string };

export class Hosts {
  readonly #places: Place[];
  readonly #launch: (at: number, port: number) => Promise<HostChild>;
  #isDown = false;
  #calls = 0;
  #changed: Promise<void> = Promise.resolve();

  /** launch: the one at that place, on that port or, of 0, on any. */
  constructor(count: number, launch: (at: number, port: number) => Promise<HostChild>) {
    this.#places = Array.from({ length: count }, () => ({ child: undefined, url: "" }));
    this.#launch = launch;
  }

  /** One after the other: who comes first has the timers. */
  async open(): Promise<void> {
    for (const at of this.#places.keys()) await this.#open(at);
  }

  async #open(at: number): Promise<void> {
    const place = this.#places[at]!;
    place.child = await this.#launch(at, Number(new URL(place.url || "http://any:0").port));
    place.url = place.child.url;
  }

  /** Those that hear something. */
  get running(): HostChild[] {
    return this.#isDown ? [] : this.#places.map(({ child }) => child).filter((child) => child !== undefined);
  }

  /** Of whichever takes the next call, one after the other; where none runs, of one that will. */
  get url(): string {
    const { running } = this;
    return running.length === 0 ? this.#places[0]!.url : running[this.#calls++ % running.length]!.url;
  }

  /** Done once what was begun here is: virtual time waits for it. */
  get changed(): Promise<void> {
    return this.#changed;
  }

  /** speed 0: their time stands at now. */
  clock(now: number, speed: number): void {
    for (const child of this.running) child.clock(now, speed);
  }

  setDown(down: boolean, now: number, speed: number): void {
    // Hosts that are to stand still must do so before anything else moves.
    if (down) this.clock(now, 0);
    this.#isDown = down;
    this.clock(now, speed);
  }

  /** SIGKILL, in whatever it is doing. */
  kill(at: number): Promise<void> {
    const place = this.#places[at]!;
    const { child } = place;
    place.child = undefined;
    return this.#then(async () => child?.kill());
  }

  /** One that does not run, on the state that is there. */
  start(at: number): Promise<void> {
    return this.#then(async () => (this.#places[at]!.child ? undefined : this.#open(at)));
  }

  #then(work: () => Promise<void> | undefined): Promise<void> {
    this.#changed = this.#changed.then(work);
    return this.#changed;
  }
}

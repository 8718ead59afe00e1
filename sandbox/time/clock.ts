/**
 * The one virtual clock of the sandbox: Azure, the host and the app live by it.
 * Time stands still between steps, or runs at a speed between them; what is due runs in order of time, then of scheduling.
 */
export type Scheduled = { readonly at: number; readonly what: string; cancel(): void };

type Entry = Scheduled & { run: () => void | Promise<void>; sequence: number; cancelled: boolean };

export class Clock {
  #base: number;
  #wallBase = performance.now();
  #speed = 0;
  #sequence = 0;
  #queue: Entry[] = [];

  constructor(startMs: number) {
    this.#base = startMs;
  }

  /** Milliseconds since 1970, virtual. */
  now(): number {
    return this.#speed === 0 ? this.#base : this.#base + Math.floor((performance.now() - this.#wallBase) * this.#speed);
  }

  iso(): string {
    return new Date(this.now()).toISOString();
  }

  get speed(): number {
    return this.#speed;
  }

  /** 0: stands still until set. N: virtual milliseconds per wall millisecond. */
  run(speed: number): void {
    this.set(this.now());
    this.#speed = speed;
  }

  /** Moves the clock; never back. */
  set(ms: number): void {
    this.#base = Math.max(ms, this.now());
    this.#wallBase = performance.now();
  }

  at(ms: number, what: string, run: () => void | Promise<void>): Scheduled {
    const entry: Entry = {
      at: Math.max(ms, this.now()),
      what,
      run,
      sequence: this.#sequence++,
      cancelled: false,
      cancel() {
        entry.cancelled = true;
      },
    };
    this.#queue.push(entry);
    return entry;
  }

  in(ms: number, what: string, run: () => void | Promise<void>): Scheduled {
    return this.at(this.now() + ms, what, run);
  }

  /** When the next thing is due, or undefined. */
  nextDue(): number | undefined {
    this.#queue = this.#queue.filter((e) => !e.cancelled);
    return this.#queue.length === 0 ? undefined : Math.min(...this.#queue.map((e) => e.at));
  }

  /** Runs everything due by now, one after the other, also what becomes due meanwhile. Returns how many ran. */
  async runDue(): Promise<number> {
    for (let count = 0; ; count++) {
      const now = this.now();
      const [first] = this.#queue.filter((e) => !e.cancelled && e.at <= now).sort((a, b) => a.at - b.at || a.sequence - b.sequence);
      if (!first) return count;
      this.#queue.splice(this.#queue.indexOf(first), 1);
      await first.run();
    }
  }
}

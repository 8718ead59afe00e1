/** The virtual time of the host and of the app in it: set by the parent, or running with the wall. Only `Date` follows it. */
const RealDate = Date;

export class HostClock {
  #base: number;
  #speed: number;
  #since = performance.now();

  constructor(now = RealDate.now(), speed = 1) {
    this.#base = now;
    this.#speed = speed;
  }

  now(): number {
    return Math.floor(this.#base + (performance.now() - this.#since) * this.#speed);
  }

  /** 0: time stands at now. N: it runs N times as fast from now. */
  set(now: number, speed: number): void {
    this.#base = now;
    this.#speed = speed;
    this.#since = performance.now();
  }

  /** Wall milliseconds until a virtual time, or undefined while time stands. */
  until(at: number): number | undefined {
    return this.#speed === 0 ? undefined : Math.max(0, Math.ceil((at - this.now()) / this.#speed));
  }

  /** Makes `Date` tell this time, for everything loaded from now on. Timers and `performance` stay real. */
  shiftDate(): void {
    const now = (): number => this.now();
    RealDate.now = now;
    const Shifted = new Proxy(RealDate, {
      apply: () => new RealDate(now()).toString(),
      construct: (target, args, newTarget) => Reflect.construct(target, args.length === 0 ? [now()] : args, newTarget),
    });
    RealDate.prototype.constructor = Shifted;
    globalThis.Date = Shifted;
  }
}

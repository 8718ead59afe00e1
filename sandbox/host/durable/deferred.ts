/** A promise that continues at once, in the very call that settles it: the order of continuations is part of the replay. */
export class Deferred {
  done = false;
  failed = false;
  #then: (() => void)[] = [];

  settle(failed = false): void {
    if (this.done) return;
    this.done = true;
    this.failed = failed;
    for (const next of this.#then.splice(0)) next();
  }

  whenDone(next: () => void): void {
    if (this.done) next();
    else this.#then.push(next);
  }

  static done(): Deferred {
    const deferred = new Deferred();
    deferred.settle();
    return deferred;
  }
}

/** Whoever came first is taken first. Taking from the front of an array would move all the others each time. */
export class Line<T> {
  private items: T[] = [];
  private taken = 0;

  get length(): number {
    return this.items.length - this.taken;
  }

  push(item: T): void {
    this.items.push(item);
  }

  take(most: number): T[] {
    const some = this.items.slice(this.taken, this.taken + most);
    this.taken += some.length;
    if (this.taken > 10_000 && this.taken * 2 > this.items.length) {
      this.items = this.items.slice(this.taken);
      this.taken = 0;
    }
    return some;
  }
}

/** What is due when, the earliest first; of two at the same time, the one that was entered first. */
export class Agenda {
  private readonly heap: Entry[] = [];
  private count = 0;

  enter(time: number, action: () => void): void {
    const { heap } = this;
    const entry = { time, order: this.count++, action };
    let index = heap.push(entry) - 1;
    while (index > 0) {
      const parent = (index - 1) >> 1;
      if (!before(entry, heap[parent])) break;
      heap[index] = heap[parent];
      index = parent;
    }
    heap[index] = entry;
  }

  next(): Entry | undefined {
    const { heap } = this;
    const first = heap[0];
    const last = heap.pop();
    if (last === undefined || heap.length === 0) return first;
    let index = 0;
    for (;;) {
      let child = 2 * index + 1;
      if (child >= heap.length) break;
      if (child + 1 < heap.length && before(heap[child + 1], heap[child])) child += 1;
      if (!before(heap[child], last)) break;
      heap[index] = heap[child];
      index = child;
    }
    heap[index] = last;
    return first;
  }
}

export interface Entry {
  readonly time: number;
  readonly order: number;
  readonly action: () => void;
}

const before = (a: Entry, b: Entry) => a.time < b.time || (a.time === b.time && a.order < b.order);

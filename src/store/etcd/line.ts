/** Somebody in a line. */
export interface InLine {
  readonly resource: string;
  /** When it has waited long enough, on the monotonic clock. All wait equally long. */
  readonly dueMs: number;
}

/**
 * Who waits, in the order of arrival; but of each resource only the first stands in line, and the next one steps to
 * the end when that is taken. So a crowd at one resource holds up nobody else.
 */
export class Line<T extends InLine> {
  /** By resource, in the order of their turn. Each is in the order of arrival, and never empty. */
  readonly #queues = new Map<string, T[]>();
  #length = 0;

  get length(): number {
    return this.#length;
  }

  join(member: T): void {
    const queue = this.#queues.get(member.resource);
    if (queue === undefined) this.#queues.set(member.resource, [member]);
    else queue.push(member);
    this.#length += 1;
  }

  /** To the front again, in this order. Each is of another resource. */
  rejoin(members: readonly T[]): void {
    const others = [...this.#queues];
    this.#queues.clear();
    for (const member of members) this.#queues.set(member.resource, [member]);
    for (const [resource, queue] of others) {
      this.#queues.set(resource, [...(this.#queues.get(resource) ?? []), ...queue]);
    }
    this.#length += members.length;
  }

  /** The first of each resource, in the order of their turn. To be walked before anybody is taken. */
  *inTurn(): Generator<T> {
    for (const [first] of this.#queues.values()) if (first !== undefined) yield first;
  }

  /** Takes the first of a resource out of the line. */
  take({ resource }: T): void {
    const queue = this.#queues.get(resource);
    if (queue?.shift() === undefined) return;
    this.#length -= 1;
    this.#queues.delete(resource);
    if (queue.length > 0) this.#queues.set(resource, queue);
  }

  /** Takes out all who are due. */
  takeDue(nowMs: number): T[] {
    const due: T[] = [];
    for (const [resource, queue] of this.#queues) {
      const first = queue.findIndex((member) => member.dueMs > nowMs);
      due.push(...queue.splice(0, first === -1 ? queue.length : first));
      if (queue.length === 0) this.#queues.delete(resource);
    }
    this.#length -= due.length;
    return due;
  }

  /** When the first is due; undefined if nobody waits. */
  nextDueMs(): number | undefined {
    let nextMs: number | undefined;
    for (const { dueMs } of this.inTurn()) nextMs = Math.min(nextMs ?? dueMs, dueMs);
    return nextMs;
  }

  /** Takes out everybody. */
  takeAll(): T[] {
    const all = [...this.#queues.values()].flat();
    this.#queues.clear();
    this.#length = 0;
    return all;
  }
}

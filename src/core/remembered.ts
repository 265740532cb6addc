/**
 * The same function, which makes each value once, and remembers it as long as what it is made of is in use: for what
 * many are told of one thing.
 */
export function remembered<K extends object, V extends object | string>(
  make: (of: K) => V,
): (of: K) => V {
  const known = new WeakMap<K, V>();
  return (of) => {
    const before = known.get(of);
    if (before !== undefined) return before;
    const made = make(of);
    known.set(of, made);
    return made;
  };
}

// Which operations the SDK has, by reflection, and which of them were called.

/** What a class of the SDK has: its operations, and the resources below it. */
export function members(resource) {
  const described = Object.getOwnPropertyDescriptors(Object.getPrototypeOf(resource));
  const names = Object.keys(described).filter((name) => name !== 'constructor');
  return {
    operations: names.filter((name) => typeof described[name].value === 'function'),
    resources: names.filter((name) => described[name].get !== undefined),
  };
}

export class Calls {
  #watched = [];

  /** The same resource; a call of an operation counts once it was answered, well or not. */
  watch(name, resource) {
    const { operations } = members(resource);
    const called = new Set();
    this.#watched.push({ name, operations, called });
    return new Proxy(resource, {
      get(target, member) {
        const value = Reflect.get(target, member, target);
        if (!operations.includes(member)) {
          return value;
        }
        return (...parameters) => value.apply(target, parameters).finally(() => called.add(member));
      },
    });
  }

  /** The operations that nobody called. */
  missing() {
    return this.#watched.flatMap(({ name, operations, called }) =>
      operations.filter((it) => !called.has(it)).map((it) => `${name}.${it}`),
    );
  }

  count() {
    return this.#watched.reduce((sum, { called }) => sum + called.size, 0);
  }
}

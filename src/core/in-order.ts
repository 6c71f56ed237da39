/** @file Promises of a list, waited for together. */

/** All values; of several that failed, the first of the list is thrown, whichever failed first. */
export async function inOrder<T>(list: readonly Promise<T>[]): Promise<T[]> {
  const all = await Promise.allSettled(list);
  return all.map((one) => {
    if (one.status === 'rejected') throw one.reason;
    return one.value;
  });
}

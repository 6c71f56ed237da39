/**
 * @file Projected gradient descent in jax-js, as its users write it: it has no loops of its own, so the steps are unrolled within
 * the training step, all of it under the one `jit`. (Not type-checked: the peers are installed only by `npm run bench`.)
 */

/**
 * @param loss (params, x, y) => scalar, the mean of a batch: the sign of its slope is that of the sum's.
 * @returns {(params, x, y, key) => np.Array} adversarial rows; consumes its arguments
 */
export function attackOf({ grad, lax, numpy: np, random, tree }, { epsilon, stepSize, steps, randomStart }, loss) {
  const slope = grad(loss, { argnums: 1 });
  return (params, x, y, key) => {
    const low = np.clip(x.ref.sub(epsilon), 0, 1);
    const high = np.clip(x.ref.add(epsilon), 0, 1);
    const project = (u) => np.minimum(np.maximum(u, low.ref), high.ref);
    let u = x;
    if (randomStart) u = project(x.add(random.uniform(key, x.shape, { minval: -epsilon, maxval: epsilon })));
    else key.dispose();
    for (let i = 0; i < steps; i++) {
      const direction = np.sign(slope(tree.ref(params), u.ref, y.ref));
      u = project(u.add(direction.mul(stepSize)));
    }
    tree.dispose(params);
    y.dispose();
    low.dispose();
    high.dispose();
    return lax.stopGradient(u);
  };
}

/** @file How often words are trained on and drawn as noise: subsampling of frequent words, and the noise distribution. */

/**
 * The probability with which each occurrence of a word is kept: min(1, √(t / f) + t / f), f its share of all words. That is what
 * word2vec.c and fastText do; the paper (Mikolov et al. 2013b, eq. 5) prints √(t / f).
 *
 * @param threshold t; 0 keeps everything
 */
export function keepProbabilities(counts: ArrayLike<number>, threshold: number): Float64Array {
  const total = Array.from(counts).reduce((sum, count) => sum + count, 0);
  return Float64Array.from(counts, (count) => {
    if (threshold === 0 || count === 0) return 1;
    const ratio = (threshold * total) / count;
    return Math.min(1, Math.sqrt(ratio) + ratio);
  });
}

/**
 * The distribution that negative samples are drawn from: countᵖ, normalized. Mikolov et al. 2013b, section 2.2, found p = ¾ best;
 * 0 is uniform over the words, 1 is their frequency.
 */
export function noiseDistribution(counts: ArrayLike<number>, power: number): Float64Array {
  const weights = Float64Array.from(counts, (count) => (count > 0 ? count ** power : 0));
  const total = weights.reduce((sum, weight) => sum + weight, 0);
  return weights.map((weight) => weight / total);
}

/**
 * @file Procedural data with independent properties: faces of 20 × 20 pixels with hair, glasses, height and, if wanted, hat and collar,
 * and vectors that are sums of one direction a property. Drawn from a seed.
 */
import { randomNormal, randomUniform, streamOf } from '../../src/core/philox.ts';
import type { AttributeRows } from '../../src/embeddings/held-out-combinations.ts';

/** The properties of a face, in order. */
export const FACE = ['long hair or moustache', 'glasses', 'height', 'hat', 'collar'] as const;
export const SIDE = 20;
const NOISE = 0.15;

type Draw = (x: number, y: number) => void;

/** A run of pixels, ends included. */
function box(draw: Draw, [x0, x1]: readonly [number, number], [y0, y1]: readonly [number, number]): void {
  for (let y = y0; y <= y1; y++) for (let x = x0; x <= x1; x++) draw(x, y);
}

/**
 * A face: an outline with eyes and a mouth, and what the properties add.
 *
 * @param sharing properties share pixels: height moves eyes and glasses, and nothing else; else each has its own place
 */
export function drawFace(properties: readonly number[], sharing: boolean): Float32Array {
  const pixels = new Float32Array(SIDE * SIDE);
  const [hair = 0, glasses = 0, tall = 0, hat = 0, collar = 0] = properties;
  const draw: Draw = (x, y) => {
    pixels[y * SIDE + x] = 1;
  };
  const eyes = sharing && tall === 1 ? -1 : 0;
  const drawEyes: Draw = (x, y) => draw(x, y + eyes);
  // Cheeks, chin and forehead.
  box(draw, [5, 5], [6, 13]);
  box(draw, [14, 14], [6, 13]);
  box(draw, [6, 13], [14, 14]);
  box(draw, [6, 13], [5, 5]);
  drawEyes(8, 8);
  drawEyes(11, 8);
  box(draw, [8, 11], [12, 12]);
  if (hair === 1) {
    box(draw, [3, 4], [6, 12]);
    box(draw, [15, 16], [6, 12]);
  } else box(draw, [8, 11], [11, 11]);
  if (glasses === 1) {
    box(drawEyes, [7, 9], [7, 7]);
    box(drawEyes, [7, 9], [9, 9]);
    box(drawEyes, [10, 12], [7, 7]);
    box(drawEyes, [10, 12], [9, 9]);
    drawEyes(7, 8);
    drawEyes(12, 8);
  }
  // A long neck, or higher eyes and nothing else.
  if (tall === 1 && !sharing) box(draw, [9, 10], [15, 17]);
  if (hat === 1) box(draw, [5, 14], [2, 3]);
  if (collar === 1) box(draw, [6, 13], [18, 18]);
  return pixels;
}

/** Faces of random properties, moved by up to a pixel each way, with noise of standard deviation 0.15. */
export function faces(count: number, properties: number, seed: number, part: string, sharing = false): AttributeRows {
  const width = SIDE * SIDE;
  const attributes = randomAttributes(count, properties, seed, part);
  const x = new Float32Array(count * width);
  randomNormal(x, seed, streamOf(`faces/${part}/noise`));
  const moves = new Float32Array(2 * count);
  randomUniform(moves, seed, streamOf(`faces/${part}/moves`));
  attributes.forEach((own, row) => {
    const face = drawFace(own, sharing);
    const [right, down] = [0, 1].map((axis) => Math.floor((moves[2 * row + axis] as number) * 3) - 1) as [
      number,
      number,
    ];
    for (let i = 0; i < width; i++) {
      const [fromX, fromY] = [(i % SIDE) - right, Math.floor(i / SIDE) - down];
      const isInside = fromX >= 0 && fromX < SIDE && fromY >= 0 && fromY < SIDE;
      const value = isInside ? (face[fromY * SIDE + fromX] as number) : 0;
      x[row * width + i] = value + NOISE * (x[row * width + i] as number);
    }
  });
  return { x, width, attributes };
}

/** Σ ± v over the properties, v standard normal of 50 numbers, with noise of standard deviation 2. */
export function attributeVectors(count: number, properties: number, seed: number, part: string): AttributeRows {
  const width = 50;
  const directions = new Float32Array(properties * width);
  randomNormal(directions, seed, streamOf('vectors/directions'));
  const attributes = randomAttributes(count, properties, seed, part);
  const x = new Float32Array(count * width);
  randomNormal(x, seed, streamOf(`vectors/${part}/noise`));
  for (let i = 0; i < x.length; i++) {
    const own = attributes[Math.floor(i / width)] as readonly number[];
    const sum = own.reduce(
      (all, value, j) => all + (2 * value - 1) * (directions[j * width + (i % width)] as number),
      0,
    );
    x[i] = sum + 2 * (x[i] as number);
  }
  return { x, width, attributes };
}

function randomAttributes(count: number, properties: number, seed: number, part: string): number[][] {
  const draws = new Float32Array(count * properties);
  randomUniform(draws, seed, streamOf(`attributes/${part}`));
  return Array.from({ length: count }, (_, row) =>
    Array.from({ length: properties }, (_, j) => ((draws[row * properties + j] as number) < 0.5 ? 0 : 1)),
  );
}

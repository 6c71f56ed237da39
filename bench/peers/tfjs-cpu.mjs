/** @file TensorFlow.js on its backend of plain JavaScript. */
import { serveTfjs } from './tfjs.mjs';

await serveTfjs('cpu');

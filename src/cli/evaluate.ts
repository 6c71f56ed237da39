/** @file `saddlepoint evaluate`: the report of a model on rows with known targets. */
import { type Data, loadModel, report, type TrainedModel } from '../index.ts';
import { imageFolder } from '../node.ts';
import { readImagesFor, takesImages } from './images-for.ts';
import { READING, readTableFor } from './read-table.ts';
import type { CommandSpec } from './spec.ts';

export const evaluateCommand: CommandSpec = {
  name: 'evaluate',
  summary: 'Measure a model on rows with known targets, which it should not have seen.',
  arguments: [
    { name: 'model', description: 'a file that train has written' },
    {
      name: 'data',
      description:
        'rows with the columns of the training and the target, or - for stdin; of images: a folder with a sub-folder a class',
    },
  ],
  options: READING,
  examples: [['saddlepoint evaluate iris.safetensors more.csv', 'accuracy with its interval, confusion matrix']],
  async run([path, place], given, output) {
    const model = await loadModel(path as string);
    const data = takesImages(model)
      ? await imagesAndClasses(model, place as string)
      : await readTableFor(model, place as string, given);
    const measured = await report(model, data, { training: data });
    if (output.json) {
      output.result(JSON.stringify({ model: path, source: place, report: measured.toJSON() }));
      return;
    }
    output.heading(`${place}: ${measured.rows} rows`);
    output.result(String(measured));
  },
};

async function imagesAndClasses(model: TrainedModel, place: string): Promise<Data> {
  const { files, labels } = await imageFolder(place);
  return { x: await readImagesFor(model, files), y: labels };
}

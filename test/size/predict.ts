/** @file What a page imports to load a trained model and predict; scripts/size.mjs measures the bundle. */
import { loadModel } from 'saddlepoint';

const model = await loadModel('/digits.safetensors');
document.title = JSON.stringify(await model.predict(new Uint8Array(784)));

/** @file Puts the parts of the page together. */
import { DevicesPanel } from './devices/panel.ts';
import { DrawPanel } from './digits/draw-panel.ts';
import { KeepPanel } from './digits/keep-panel.ts';
import { ResultView } from './digits/result.ts';
import { TrainPanel } from './digits/train-panel.ts';
import { WeightsView } from './digits/weights.ts';
import { byId, guardButtons } from './page/dom.ts';
import { showTrouble } from './page/messages.ts';
import { keepOffline } from './page/offline.ts';
import { drawSaddle } from './page/saddle.ts';
import { startTheme } from './page/theme.ts';
import { TablePanel } from './table/panel.ts';

guardButtons();
drawSaddle();
const draw = new DrawPanel();
const weights = new WeightsView();
const result = new ResultView();
const keep: KeepPanel = new KeepPanel({ draw, weights, result, training: () => training });
const training = new TrainPanel({ draw, weights, result, onModel: (model) => keep.setModel(model) });
new DevicesPanel(training);
new TablePanel();

startTheme(() => {
  draw.redraw();
  weights.draw();
  result.redraw();
});

byId('place').textContent = crossOriginIsolated
  ? `${navigator.hardwareConcurrency} cores; the page is isolated, so a training in a worker may use several threads.`
  : 'This server does not send the two headers that isolate a page (Cross-Origin-Opener-Policy, Cross-Origin-Embedder-Policy): a training has one thread.';

// A part of an older build that is gone from the server.
addEventListener('vite:preloadError', () =>
  showTrouble('train-trouble', new Error('The page was renewed meanwhile.\n  help: load it again')),
);

void keepOffline();

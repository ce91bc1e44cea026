// Draws three folders of pictures, a folder a class, in the place of your own: node make-images.mjs FOLDER [pictures a class]
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { encode } from 'fast-png';

const [folder = 'images', count = '60'] = process.argv.slice(2);
const side = 40;

/** Whether a point is on the figure, in units of its radius around its middle. */
const figures = {
  circles: (x, y) => Math.abs(Math.hypot(x, y) - 0.8) < 0.2,
  crosses: (x, y) => Math.min(Math.abs(x), Math.abs(y)) < 0.2 && Math.max(Math.abs(x), Math.abs(y)) < 1,
  squares: (x, y) => Math.abs(Math.max(Math.abs(x), Math.abs(y)) - 0.8) < 0.2,
};

let seed = 1;
/** Park and Miller's generator: the same pictures every time. */
const random = () => (seed = (seed * 48271) % 2147483647) / 2147483647;

for (const [name, inside] of Object.entries(figures)) {
  mkdirSync(join(folder, name), { recursive: true });
  for (let k = 0; k < Number(count); k++) {
    const radius = 8 + 8 * random();
    const [middleX, middleY] = [20 + 6 * (random() - 0.5), 20 + 6 * (random() - 0.5)];
    const data = Uint8Array.from({ length: side * side }, (_, at) =>
      inside(((at % side) - middleX) / radius, (Math.floor(at / side) - middleY) / radius)
        ? 230
        : 20 * random(),
    );
    writeFileSync(join(folder, name, `${k}.png`), encode({ width: side, height: side, channels: 1, data }));
  }
}

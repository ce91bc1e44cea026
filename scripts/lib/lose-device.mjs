// `node --import ./scripts/lib/lose-device.mjs ...`: WebGPU whose device goes away as soon as the file LOSE_WHEN exists, as a driver that is reset
// takes it away.
import { existsSync } from 'node:fs';
import { create, globals } from 'webgpu';

Object.assign(globalThis, globals);
const gpu = create([]);
Object.defineProperty(globalThis, 'navigator', {
  configurable: true,
  value: {
    gpu: {
      /** @param {any[]} options */
      async requestAdapter(...options) {
        const adapter = await gpu.requestAdapter(...options);
        if (!adapter) return adapter;
        const request = adapter.requestDevice.bind(adapter);
        return new Proxy(adapter, {
          get(target, name) {
            if (name !== 'requestDevice') {
              const value = Reflect.get(target, name);
              return typeof value === 'function' ? value.bind(target) : value;
            }
            return async (/** @type {any[]} */ ...wanted) => {
              const device = await request(...wanted);
              const timer = setInterval(() => {
                if (!existsSync(process.env.LOSE_WHEN ?? '')) return;
                clearInterval(timer);
                device.destroy();
              }, 20);
              timer.unref();
              return device;
            };
          },
        });
      },
    },
  },
});

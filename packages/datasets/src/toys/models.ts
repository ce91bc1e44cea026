/**
 * The five categories of smallNORB as toys of boxes, ellipsoids and bars. An instance is a category with proportions of its own: they are
 * drawn from a key, and within a category some instances also have other parts (a trunk, a tank, a second wing).
 */
import { draws, type Draws, type RandomKey } from '../random.js';
import { meshBuilder, standing, type Mesh, type MeshBuilder } from './mesh.js';

type Builder = (mesh: MeshBuilder, draw: Draws, instance: number) => void;

/** Applies to the left and to the right side. */
const bothSides = (place: (side: 1 | -1) => void): void => {
  place(1);
  place(-1);
};

const animal: Builder = (mesh, draw, instance) => {
  const length = draw.uniform(0.55, 0.85);
  const girth = draw.uniform(0.22, 0.36);
  const legs = draw.uniform(0.3, 0.65);
  const legRadius = draw.uniform(0.05, 0.1);
  const neck = draw.uniform(0.1, 0.5) + (instance % 5 === 1 ? 0.5 : 0); // a giraffe
  const neckPitch = draw.uniform(0.5, 1.1);
  const head = draw.uniform(0.15, 0.22);
  const back = legs + girth * 0.7;
  mesh.ellipsoid([0, 0, back], [length, girth, girth * draw.uniform(0.85, 1.1)], draw.uniform(-0.1, 0.15));
  for (const end of [0.62, -0.62]) {
    bothSides((side) => {
      const foot = draw.uniform(-0.08, 0.08);
      const y = side * girth * 0.6;
      mesh.frustum([end * length, y, back], [end * length + foot, y, 0], legRadius * 1.35, legRadius);
    });
  }
  const shoulder = [length * 0.75, 0, back + girth * 0.3] as const;
  const crown = [
    shoulder[0] + neck * Math.cos(neckPitch),
    0,
    shoulder[2] + neck * Math.sin(neckPitch),
  ] as const;
  mesh.frustum(shoulder, crown, girth * 0.55, head * 0.6);
  mesh.ellipsoid(
    [crown[0] + head * 0.7, 0, crown[2]],
    [head * 1.45, head * 0.8, head * 0.85],
    draw.uniform(-0.5, 0),
  );
  const ear = instance % 5 === 2 ? 0.26 : draw.uniform(0.06, 0.12); // an elephant's
  bothSides((side) =>
    mesh.ellipsoid([crown[0], side * head * 0.9, crown[2] + head * 0.6], [0.04, ear * 0.8, ear]),
  );
  if (instance % 5 === 2) {
    mesh.frustum([crown[0] + head * 1.8, 0, crown[2]], [crown[0] + head * 2.6, 0, legs * 0.5], 0.09, 0.04);
  }
  const tail = draw.uniform(0.25, 0.6) + (instance % 5 === 3 ? 0.5 : 0); // a lizard
  const droop = draw.uniform(-0.5, 0.6);
  mesh.frustum(
    [-length * 0.9, 0, back + girth * 0.2],
    [-length * 0.9 - tail * Math.cos(droop), 0, Math.max(0.05, back + girth * 0.2 - tail * Math.sin(droop))],
    instance % 5 === 3 ? girth * 0.6 : 0.06,
    0.02,
  );
};

const human: Builder = (mesh, draw) => {
  const legs = draw.uniform(0.75, 1);
  const torso = draw.uniform(0.6, 0.75);
  const shoulders = draw.uniform(0.2, 0.32);
  const stride = draw.uniform(-0.25, 0.25);
  const limb = draw.uniform(0.06, 0.1);
  bothSides((side) => {
    const knee = [side * stride * 0.6 + 0.04, side * 0.13, legs * 0.5] as const;
    mesh.frustum([0, side * 0.11, legs], knee, limb * 1.4, limb * 1.1);
    mesh.frustum(knee, [side * stride, side * 0.14, 0.04], limb * 1.1, limb * 0.85);
    mesh.box([side * stride + 0.07, side * 0.14, 0.04], [0.28, 0.12, 0.08]);
  });
  mesh.frustum([0, 0, legs - 0.06], [0, 0, legs + torso * 0.55], shoulders * 0.72, shoulders * 0.66);
  mesh.ellipsoid([0, 0, legs + torso * 0.75], [shoulders * 0.7, shoulders, torso * 0.33]);
  bothSides((side) => {
    const raise = draw.uniform(-1.4, 0.9);
    const swing = draw.uniform(-0.5, 0.5);
    const shoulder = [0, side * shoulders * 0.95, legs + torso * 0.85] as const;
    const elbow = [
      0.33 * Math.sin(swing),
      shoulder[1] + side * 0.33 * Math.cos(raise) * 0.6,
      shoulder[2] + 0.33 * Math.sin(raise),
    ] as const;
    mesh.frustum(shoulder, elbow, limb, limb * 0.85);
    mesh.frustum(
      elbow,
      [elbow[0] + 0.28 * Math.cos(raise), elbow[1] + side * 0.05, elbow[2] + 0.28 * Math.sin(raise + swing)],
      limb * 0.85,
      limb * 0.7,
    );
  });
  const head = draw.uniform(0.13, 0.18);
  const crown = legs + torso + head * 1.1;
  mesh.frustum([0, 0, legs + torso * 0.9], [0, 0, crown], 0.06, 0.06);
  mesh.ellipsoid([0.02, 0, crown], [head, head * 0.85, head * 1.15]);
  if (draw.chance(0.5))
    mesh.frustum([0, 0, crown + head * 0.5], [0, 0, crown + head * 1.6], head * 1.5, head * 0.7); // a hat
};

const airplane: Builder = (mesh, draw, instance) => {
  const length = draw.uniform(0.85, 1.1);
  const body = draw.uniform(0.1, 0.17);
  const span = draw.uniform(0.65, 1.05);
  const chord = draw.uniform(0.26, 0.42);
  const sweep = draw.uniform(-0.05, 0.5);
  const height = 0.34;
  const wingHeight = height + draw.uniform(-0.5, 0.6) * body;
  mesh.ellipsoid([0.1, 0, height], [length, body, body]);
  mesh.frustum([-0.1, 0, height], [-length * 0.95, 0, height + body * 0.5], body * 0.92, body * 0.3);
  mesh.ellipsoid([length * 0.55, 0, height + body * 0.75], [0.17, body * 0.6, body * 0.5]);
  const wing = (x: number, y: number, z: number, wide: number, deep: number) => {
    bothSides((side) => {
      mesh.box([x - (sweep * wide) / 2, side * (y + wide / 2), z], [deep, wide, 0.045], {
        turn: side * sweep * 0.6,
      });
    });
  };
  wing(0.18, 0, wingHeight, span, chord);
  if (instance % 5 === 2) wing(0.2, 0, wingHeight + 0.28, span, chord); // a biplane
  wing(-length * 0.78, 0, height + body * 0.6, span * 0.36, chord * 0.6);
  mesh.box([-length * 0.82, 0, height + body + 0.15], [0.26, 0.04, 0.36], {
    taper: [0.55, 1, 1],
    lean: -0.1,
  });
  const engines = instance % 5 === 2 ? 0 : instance % 2; // pods below the wings
  if (engines > 0) {
    bothSides((side) => {
      const y = side * span * 0.45;
      mesh.frustum([0.36, y, wingHeight - 0.1], [-0.05, y, wingHeight - 0.1], 0.085, 0.06);
    });
  } else {
    mesh.frustum([length + 0.06, 0, height], [length + 0.12, 0, height], 0.07, 0.02); // a propeller
    mesh.box([length + 0.12, 0, height], [0.03, 0.07, 0.56]);
  }
  bothSides((side) => {
    mesh.frustum([0.2, side * 0.15, height - body * 0.6], [0.2, side * 0.2, 0.07], 0.03, 0.03);
    mesh.frustum([0.2, side * 0.17, 0.07], [0.2, side * 0.23, 0.07], 0.07, 0.07);
  });
};

/** Wheels at the given places along the body, on both sides. */
function wheels(
  mesh: MeshBuilder,
  places: readonly number[],
  y: number,
  radius: number,
  thick: number,
): void {
  for (const x of places) {
    bothSides((side) =>
      mesh.frustum([x, side * (y - thick / 2), radius], [x, side * (y + thick / 2), radius], radius, radius),
    );
  }
}

const truck: Builder = (mesh, draw, instance) => {
  const length = draw.uniform(0.95, 1.25);
  const width = draw.uniform(0.5, 0.62);
  const wheel = draw.uniform(0.12, 0.17);
  const cabLength = draw.uniform(0.38, 0.5);
  const cabHeight = draw.uniform(0.5, 0.68);
  const floor = wheel * 1.5;
  const cabin = length - cabLength / 2;
  mesh.box([0, 0, floor], [2 * length, width * 0.85, 0.1]);
  mesh.box([cabin, 0, floor + cabHeight / 2], [cabLength, width, cabHeight], {
    taper: [draw.uniform(0.7, 1), 0.95, 1],
    lean: -0.03,
  });
  if (draw.chance(0.4))
    mesh.box([length + 0.13, 0, floor + cabHeight * 0.24], [0.3, width * 0.92, cabHeight * 0.45]); // a bonnet
  const cargoLength = 2 * length - cabLength - draw.uniform(0.06, 0.14);
  const cargo = -length + cargoLength / 2;
  const cargoHeight = draw.uniform(0.55, 0.85);
  const kind = instance % 4;
  if (kind === 0) mesh.box([cargo, 0, floor + cargoHeight / 2], [cargoLength, width * 1.06, cargoHeight]);
  else if (kind === 1) {
    const radius = width * 0.5;
    mesh.frustum(
      [cargo - cargoLength / 2, 0, floor + radius],
      [cargo + cargoLength / 2, 0, floor + radius],
      radius,
      radius,
    );
  } else if (kind === 2) {
    // A tipper: open box with slanting walls.
    mesh.box([cargo, 0, floor + 0.2], [cargoLength * 0.8, width * 0.8, 0.3], { taper: [1.25, 1.25, 1] });
    mesh.ellipsoid([cargo, 0, floor + 0.34], [cargoLength * 0.42, width * 0.4, draw.uniform(0.1, 0.25)]);
  } else {
    mesh.box([cargo, 0, floor + 0.1], [cargoLength, width, 0.1]);
    for (const x of [-0.3, 0.3])
      mesh.box([cargo + x * cargoLength, 0, floor + 0.3], [cargoLength * 0.34, width * 0.8, 0.3]);
  }
  wheels(mesh, [length - cabLength * 0.5, -length * 0.45, -length * 0.75], width * 0.46, wheel, 0.12);
};

const car: Builder = (mesh, draw, instance) => {
  const length = draw.uniform(0.8, 0.95);
  const width = draw.uniform(0.62, 0.74);
  const wheel = draw.uniform(0.13, 0.17);
  const floor = wheel * 0.8;
  const body = draw.uniform(0.2, 0.28);
  const roof = draw.uniform(0.2, 0.3);
  const cabin = draw.uniform(0.75, 1.05) + (instance % 4 === 1 ? 0.35 : 0); // an estate
  const back = draw.uniform(-0.2, 0) - (instance % 4 === 1 ? 0.16 : 0);
  mesh.box([0, 0, floor + body / 2], [2 * length, width, body], { taper: [0.97, 0.93, 1] });
  if (instance % 4 === 3) {
    // Rounded, as a beetle.
    mesh.ellipsoid([-0.05, 0, floor + body * 0.9], [length * 0.75, width * 0.45, roof + 0.12]);
    mesh.ellipsoid([length * 0.6, 0, floor + body * 0.8], [length * 0.38, width * 0.44, 0.13]);
  } else {
    mesh.box([back, 0, floor + body + roof / 2], [cabin, width * 0.9, roof], {
      taper: [draw.uniform(0.55, 0.8), 0.8, 1],
      lean: draw.uniform(-0.08, 0.02),
    });
  }
  for (const end of [1, -1]) mesh.box([end * length, 0, floor + 0.06], [0.08, width * 0.98, 0.08]);
  if (instance % 4 === 2) mesh.box([-length * 0.9, 0, floor + body + 0.13], [0.16, width * 0.95, 0.04]); // a spoiler
  wheels(mesh, [length * 0.6, -length * 0.6], width * 0.48, wheel, 0.12);
};

const builders: readonly Builder[] = [animal, human, airplane, truck, car];

/** The mesh of an instance of a category: a function of (category, instance, key). */
export function toyMesh(category: number, instance: number, key: RandomKey): Mesh {
  const mesh = meshBuilder();
  builders[category]!(mesh, draws(key), instance);
  return standing(mesh.build());
}

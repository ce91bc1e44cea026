/**
 * The solids that toys are built of, as triangles with a normal at each corner: tapered boxes, ellipsoids, and frusta between two points. x
 * points forward, y to the left, z up; the ground is z = 0.
 */
export type Vector = readonly [x: number, y: number, z: number];

/** Corners (x, y, z each), their unit normals, three corner numbers for each triangle. */
export interface Mesh {
  readonly corners: Float64Array;
  readonly normals: Float64Array;
  readonly triangles: Uint16Array;
  readonly height: number;
}

/** Collects solids into one mesh. */
export interface MeshBuilder {
  /**
   * A box about `center` with the full sizes (length, width, height). The top is scaled by `taper` in x and y and moved by `lean` in x;
   * `turn` rotates about the vertical, `pitch` lifts the front (radians).
   */
  box(
    center: Vector,
    size: Vector,
    form?: { taper?: Vector; lean?: number; turn?: number; pitch?: number },
  ): void;
  /** An ellipsoid with the given radii; `pitch` lifts its front. */
  ellipsoid(center: Vector, radii: Vector, pitch?: number): void;
  /** A round bar from `from` to `to` with a radius at each end: leg, neck, wheel, tank. */
  frustum(from: Vector, to: Vector, fromRadius: number, toRadius: number): void;
  build(): Mesh;
}

const add = (a: Vector, b: Vector): Vector => [a[0] + b[0], a[1] + b[1], a[2] + b[2]];
const subtract = (a: Vector, b: Vector): Vector => [a[0] - b[0], a[1] - b[1], a[2] - b[2]];
const times = (a: Vector, factor: number): Vector => [a[0] * factor, a[1] * factor, a[2] * factor];
const cross = (a: Vector, b: Vector): Vector => [
  a[1] * b[2] - a[2] * b[1],
  a[2] * b[0] - a[0] * b[2],
  a[0] * b[1] - a[1] * b[0],
];

/** The vector of length 1 in the same direction. */
export function unit(a: Vector): Vector {
  return times(a, 1 / (Math.hypot(...a) || 1));
}

/** Lifts the front (about y), then turns about the vertical. */
function turned([x, y, z]: Vector, turn: number, pitch: number): Vector {
  const [cp, sp, ct, st] = [Math.cos(pitch), Math.sin(pitch), Math.cos(turn), Math.sin(turn)];
  const [x1, z1] = [cp * x - sp * z, sp * x + cp * z];
  return [ct * x1 - st * y, st * x1 + ct * y, z1];
}

const sides = 12;
const rings = 8;

export function meshBuilder(): MeshBuilder {
  const corners: number[] = [];
  const normals: number[] = [];
  const triangles: number[] = [];
  const corner = (position: Vector, normal: Vector): number => {
    corners.push(...position);
    normals.push(...normal);
    return corners.length / 3 - 1;
  };
  const quad = (a: number, b: number, c: number, d: number) => triangles.push(a, b, c, a, c, d);

  return {
    box(center, [length, width, height], { taper = [1, 1, 1], lean = 0, turn = 0, pitch = 0 } = {}) {
      const at = (x: number, y: number, z: number): Vector => {
        const scaleX = z > 0 ? taper[0] : 1;
        const scaleY = z > 0 ? taper[1] : 1;
        const local: Vector = [
          (x * length * scaleX) / 2 + (z > 0 ? lean : 0),
          (y * width * scaleY) / 2,
          (z * height) / 2,
        ];
        return add(center, turned(local, turn, pitch));
      };
      // Each face has corners of its own, so that its edges stay sharp in the shading.
      const faces: readonly (readonly Vector[])[] = [
        [
          [1, -1, -1],
          [1, 1, -1],
          [1, 1, 1],
          [1, -1, 1],
        ],
        [
          [-1, 1, -1],
          [-1, -1, -1],
          [-1, -1, 1],
          [-1, 1, 1],
        ],
        [
          [1, 1, -1],
          [-1, 1, -1],
          [-1, 1, 1],
          [1, 1, 1],
        ],
        [
          [-1, -1, -1],
          [1, -1, -1],
          [1, -1, 1],
          [-1, -1, 1],
        ],
        [
          [-1, -1, 1],
          [1, -1, 1],
          [1, 1, 1],
          [-1, 1, 1],
        ],
        [
          [-1, 1, -1],
          [1, 1, -1],
          [1, -1, -1],
          [-1, -1, -1],
        ],
      ];
      for (const face of faces) {
        const [a, b, c, d] = face.map((point) => at(...point)) as [Vector, Vector, Vector, Vector];
        const normal = unit(cross(subtract(c, a), subtract(d, b)));
        quad(corner(a, normal), corner(b, normal), corner(c, normal), corner(d, normal));
      }
    },
    ellipsoid(center, radii, pitch = 0) {
      const first = corners.length / 3;
      for (let ring = 0; ring <= rings; ring++) {
        const latitude = Math.PI * (ring / rings - 0.5);
        for (let side = 0; side <= sides; side++) {
          const longitude = (2 * Math.PI * side) / sides;
          const direction: Vector = [
            Math.cos(latitude) * Math.cos(longitude),
            Math.cos(latitude) * Math.sin(longitude),
            Math.sin(latitude),
          ];
          const position: Vector = [
            direction[0] * radii[0],
            direction[1] * radii[1],
            direction[2] * radii[2],
          ];
          const normal = unit([direction[0] / radii[0], direction[1] / radii[1], direction[2] / radii[2]]);
          corner(add(center, turned(position, 0, pitch)), turned(normal, 0, pitch));
        }
      }
      for (let ring = 0; ring < rings; ring++) {
        for (let side = 0; side < sides; side++) {
          const at = first + ring * (sides + 1) + side;
          quad(at, at + 1, at + sides + 2, at + sides + 1);
        }
      }
    },
    frustum(from, to, fromRadius, toRadius) {
      const axis = unit(subtract(to, from));
      const aside = unit(cross(axis, Math.abs(axis[2]) < 0.9 ? [0, 0, 1] : [1, 0, 0]));
      const above = cross(axis, aside);
      const first = corners.length / 3;
      for (let side = 0; side <= sides; side++) {
        const angle = (2 * Math.PI * side) / sides;
        const outward = add(times(aside, Math.cos(angle)), times(above, Math.sin(angle)));
        corner(add(from, times(outward, fromRadius)), outward);
        corner(add(to, times(outward, toRadius)), outward);
      }
      for (let side = 0; side < sides; side++) {
        const at = first + 2 * side;
        quad(at, at + 2, at + 3, at + 1);
      }
      for (const [end, radius, normal] of [
        [from, fromRadius, times(axis, -1)],
        [to, toRadius, axis],
      ] as const) {
        const middle = corner(end, normal);
        const rim = Array.from({ length: sides }, (_, side) => {
          const angle = (2 * Math.PI * side) / sides;
          const outward = add(times(aside, Math.cos(angle)), times(above, Math.sin(angle)));
          return corner(add(end, times(outward, radius)), normal);
        });
        rim.forEach((at, side) => triangles.push(middle, at, rim[(side + 1) % sides]!));
      }
    },
    build: () => ({
      corners: Float64Array.from(corners),
      normals: Float64Array.from(normals),
      triangles: Uint16Array.from(triangles),
      height: corners.reduce((highest, value, at) => (at % 3 === 2 ? Math.max(highest, value) : highest), 0),
    }),
  };
}

/** The mesh standing on the ground, its footprint about the origin, and inside a sphere of radius 1 about (0, 0, half its height). */
export function standing(mesh: Mesh): Mesh {
  const low = [Infinity, Infinity, Infinity];
  const high = [-Infinity, -Infinity, -Infinity];
  mesh.corners.forEach((value, at) => {
    low[at % 3] = Math.min(low[at % 3]!, value);
    high[at % 3] = Math.max(high[at % 3]!, value);
  });
  const middle = low.map((value, axis) => (value + high[axis]!) / 2);
  let radius = 0;
  for (let at = 0; at < mesh.corners.length; at += 3) {
    radius = Math.max(
      radius,
      Math.hypot(
        mesh.corners[at]! - middle[0]!,
        mesh.corners[at + 1]! - middle[1]!,
        mesh.corners[at + 2]! - middle[2]!,
      ),
    );
  }
  const origin = [middle[0]!, middle[1]!, low[2]!];
  const height = (high[2]! - low[2]!) / radius;
  return { ...mesh, height, corners: mesh.corners.map((value, at) => (value - origin[at % 3]!) / radius) };
}
